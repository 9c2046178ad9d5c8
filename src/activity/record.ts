/** Asking every shard for its counts and measures, and adding them to the charts. */
import type { InboxClient } from "../inbox/client.ts";
import { NO_COUNTS, together } from "../inbox/ledger.ts";
import { allMeasures } from "../inbox/measures.ts";
import type { ActivityStub } from "./client.ts";

/** What is measured is given out once: whoever asks for it has to record it. */
export async function record(activity: ActivityStub, inbox: InboxClient, nowMs: number): Promise<void> {
  const parts = await inbox.all(
    async (shard) => [(await shard.ledger()).counts, await shard.takeMeasures()] as const,
  );
  const counts = parts.reduce((sum, [part]) => together(sum, part), NO_COUNTS);
  await activity.record(nowMs, counts, allMeasures(parts.map(([, measures]) => measures)));
}
