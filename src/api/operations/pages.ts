/** One page of what all Inbox shards have, newest first, and where the next one begins. */
import type { InboxClient, InboxStub } from "../../inbox/client.ts";
import type { EventFilter, ListedEvent } from "../../inbox/filter.ts";
import { MAX_PAGE_WINDOWS } from "../../limits.ts";
import { invalid, type Refused } from "./problem.ts";

/** Where each shard's list goes on: below this number; null: it is at its end; absent: from the newest. */
type Positions = Record<string, number | null>;

/** Something numbered in the order in which its shard got it. */
interface Numbered {
  readonly n: number;
}

/** A part of one shard's list, newest first; `next` null: there is no more. */
export interface Part<T extends Numbered> {
  readonly items: readonly T[];
  readonly next: number | null;
}

export interface Page<T> {
  readonly items: readonly T[];
  readonly cursor: string | null;
}

/**
 * A page may be short although there is more: the cursor tells. Null for a cursor that is not one of ours.
 *
 * @param collect up to `limit` of a shard's items below number `from` (null: the newest)
 * @param atOf when an item came (epoch ms): by this the shards' items are merged
 */
export async function pageOf<T extends Numbered>(
  inbox: InboxClient,
  { cursor, limit }: { readonly cursor?: string | undefined; readonly limit: number },
  collect: (shard: InboxStub, from: number | null, limit: number) => Promise<Part<T>>,
  atOf: (item: T) => number,
): Promise<Page<T & { readonly shard: string }> | null> {
  const positions = cursor === undefined ? {} : readCursor(cursor);
  if (!positions) return null;
  const parts = await inbox.all(async (shard, name) => {
    const from = positions[name];
    const part = from === null ? { items: [], next: null } : await collect(shard, from ?? null, limit);
    return { name, ...part };
  });
  const merged = parts
    .flatMap(({ name, items }) => items.map((item) => ({ ...item, shard: name })))
    .sort((a, b) => atOf(b) - atOf(a) || b.n - a.n);
  const chosen = merged.slice(0, limit);
  const next: Positions = {};
  for (const { name, items, next: after } of parts) {
    const taken = chosen.filter(({ shard }) => shard === name);
    // The shard's next page begins with what did not fit on this one.
    if (taken.length === items.length) next[name] = after;
    else next[name] = taken.at(-1)?.n ?? (items[0]?.n ?? 0) + 1;
  }
  const more = Object.values(next).some((position) => position !== null);
  return { items: chosen, cursor: more ? btoa(JSON.stringify(next)) : null };
}

export const badCursor = (): Refused =>
  invalid([{ in: "query", path: "cursor", message: "is not one of ours" }]);

/** An event and the shard that has it. */
export type PagedEvent = ListedEvent & { readonly shard: string };

/** A page of the events that a filter wants. */
export async function eventPageOf(
  inbox: InboxClient,
  filter: EventFilter,
  page: { readonly cursor?: string | undefined; readonly limit: number },
): Promise<Page<PagedEvent> | null> {
  return await pageOf(
    inbox,
    page,
    (shard, from, limit) => collectEvents(shard, filter, from, limit),
    ({ received_at: at }) => at,
  );
}

async function collectEvents(
  inbox: InboxStub,
  filter: EventFilter,
  from: number | null,
  limit: number,
): Promise<Part<ListedEvent>> {
  const items: ListedEvent[] = [];
  let next: number | null = from;
  for (let windows = 0; windows < MAX_PAGE_WINDOWS; windows += 1) {
    const part = await inbox.list(filter, next, limit - items.length);
    items.push(...part.events);
    next = part.next;
    if (next === null || items.length >= limit) break;
  }
  return { items, next };
}

/** How many events a filter finds over all shards. */
export async function countAll(inbox: InboxClient, filter: EventFilter): Promise<number> {
  const counts = await inbox.all((shard) => countMatching(shard, filter));
  return counts.reduce((sum, count) => sum + count, 0);
}

/** How many events of one shard a filter finds. */
export async function countMatching(inbox: InboxStub, filter: EventFilter): Promise<number> {
  let count = 0;
  let before: number | null = null;
  do {
    const part: Awaited<ReturnType<InboxStub["list"]>> = await inbox.list(
      filter,
      before,
      Number.MAX_SAFE_INTEGER,
    );
    count += part.events.length;
    before = part.next;
  } while (before !== null);
  return count;
}

function readCursor(cursor: string): Positions | null {
  try {
    const positions: unknown = JSON.parse(atob(cursor));
    const isPositions =
      typeof positions === "object" &&
      positions !== null &&
      !Array.isArray(positions) &&
      Object.values(positions).every((value) => value === null || Number.isSafeInteger(value));
    return isPositions ? (positions as Positions) : null;
  } catch {
    return null;
  }
}
