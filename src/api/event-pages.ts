/** One page of events over all Inbox shards, newest first, and where the next one begins. */
import type { InboxClient, InboxStub } from "../inbox/client.ts";
import type { EventFilter, ListedEvent } from "../inbox/queries.ts";
import { MAX_PAGE_WINDOWS } from "../limits.ts";

/** Where each shard's list goes on: below this number; null: it is at its end; absent: from the newest. */
type Positions = Record<string, number | null>;

/** An event and the shard that has it. */
export type PagedEvent = ListedEvent & { readonly shard: string };

/** A page may be short although there is more: the cursor tells. Null for a cursor that is not one of ours. */
export async function eventPageOf(
  inbox: InboxClient,
  filter: EventFilter,
  cursor: string | undefined,
  limit: number,
): Promise<{ events: PagedEvent[]; cursor: string | null } | null> {
  const positions = cursor === undefined ? {} : readCursor(cursor);
  if (!positions) return null;
  const pages = await inbox.all(async (shard, name) => ({
    name,
    ...(await collect(shard, filter, positions[name], limit)),
  }));
  const merged = pages
    .flatMap(({ name, events }) => events.map((event) => ({ name, event })))
    .sort((a, b) => b.event.received_at - a.event.received_at || b.event.n - a.event.n);
  const chosen = merged.slice(0, limit);
  const next: Positions = {};
  for (const { name, events, next: after } of pages) {
    const taken = chosen.filter((entry) => entry.name === name);
    // The shard's next page begins with what did not fit on this one.
    if (taken.length === events.length) next[name] = after;
    else next[name] = taken.at(-1)?.event.n ?? (events[0]?.n ?? 0) + 1;
  }
  const more = Object.values(next).some((position) => position !== null);
  return {
    events: chosen.map(({ name, event }) => ({ ...event, shard: name })),
    cursor: more ? btoa(JSON.stringify(next)) : null,
  };
}

async function collect(
  inbox: InboxStub,
  filter: EventFilter,
  from: number | null | undefined,
  limit: number,
): Promise<{ events: ListedEvent[]; next: number | null }> {
  const events: ListedEvent[] = [];
  let next: number | null = from ?? null;
  if (from === null) return { events, next };
  for (let windows = 0; windows < MAX_PAGE_WINDOWS; windows += 1) {
    const part = await inbox.list(filter, next, limit - events.length);
    events.push(...part.events);
    next = part.next;
    if (next === null || events.length >= limit) break;
  }
  return { events, next };
}

function readCursor(cursor: string): Positions | null {
  try {
    const positions: unknown = JSON.parse(atob(cursor));
    const isPositions =
      typeof positions === "object" &&
      positions !== null &&
      Object.values(positions).every((value) => value === null || Number.isSafeInteger(value));
    return isPositions ? (positions as Positions) : null;
  } catch {
    return null;
  }
}
