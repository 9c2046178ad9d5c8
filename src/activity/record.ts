/** Asking every shard for its counts and measures, and adding them to the charts. */
import type { InboxClient } from "../inbox/client.ts";
import { NO_COUNTS, together } from "../inbox/ledger.ts";
import { allMeasures } from "../inbox/measures.ts";
import { SERIES_FRESH_MS } from "../limits.ts";
import type { ActivityStub } from "./client.ts";
import type { Recorded } from "./series.ts";

/** What is measured is given out once: whoever asks for it has to record it. */
export async function record(activity: ActivityStub, inbox: InboxClient, nowMs: number): Promise<void> {
  const parts = await inbox.all(
    async (shard) => [(await shard.ledger()).counts, await shard.takeMeasures()] as const,
  );
  const counts = parts.reduce((sum, [part]) => together(sum, part), NO_COUNTS);
  await activity.record(nowMs, counts, allMeasures(parts.map(([, measures]) => measures)));
}

/** What was recorded in all, the last seconds among it: the monitor records every few minutes only. */
export async function recordedLately(
  activity: ActivityStub,
  inbox: InboxClient,
  nowMs: number,
): Promise<Recorded | null> {
  const recorded = await activity.recorded();
  if (recorded && nowMs - recorded.atMs < SERIES_FRESH_MS) return recorded;
  await record(activity, inbox, nowMs);
  return await activity.recorded();
}
