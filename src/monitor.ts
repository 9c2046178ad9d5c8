/** Monitoring: every few minutes, asks each shard how it is and raises what a person should know. */
import { activityOf } from "./activity/client.ts";
import { record } from "./activity/record.ts";
import type { AlertName } from "./alert.ts";
import { textOf } from "./config/problems.ts";
import type { Loaded } from "./config/schema.ts";
import type { Env } from "./env.ts";
import { InboxClient } from "./inbox/client.ts";
import { findingsOf, type HealthReport } from "./inbox/health.ts";
import { addUp, type LedgerPart } from "./inbox/ledger.ts";
import { alert, fault } from "./log.ts";

export async function monitor(env: Env, { config, problems }: Loaded, nowMs: number): Promise<void> {
  const inbox = await InboxClient.open(env, config);
  const answers = await Promise.allSettled(
    inbox.shardNames.map(async (name): Promise<[HealthReport, LedgerPart]> => {
      const shard = inbox.shard(name);
      return [await shard.health(), await shard.ledger()];
    }),
  );
  const answered = answers.flatMap((answer) => (answer.status === "fulfilled" ? [answer.value] : []));
  for (const [index, answer] of answers.entries()) {
    if (answer.status === "fulfilled") continue;
    // The others are looked at all the same.
    const shard = inbox.shardNames[index] ?? "";
    fault("monitor", answer.reason, { shard });
    await raise(inbox, "shard_unreachable", { shard });
  }
  const ledger = addUp(answered.map(([, part]) => part));
  const findings = findingsOf(
    answered.map(([report]) => report),
    ledger,
    nowMs,
  );
  for (const { about, fields } of findings) await raise(inbox, about, fields);
  await reportConfiguration(inbox, problems.map(textOf));
  await draw(env, inbox, nowMs);
}

/** Adds to the charts; a shard that does not answer leaves a gap in them, and its counts come with the next step. */
async function draw(env: Env, inbox: InboxClient, nowMs: number): Promise<void> {
  const activity = activityOf(env);
  try {
    if (activity) await record(activity, inbox, nowMs);
  } catch (error) {
    fault("monitor", error);
  }
}

/** To one shard, the same each time, since it knows what was said before. */
async function reportConfiguration(inbox: InboxClient, problems: readonly string[]): Promise<void> {
  try {
    await inbox.first().reportConfiguration(problems);
  } catch (error) {
    fault("monitor", error);
    if (problems.length > 0)
      alert("configuration", { count: problems.length, problems: problems.join("; ") });
  }
}

/** In the first shard that takes it, so that the same one knows what was said already. */
async function raise(
  inbox: InboxClient,
  about: AlertName,
  fields: Readonly<Record<string, string | number>>,
): Promise<void> {
  for (const name of inbox.shardNames) {
    try {
      await inbox.shard(name).raise(about, fields);
      return;
    } catch (error) {
      fault("monitor", error, { shard: name });
    }
  }
  alert(about, fields);
}
