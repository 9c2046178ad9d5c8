/** Noting results in their shard. */
import type { InboxClient } from "../inbox/client.ts";
import type { Result, Settled } from "../inbox/protocol.ts";
import { fault } from "../log.ts";

/**
 * Asked twice if it must be: the receiver has the event, and every attempt that is not noted is sent once
 * more. An object that was just moved or updated fails once; settling is idempotent. The second time nothing more is
 * asked for: the answer that was lost may have leased it.
 */
export async function settleTwice(
  inbox: InboxClient,
  shard: string,
  results: readonly Result[],
): Promise<Settled[]> {
  try {
    return await inbox.settle(shard, results);
  } catch (error) {
    fault("settle", error, { shard, results: results.length });
    return await inbox.settle(
      shard,
      results.map((result) => ({ ...result, nextWithinMs: 0 })),
    );
  }
}
