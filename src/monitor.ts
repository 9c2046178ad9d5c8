/** Monitoring: every few minutes, asks each shard how it is and raises what a person should know. */
import { activityOf } from "./activity/client.ts";
import { record } from "./activity/record.ts";
import { textOf } from "./config/problems.ts";
import type { Loaded } from "./config/schema.ts";
import type { Env } from "./env.ts";
import { InboxClient, type InboxStub } from "./inbox/client.ts";
import { findingsOf, habitsOf, type HealthReport } from "./inbox/health.ts";
import { addUp, type LedgerPart } from "./inbox/ledger.ts";
import { isOpen, type Breaker } from "./inbox/policy/breaker.ts";
import { raise } from "./inbox/raising.ts";
import { alert, fault } from "./log.ts";
import { fullDatabases, keyOf, resolved, surges, type Found } from "./monitor-incidents.ts";

/** What one shard says of itself. */
interface Answer {
  readonly name: string;
  readonly health: HealthReport;
  readonly ledger: LedgerPart;
  readonly bytes: number;
  readonly destinations: Awaited<ReturnType<InboxStub["destinations"]>>;
}

export async function monitor(env: Env, { config, problems }: Loaded, nowMs: number): Promise<void> {
  const inbox = await InboxClient.open(env, config);
  const activity = activityOf(env);
  const answers = await Promise.allSettled(inbox.shardNames.map((name) => ask(inbox, name)));
  const answered = answers.flatMap((answer) => (answer.status === "fulfilled" ? [answer.value] : []));
  const found: Found[] = answers.flatMap((answer, index): Found[] => {
    if (answer.status === "fulfilled") return [];
    // The others are looked at all the same.
    const shard = inbox.shardNames[index] ?? "";
    fault("monitor", answer.reason, { shard });
    return [{ about: "shard_unreachable", fields: { shard } }];
  });
  const ledger = addUp(answered.map((answer) => answer.ledger));
  const reports = answered.map(({ health }) => health);
  found.push(...findingsOf(reports, ledger, nowMs), ...fullDatabases(answered));
  if (activity) {
    found.push(...(await attempted(() => surges(activity), [])));
    await attempted(() => activity.noteSeen(habitsOf(reports, nowMs)), undefined);
  }
  for (const { about, fields } of found) await raise(inbox, about, fields);
  await reportConfiguration(inbox, problems.map(textOf));
  // What a shard that did not answer had found is not over.
  if (activity && answered.length === answers.length) {
    const stillSo = [...found.map(keyOf), ...answered.flatMap(heldBack)];
    const over = await attempted(() => activity.endWhatIsOver(stillSo, nowMs), []);
    for (const incident of over) {
      const { about, fields } = resolved(incident);
      await raise(inbox, about, fields);
    }
  }
  await draw(env, inbox, nowMs);
}

async function ask(inbox: InboxClient, name: string): Promise<Answer> {
  return await inbox.ask(name, async (shard) => {
    const health = await shard.health();
    const ledger = await shard.ledger();
    const bytes = await shard.databaseBytes();
    return { name, health, ledger, bytes, destinations: await shard.destinations() };
  });
}

/** Breakers that are open and receivers that are gone, as incidents are named. */
function heldBack({ destinations }: Answer): string[] {
  return destinations.flatMap(({ name: destination, paused, breaker }) => [
    ...(breaker !== null && isOpen(JSON.parse(breaker) as Breaker)
      ? [keyOf({ about: "breaker_open", fields: { destination } })]
      : []),
    ...(paused === "gone" ? [keyOf({ about: "destination_gone", fields: { destination } })] : []),
  ]);
}

/** The Activity object is for looking: the monitor goes on without it. */
async function attempted<T>(call: () => Promise<T>, instead: T): Promise<T> {
  try {
    return await call();
  } catch (error) {
    fault("monitor", error);
    return instead;
  }
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
    await inbox.first(async (shard) => {
      await shard.reportConfiguration(problems);
    });
  } catch (error) {
    fault("monitor", error);
    if (problems.length > 0)
      alert("configuration", { count: problems.length, problems: problems.join("; ") });
  }
}
