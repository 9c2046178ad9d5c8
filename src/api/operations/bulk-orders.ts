/** An order about every event that a filter finds, over all shards, carried out while the caller waits. */
import type { InboxClient, InboxStub } from "../../inbox/client.ts";
import type { EventFilter } from "../../inbox/filter.ts";
import { MAX_SHOWN_FAILURES } from "../../limits.ts";
import { fault } from "../../log.ts";
import { countAll, eventPageOf, type PagedEvent } from "./pages.ts";

export interface BulkResult {
  readonly succeeded: number;
  readonly failed: number;
  readonly failures: { readonly id: string; readonly error: string }[];
  /** There were more than the limit. */
  readonly more: boolean;
  /** How many the filter finds afterwards, those that failed among them. */
  readonly remaining: number;
}

/**
 * @param order carries it out for one event; answers why it could not, or null
 */
export async function orderInBulk(
  inbox: InboxClient,
  filter: EventFilter,
  limit: number,
  order: (shard: InboxStub, event: PagedEvent) => Promise<string | null>,
): Promise<BulkResult> {
  // All are found before the first is dealt with: what is done must not move what is still to be found.
  const found: PagedEvent[] = [];
  let cursor: string | undefined;
  do {
    const page: Awaited<ReturnType<typeof eventPageOf>> = await eventPageOf(inbox, filter, {
      cursor,
      limit: limit + 1 - found.length,
    });
    found.push(...(page?.items ?? []));
    cursor = page?.cursor ?? undefined;
  } while (cursor !== undefined && found.length <= limit);

  const more = found.length > limit;
  const failures: { id: string; error: string }[] = [];
  let succeeded = 0;
  for (const event of found.slice(0, limit)) {
    const error = await attempted(
      event,
      async () => await inbox.ask(event.shard, async (shard) => await order(shard, event)),
    );
    if (error === null) succeeded += 1;
    else failures.push({ id: event.event_id, error });
  }
  return {
    succeeded,
    failed: failures.length,
    failures: failures.slice(0, MAX_SHOWN_FAILURES),
    more,
    // Where all were dealt with, only what failed is left to be found.
    remaining: more ? await countAll(inbox, filter) : failures.length,
  };
}

/** One that fails for reasons of ours must not hide what was done of the others. */
async function attempted(event: PagedEvent, order: () => Promise<string | null>): Promise<string | null> {
  try {
    return await order();
  } catch (error) {
    fault("bulk_order", error, { event: event.event_id });
    return "the relay failed: give the order again";
  }
}
