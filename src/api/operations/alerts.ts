/** Incidents: what operators were, or would be, told of, however many shards have noticed it. */
import { z } from "zod";
import { activityOf } from "../../activity/client.ts";
import type { Incident } from "../../activity/incidents.ts";
import { instant, nextCursor, pageQuery } from "./fields.ts";
import { done, operation } from "./operation.ts";
import { badCursor } from "./pages.ts";
import { instantOf } from "./views.ts";

const incident = z
  .object({
    id: z.int(),
    about: z.string().describe("the alert's name (docs/deploy.md)"),
    subject: z.string().describe("the destination, source or shard it is about; empty: the whole"),
    severity: z.enum(["critical", "warning", "info"]),
    state: z.enum(["open", "closed"]),
    opened_at: instant,
    last_at: instant.describe("when it was last raised"),
    closed_at: instant.nullable(),
    count: z.int().describe("how often it was raised"),
    shards: z.array(z.string()).describe("in which it is open"),
    fields: z.record(z.string(), z.unknown()).describe("particulars of the last alert"),
    sent: z.boolean().describe("a message was sent of it"),
  })
  .meta({ id: "Incident" });
export type IncidentJson = z.infer<typeof incident>;

export const listAlerts = operation({
  id: "listAlerts",
  method: "get",
  path: "/api/alerts",
  summary: "Alerts, newest first: one for each trouble and what it is about, from its beginning to its end",
  tag: "watching",
  role: "read",
  query: z.strictObject({ state: z.enum(["open", "closed"]).optional(), ...pageQuery }),
  responses: { 200: z.object({ alerts: z.array(incident), cursor: nextCursor }) },
  async run({ env }, { query: { state, cursor, limit } }) {
    if (cursor !== undefined && !/^\d{1,15}$/.test(cursor)) return badCursor();
    const before = cursor === undefined ? Number.MAX_SAFE_INTEGER : Number(cursor);
    const all = (await activityOf(env)?.incidents()) ?? [];
    const wanted = all.filter(
      ({ n, closedMs }) => n < before && (state === undefined || (state === "open") === (closedMs === null)),
    );
    const page = wanted.slice(0, limit);
    const last = page.at(-1);
    const next = wanted.length > page.length && last ? String(last.n) : null;
    return done(200, { alerts: page.map(viewOf), cursor: next });
  },
});

function viewOf(given: Incident): IncidentJson {
  const { n, about, subject, severity, openedMs, lastMs, closedMs, count, shards, fields, saidBy } = given;
  return {
    id: n,
    about,
    subject,
    severity,
    state: closedMs === null ? "open" : "closed",
    opened_at: instantOf(openedMs),
    last_at: instantOf(lastMs),
    closed_at: closedMs === null ? null : instantOf(closedMs),
    count,
    shards: [...shards],
    fields: { ...fields },
    sent: saidBy !== null,
  };
}
