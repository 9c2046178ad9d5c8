/** Sources: where their callbacks go, when they were last heard of, and by which key. */
import { z } from "zod";
import { activityOf } from "../../activity/client.ts";
import { latestOf } from "../../activity/last-seen.ts";
import type { RelayConfig } from "../../config/schema.ts";
import { textOf, type Problem } from "../../config/problems.ts";
import { configOf } from "../../config/load.ts";
import { habitsOf } from "../../inbox/health.ts";
import { addressesOf } from "../../ingress/locate.ts";
import { instant } from "./fields.ts";
import { done, operation } from "./operation.ts";
import { instantOf } from "./views.ts";

const sourceView = z
  .object({
    name: z.string().describe("provider/account, or a provider that has a problem as a whole"),
    misconfigured: z.string().nullable().describe("the problems because of which it answers 503; or null"),
    addresses: z
      .array(z.string())
      .describe("paths of its callbacks; what is secret in them is not shown: <secret>"),
    last_seen_at: instant
      .nullable()
      .describe("when its newest event came, repeats left out; null: nothing is known of one"),
    verified_by: z.string().nullable().describe("the id of the secret that proved its newest event"),
    usual_gap_seconds: z.number().nullable().describe("between its newest events; null: they are too few"),
    silent: z.boolean().describe("it has been quiet for many times its usual gap"),
  })
  .meta({ id: "Source" });
export type SourceJson = z.infer<typeof sourceView>;

export const listSources = operation({
  id: "listSources",
  method: "get",
  path: "/api/sources",
  summary: "Sources, when each was last heard of, and by which key",
  tag: "watching",
  role: "read",
  responses: { 200: z.object({ sources: z.array(sourceView) }) },
  async run({ env, config, inbox }) {
    const nowMs = Date.now();
    const [reports, kept] = await Promise.all([
      inbox.all((shard) => shard.health()),
      activityOf(env)?.lastSeen() ?? [],
    ]);
    const habits = habitsOf(reports, nowMs);
    const seen = latestOf([...kept, ...habits]);
    const { problems } = configOf(env);
    const sources = namesOf(config).map((name) => {
      const source = config.sources.get(name);
      const last = seen.find((one) => one.source === name);
      const habit = habits.find((one) => one.source === name);
      const gapMs = habit?.usualGapMs ?? null;
      return {
        name,
        misconfigured: config.brokenSources.has(name) ? whyBroken(name, problems) : null,
        addresses: source ? addressesOf(source) : [],
        last_seen_at: last ? instantOf(last.lastMs) : null,
        verified_by: last?.key ?? null,
        usual_gap_seconds: gapMs === null ? null : Math.round(gapMs / 1000),
        silent: habit?.isSilent ?? false,
      };
    });
    return done(200, { sources });
  },
});

function namesOf({ sources, brokenSources }: RelayConfig): string[] {
  return [...new Set([...sources.keys(), ...brokenSources])].sort();
}

function whyBroken(name: string, problems: readonly Problem[]): string {
  const its = problems.filter(({ about }) => about.kind === "source" && about.name === name);
  return its.map(textOf).join("; ");
}
