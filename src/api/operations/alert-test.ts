/** A test message to the channels of alerts, sent at once: whoever configures one sees what it answered. */
import { z } from "zod";
import type { RelayConfig } from "../../config/schema.ts";
import type { EmailBindings } from "../../delivery/alert-email.ts";
import { deliver, type Delivered } from "../../delivery/deliver.ts";
import { alertBody } from "../../inbox/alerts.ts";
import { destinationName } from "./fields.ts";
import { done, operation } from "./operation.ts";
import { notFound } from "./problem.ts";

const tested = z.object({
  name: z.string(),
  kind: z
    .enum(["webhook", "slack", "telegram", "pagerduty", "email"])
    .nullable()
    .describe("null: misconfigured"),
  delivered: z.boolean(),
  status: z.int().nullable().describe("of its last answer"),
  error: z.string().nullable().describe("why nothing was answered, or nothing was sent"),
  answer: z.string().nullable().describe("the beginning of its last answer"),
});
export type TestedChannel = z.infer<typeof tested>;

export const testAlerts = operation({
  id: "testAlerts",
  method: "post",
  path: "/api/alerts/test",
  summary: "Send a test alert, and that it is over, to each channel of alerts or to one; nothing is owed",
  tag: "watching",
  role: "operate",
  body: z.strictObject({ channel: destinationName.optional() }).default({}),
  responses: { 200: z.object({ channels: z.array(tested) }) },
  refusals: { 404: "There is no channel of alerts with this name, or none at all" },
  async run({ config, env, inbox, operator }, { body: { channel } }) {
    const names = [...config.alertChannels.keys()].filter(
      (name) => channel === undefined || name === channel,
    );
    if (names.length === 0) return notFound("channel of alerts");
    await inbox.audit(operator.name, "test_alerts", { channels: names });
    const channels = await Promise.all(names.map(async (name) => await test(config, env, name)));
    return done(200, { channels });
  },
});

/** The alert, and if it is taken that it is over: a pager must not be left ringing. */
async function test(config: RelayConfig, env: EmailBindings, name: string): Promise<TestedChannel> {
  const now = { held: 0, atMs: Date.now() };
  const begun = await send(config, env, name, alertBody({ ...now, about: "test", fields: {} }, config));
  if (!begun.delivered) return begun;
  const over = { ...now, about: "resolved", fields: { was: "test" } } as const;
  return await send(config, env, name, alertBody(over, config));
}

async function send(
  config: RelayConfig,
  env: EmailBindings,
  name: string,
  body: string,
): Promise<TestedChannel> {
  const destination = config.destinations.get(name);
  const nothing = { name, delivered: false, status: null, answer: null };
  if (!destination) return { ...nothing, kind: null, error: "misconfigured" };
  const kind = destination.channel?.kind ?? "webhook";
  const id = `alr_${crypto.randomUUID().replaceAll("-", "")}`;
  const said: Delivered = await deliver(
    id,
    { kind: "deliver", body, attempt: 1, sequence: 0, replay: false, notBeforeMs: 0 },
    destination,
    env,
  );
  if (said.kind === "unsigned") return { ...nothing, kind, error: "no_live_key" };
  const { status, error, answer } = said.attempt;
  return { name, kind, delivered: said.outcome.kind === "delivered", status, error, answer };
}
