/**
 * Lists of events. Runs inside one transaction. No list reads more than a bounded number of rows at a time: an
 * operator's question must not hold up a provider's callback.
 */
import { LIST_STEP_EVENTS, LIST_WINDOW_EVENTS, MAX_SEARCH_BLOCKS, MAX_SEARCH_LOOKED } from "../limits.ts";
import {
  agrees,
  allOf,
  type EventFilter,
  type ListedEvent,
  type ShownDelivery,
  type ShownState,
} from "./filter.ts";
import { conditionsOf, isFoundBy, searchOf } from "./searching.ts";
import type { EventWithRows, RareEvents } from "./store/operator-store.ts";
import type { Direct, EventHead } from "./store/rows.ts";
import type { SearchBlock } from "./store/search-index.ts";
import type { Transaction } from "./transaction.ts";

/** Up to `limit` events below number `before` (null: the newest), newest first; `next` null: there is no more. */
export function list(
  tx: Transaction,
  filter: EventFilter,
  before: number | null,
  limit: number,
): { events: ListedEvent[]; next: number | null } {
  const to = before ?? tx.store.events.last() + 1;
  const { found, from } = look(tx, filter, to, limit);
  const events = found.slice(0, limit);
  if (found.length > limit) return { events, next: events.at(-1)?.n ?? null };
  return { events, next: from > 1 ? from : null };
}

/** What a search has found, and the number down to which it has looked. */
interface Looked {
  readonly found: readonly ListedEvent[];
  readonly from: number;
}

function look(tx: Transaction, filter: EventFilter, to: number, limit: number): Looked {
  const conditions = conditionsOf(filter);
  const isIndexed = conditions.length > 0 || filter.from !== undefined || filter.to !== undefined;
  const rare = filter.q === undefined && isRare(filter) ? rareBelow(tx, filter, to) : null;
  if (rare !== null) return among(tx, filter, rare.numbers, rare.from, limit);
  if (!isIndexed) return inWindow(tx, filter, 0, to, limit);
  // What has come since the last block is looked at one by one.
  const end = tx.store.search.end();
  const newest = inWindow(tx, filter, end + 1, to, limit);
  if (newest.found.length > limit || newest.from > end + 1) return newest;
  const older = inBlocks(tx, filter, conditions, Math.min(to, end + 1), limit - newest.found.length);
  return { found: [...newest.found, ...older.found], from: older.from };
}

/** The newest first and a few at a time: what does not fit on the page is not read. */
function inWindow(tx: Transaction, filter: EventFilter, least: number, to: number, limit: number): Looked {
  const end = Math.max(least, to - LIST_WINDOW_EVENTS);
  const found: ListedEvent[] = [];
  let from = to;
  for (let step = LIST_STEP_EVENTS; from > end && found.length <= limit; step *= 2) {
    const below = Math.max(end, from - step);
    found.push(...matching(tx, filter, below, from));
    from = below;
  }
  return { found, from };
}

/** By the search: of each block the events that it may mean, and none of a block of another time. */
function inBlocks(
  tx: Transaction,
  filter: EventFilter,
  conditions: readonly (readonly string[])[],
  to: number,
  limit: number,
): Looked {
  const found: ListedEvent[] = [];
  // An event that a search may mean is read whole.
  const most = filter.q === undefined ? LIST_WINDOW_EVENTS : MAX_SEARCH_LOOKED;
  let looked = 0;
  const blocks = tx.store.search.blocksBelow(to, MAX_SEARCH_BLOCKS);
  for (const block of blocks) {
    if (!isOfTime(block, filter)) continue;
    const numbers = tx.store.search.numbersIn(block, conditions).filter((n) => n < to);
    const part = among(tx, filter, numbers, block.first_n, limit - found.length);
    found.push(...part.found);
    looked += numbers.length;
    if (found.length > limit || looked >= most) return { found, from: part.from };
  }
  return { found, from: blocks.length < MAX_SEARCH_BLOCKS ? 0 : (blocks.at(-1)?.first_n ?? 0) };
}

/**
 * Of these events, a few at a time, until there are more than fit on the page.
 *
 * @param numbers newest first
 * @param from down to which number these are all
 */
function among(
  tx: Transaction,
  filter: EventFilter,
  numbers: readonly number[],
  from: number,
  limit: number,
): Looked {
  const found: ListedEvent[] = [];
  for (let at = 0, step = LIST_STEP_EVENTS; at < numbers.length; at += step, step *= 2) {
    const some = numbers.slice(at, at + step);
    found.push(...wanted(tx, filter, tx.store.operators.numbered(some)));
    if (found.length > limit) return { found, from: some.at(-1) ?? from };
  }
  return { found, from };
}

function isOfTime(block: SearchBlock, { from, to }: EventFilter): boolean {
  return (from === undefined || block.newest_at >= from) && (to === undefined || block.oldest_at < to);
}

/** The few that are anything but delivered; null: they are not few. */
function rareBelow(tx: Transaction, { state }: EventFilter, to: number): RareEvents | null {
  const rare = tx.store.operators.rare(to, LIST_WINDOW_EVENTS);
  if (rare === null) return null;
  // A first attempt that is under way has no row of its own.
  const open = allOf(state).includes("pending") ? tx.directs.numbers() : [];
  const numbers = new Set([...rare.numbers, ...open.filter((n) => n >= rare.from && n < to)]);
  return { from: rare.from, numbers: [...numbers].toSorted((a, b) => b - a) };
}

/** Can the filter find nothing but what is owed, dead, held back, set aside or dismissed? */
function isRare({ state, needsPerson, releasable }: EventFilter): boolean {
  if (needsPerson === true || releasable === true) return true;
  const states = allOf(state);
  return states.length > 0 && states.every((one) => one !== "delivered" && one !== "unrouted");
}

/** Events with numbers in [from, to) that the filter wants, newest first. */
export function matching(tx: Transaction, filter: EventFilter, from: number, to: number): ListedEvent[] {
  return wanted(tx, filter, tx.store.operators.window(from, to));
}

function wanted(tx: Transaction, filter: EventFilter, events: readonly EventWithRows[]): ListedEvent[] {
  const search = filter.q === undefined ? null : searchOf(filter.q);
  return events
    .map((event) => listed(tx, event))
    .filter((event) => agrees(filter, event) && (search === null || isFoundBy(tx, event.n, search)));
}

export function listed(tx: Transaction, { rows, ...event }: EventWithRows): ListedEvent {
  const { sequence } = event;
  const direct = event.direct === null ? {} : (JSON.parse(event.direct) as Direct);
  const deliveries: ShownDelivery[] = [
    ...Object.entries(direct).map(([destination, attempt]) =>
      attempt === null
        ? { destination, state: "pending" as const, sequence, due: event.received_at, attempts: 0 }
        : { destination, state: "delivered" as const, sequence, due: null, attempts: 1 },
    ),
    ...rows.map((row) => ({
      ...row,
      state: row.state === "pending" && !tx.isServed(row.destination) ? ("parked" as const) : row.state,
      sequence,
    })),
  ];
  const duplicates = event.duplicates + tx.book.repeatsOf(event.n);
  return { ...event, duplicates, deliveries, shown: shownState(event, deliveries) };
}

function shownState(event: EventHead, deliveries: readonly ShownDelivery[]): ShownState {
  if (event.dismissed !== null) return "dismissed";
  const has = (state: ShownDelivery["state"]) => deliveries.some((delivery) => delivery.state === state);
  if (event.state === "deferred") return has("dead") ? "dead" : "deferred";
  if (event.state !== "accepted" && event.state !== "alert") return event.state;
  if (has("dead")) return "dead";
  if (has("parked")) return "parked";
  if (has("pending")) return "pending";
  return has("delivered") ? "delivered" : "unrouted";
}
