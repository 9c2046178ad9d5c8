/**
 * What operators ask: lists, one event with its attempts, a payment's time line. Runs inside one transaction.
 * Scans go over a bounded window at a time: an operator's question must not hold up a provider's callback.
 */
import type { NormalisedEvent, PaymentEvent } from "../event.ts";
import { LIST_STEP_EVENTS, LIST_WINDOW_EVENTS } from "../limits.ts";
import { fromBase64 } from "../parse/encoding.ts";
import { VERIFIER, type Attempt, type StoredCallback } from "./protocol.ts";
import type { EventWithRows, RareEvents } from "./store/operator-store.ts";
import { keyOf, type Direct, type EventHead } from "./store/rows.ts";
import type { Transaction } from "./transaction.ts";

/** What an event looks like from outside: where its least fortunate delivery stands, or its own outcome. */
export type ShownState =
  | "pending"
  | "delivered"
  | "parked"
  | "dead"
  /** Owed to nobody: no destination wanted it. */
  | "unrouted"
  | "superseded"
  | "conflicting"
  | "deferred"
  | "quarantined"
  | "released"
  | "refused"
  | "dismissed";

/** What is wanted: one value, or any of several; `ipay/*` and `payment.*` are all of a family. */
export type Wanted<T extends string = string> = T | readonly T[];

export interface EventFilter {
  readonly source?: Wanted | undefined;
  readonly type?: Wanted | undefined;
  readonly state?: Wanted<ShownState> | undefined;
  readonly destination?: Wanted | undefined;
  /** Epoch ms, inclusive. */
  readonly from?: number | undefined;
  /** Epoch ms, exclusive. */
  readonly to?: number | undefined;
  /** Only what a replay would do something about. */
  readonly replayable?: boolean | undefined;
  /** Only what waits for a person: dead, parked, quarantined, or set aside with a warning; not dismissed. */
  readonly needsPerson?: boolean | undefined;
  /** Only what can be released as a payment of its own. */
  readonly releasable?: boolean | undefined;
  /** Any text: an id, a reference, a transaction. */
  readonly q?: string | undefined;
}

/** A delivery as it is seen: `parked` is what is pending while its destination is held back. */
export interface ShownDelivery {
  readonly destination: string;
  readonly state: "pending" | "delivered" | "parked" | "dead" | "dismissed" | "none";
  readonly sequence: number | null;
  readonly due: number | null;
  readonly attempts: number;
}

export interface ListedEvent extends EventHead {
  readonly shown: ShownState;
  readonly deliveries: readonly ShownDelivery[];
}

/** Up to `limit` events below number `before` (null: the newest), newest first; `next` null: there is no more. */
export function list(
  tx: Transaction,
  filter: EventFilter,
  before: number | null,
  limit: number,
): { events: ListedEvent[]; next: number | null } {
  const to = before ?? tx.store.events.last() + 1;
  const rare = isRare(filter) ? tx.store.operators.rare(to, LIST_WINDOW_EVENTS) : null;
  const { found, from } = rare === null ? inWindow(tx, filter, to, limit) : amongRare(tx, filter, rare);
  const events = found.slice(0, limit);
  if (found.length > limit) return { events, next: events.at(-1)?.n ?? null };
  return { events, next: from > 1 ? from : null };
}

/** What a search has found, and the number down to which it has looked. */
interface Looked {
  readonly found: readonly ListedEvent[];
  readonly from: number;
}

/** The newest first and a few at a time: what does not fit on the page is not read. */
function inWindow(tx: Transaction, filter: EventFilter, to: number, limit: number): Looked {
  const end = Math.max(0, to - LIST_WINDOW_EVENTS);
  const found: ListedEvent[] = [];
  let from = to;
  for (let step = LIST_STEP_EVENTS; from > end && found.length <= limit; step *= 2) {
    const below = Math.max(end, from - step);
    found.push(...matching(tx, filter, below, from));
    from = below;
  }
  return { found, from };
}

/** Of the few that are anything but delivered or under way. */
function amongRare(tx: Transaction, filter: EventFilter, { numbers, from }: RareEvents): Looked {
  const events = tx.store.operators.numbered(numbers);
  return {
    found: events.map((event) => listed(tx, event)).filter((event) => isWantedBy(tx, filter, event)),
    from,
  };
}

/** Can the filter find nothing but what is dead, held back, set aside or dismissed? */
function isRare({ state, needsPerson, releasable }: EventFilter): boolean {
  if (needsPerson === true || releasable === true) return true;
  if (state === undefined) return false;
  const states: readonly ShownState[] = typeof state === "string" ? [state] : state;
  return states.every((one) => one !== "pending" && one !== "delivered" && one !== "unrouted");
}

/** Events with numbers in [from, to) that the filter wants, newest first. */
export function matching(tx: Transaction, filter: EventFilter, from: number, to: number): ListedEvent[] {
  return tx.store.operators
    .window(from, to)
    .map((event) => listed(tx, event))
    .filter((event) => isWantedBy(tx, filter, event));
}

function isWantedBy(tx: Transaction, filter: EventFilter, event: ListedEvent): boolean {
  return agrees(filter, event) && (filter.q === undefined || mentions(tx, event, filter.q));
}

function listed(tx: Transaction, { rows, ...event }: EventWithRows): ListedEvent {
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

/** Does the event agree with everything that can be seen in a list? */
export function agrees(filter: EventFilter, event: ListedEvent): boolean {
  const { source, type, state, destination, from, to, replayable } = filter;
  return (
    isWanted(source, event.source) &&
    isWanted(type, event.type) &&
    isWanted(state, event.shown) &&
    (destination === undefined ||
      event.deliveries.some((delivery) => isWanted(destination, delivery.destination))) &&
    (from === undefined || event.received_at >= from) &&
    (to === undefined || event.received_at < to) &&
    (replayable !== true || canBeReplayed(event)) &&
    // What a person has given up is sent again only when it is asked for as such.
    (replayable !== true ||
      event.dismissed === null ||
      (state !== undefined && isWanted(state, "dismissed"))) &&
    (filter.needsPerson !== true || needsPerson(event)) &&
    (filter.releasable !== true || ["superseded", "quarantined", "conflicting"].includes(event.state))
  );
}

/** Is this value among those wanted? Undefined wants all. */
export function isWanted(wanted: Wanted | undefined, value: string | null): boolean {
  if (wanted === undefined) return true;
  const any = typeof wanted === "string" ? [wanted] : wanted;
  return any.some((one) =>
    one.endsWith("*") ? (value?.startsWith(one.slice(0, -1)) ?? false) : value === one,
  );
}

/** Does it wait for a person? What was dismissed does not any more. */
export function needsPerson({ shown, warnings }: ListedEvent): boolean {
  if (shown === "superseded") return warnings !== "[]";
  return ["dead", "parked", "quarantined", "conflicting"].includes(shown);
}

/** Forwarded to somebody, or still to be verified: there is something to send, or to ask, again. */
function canBeReplayed({ state, deliveries }: ListedEvent): boolean {
  return (state === "accepted" || state === "deferred") && deliveries.length > 0;
}

/** In the event, or in the callback of one that was set aside. */
function mentions(tx: Transaction, { n, event_id, payment_id }: ListedEvent, q: string): boolean {
  if (event_id === q || payment_id === q || tx.store.operators.mentions(n, q)) return true;
  const kept = tx.store.operators.callbackOf(n);
  if (kept === null) return false;
  const { body, query } = JSON.parse(kept) as StoredCallback;
  return query.includes(q) || new TextDecoder().decode(fromBase64(body) ?? new Uint8Array()).includes(q);
}

export interface EventDetail {
  readonly row: ListedEvent;
  /** The frozen event; null for a callback that has none. */
  readonly event: PaymentEvent | null;
  /** What one said that was set aside, for comparison; null for all others. */
  readonly stated: NormalisedEvent | null;
  /** The callback of one that was set aside, as it is kept. */
  readonly callback: StoredCallback | null;
  readonly attempts: readonly (Attempt & { readonly destination: string })[];
}

/** Every event with this id (one, unless a callback was set aside twice under one id). */
export function find(tx: Transaction, eventId: string): EventDetail[] {
  return tx.store.eventIds.find(eventId).flatMap((n) => detail(tx, n));
}

/** The payment's events in order of arrival. */
export function timeline(tx: Transaction, paymentId: string): EventDetail[] {
  return (tx.store.payments.get(paymentId)?.events ?? []).flatMap(([n]) => detail(tx, n));
}

function detail(tx: Transaction, n: number): EventDetail[] {
  const event = tx.store.events.whole(n);
  const [view] = tx.store.operators.window(n, n + 1);
  if (!event || !view) return [];
  const body: unknown = event.body === null ? null : JSON.parse(event.body);
  const forwarded = event.state === "accepted";
  return [
    {
      row: listed(tx, view),
      event: forwarded ? (body as PaymentEvent | null) : null,
      stated: forwarded ? null : (body as NormalisedEvent | null),
      callback: event.callback === null ? null : (JSON.parse(event.callback) as StoredCallback),
      attempts: attemptsOf(tx, event),
    },
  ];
}

function attemptsOf(tx: Transaction, event: EventHead): (Attempt & { destination: string })[] {
  const direct = event.direct === null ? {} : (JSON.parse(event.direct) as Direct);
  const first = Object.entries(direct).flatMap(([destination, attempt]) =>
    attempt === null ? [] : [{ ...attempt, destination }],
  );
  const later = tx.store.deliveries.of(event.payment_id, event.n).flatMap((row) => {
    const logged = tx.store.deliveries.attemptsOf(keyOf(row));
    const last = row.last === null ? null : (JSON.parse(row.last) as Attempt);
    const isLogged = last === null || logged.some(({ attempt }) => attempt === last.attempt);
    return (isLogged ? logged : [...logged, last]).map((attempt) => ({
      ...attempt,
      destination: row.destination,
    }));
  });
  return [...first, ...later];
}

/** A callback set aside, to be run again; null if there is none with this id, or it is decided already. */
export function setAsideCallback(
  tx: Transaction,
  eventId: string,
): { n: number; source: string; callback: StoredCallback } | null {
  for (const n of tx.store.eventIds.find(eventId)) {
    const event = tx.store.events.whole(n);
    if (event?.state === "quarantined" && event.callback !== null) {
      return { n, source: event.source, callback: JSON.parse(event.callback) as StoredCallback };
    }
  }
  return null;
}

/** The questions to verifiers are no deliveries of the merchant's. */
export function isDelivery({ destination }: ShownDelivery): boolean {
  return destination !== VERIFIER;
}
