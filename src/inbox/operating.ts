/**
 * What operators ask and order: lists, one event with its attempts, a payment's time line, replays.
 * Runs inside one transaction. Scans go over a bounded window at a time: an operator's question must
 * not hold up a provider's callback.
 */
import type { NormalisedEvent, PaymentEvent } from "../event.ts";
import { LIST_WINDOW_EVENTS, REPLAY_STEP_MS } from "../limits.ts";
import { fromBase64 } from "../parse/encoding.ts";
import { keyOf, type Transaction } from "./transaction.ts";
import { countDelivered, countSource } from "./ledger.ts";
import { VERIFIER, type Attempt, type StoredCallback } from "./protocol.ts";
import type { EventView, ReplayJobRow } from "./operator-store.ts";
import type { DeliveryRow, EventRow } from "./store.ts";

/** What an event looks like from outside: where its least fortunate delivery stands, or its own fate. */
export type ShownState =
  | "pending"
  | "delivered"
  | "parked"
  | "dead"
  | "superseded"
  | "deferred"
  | "quarantined"
  | "released"
  | "refused";

export interface EventFilter {
  readonly source?: string | undefined;
  readonly type?: string | undefined;
  readonly state?: ShownState | undefined;
  readonly destination?: string | undefined;
  /** Epoch ms, inclusive. */
  readonly from?: number | undefined;
  /** Epoch ms, exclusive. */
  readonly to?: number | undefined;
  /** Only what a replay would do something about. */
  readonly replayable?: boolean | undefined;
  /** Any text: an id, a reference, a transaction. */
  readonly q?: string | undefined;
}

export interface ListedEvent extends EventView {
  readonly shown: ShownState;
}

/** Up to `limit` events below number `before` (null: the newest), newest first; `next` null: there is no more. */
export function list(
  tx: Transaction,
  filter: EventFilter,
  before: number | null,
  limit: number,
): { events: ListedEvent[]; next: number | null } {
  const to = before ?? tx.operatorStore.endOfEvents();
  const from = Math.max(0, to - LIST_WINDOW_EVENTS);
  const found = matching(tx, filter, from, to);
  const events = found.slice(0, limit);
  if (found.length > limit) return { events, next: events.at(-1)?.n ?? null };
  return { events, next: from > 1 ? from : null };
}

/** Events with numbers in [from, to) that the filter wants, newest first. */
export function matching(tx: Transaction, filter: EventFilter, from: number, to: number): ListedEvent[] {
  return tx.operatorStore
    .window(from, to)
    .map((event) => ({ ...event, shown: shownState(event) }))
    .filter((event) => wants(tx, filter, event));
}

function wants(tx: Transaction, filter: EventFilter, event: ListedEvent): boolean {
  return agrees(filter, event) && (filter.q === undefined || mentions(tx, event, filter.q));
}

/** Does the event agree with everything that can be seen in a list? */
export function agrees(filter: EventFilter, event: ListedEvent): boolean {
  const { source, type, state, destination, from, to, replayable } = filter;
  return (
    (source === undefined || event.source === source) &&
    (type === undefined || event.type === type) &&
    (state === undefined || event.shown === state) &&
    (destination === undefined ||
      event.deliveries.some((delivery) => delivery.destination === destination)) &&
    (from === undefined || event.received_at >= from) &&
    (to === undefined || event.received_at < to) &&
    (replayable !== true || canBeReplayed(event))
  );
}

/** Forwarded to somebody, or still to be verified: there is something to send, or to ask, again. */
function canBeReplayed({ state, deliveries }: ListedEvent): boolean {
  return (state === "accepted" || state === "deferred") && deliveries.length > 0;
}

/** In the event, or in the callback of one that was set aside. */
function mentions(tx: Transaction, { n, event_id, payment_id }: ListedEvent, q: string): boolean {
  if (event_id === q || payment_id === q || tx.operatorStore.mentions(n, q)) return true;
  const kept = tx.operatorStore.callbackOf(n);
  if (kept === null) return false;
  const { body, query } = JSON.parse(kept) as StoredCallback;
  return query.includes(q) || new TextDecoder().decode(fromBase64(body) ?? new Uint8Array()).includes(q);
}

function shownState(event: EventView): ShownState {
  const states = new Set(event.deliveries.map(({ state }) => state));
  if (event.state === "deferred") return states.has("dead") ? "dead" : "deferred";
  if (event.state !== "accepted" && event.state !== "alert") return event.state;
  if (states.has("dead")) return "dead";
  if (states.has("parked")) return "parked";
  return states.has("pending") ? "pending" : "delivered";
}

export interface EventDetail {
  readonly row: ListedEvent;
  /** The frozen event; null for a callback that has none. */
  readonly event: PaymentEvent | null;
  /** What a superseded event said, for comparison; null for all others. */
  readonly superseded: NormalisedEvent | null;
  /** The callback of one that was set aside, as it is kept. */
  readonly callback: StoredCallback | null;
  readonly attempts: readonly (Attempt & { readonly destination: string })[];
}

/** Every event with this id (one, unless a callback was set aside twice under one id). */
export function find(tx: Transaction, eventId: string): EventDetail[] {
  return tx.operatorStore.numbersOf(eventId).flatMap((n) => detail(tx, n));
}

/** The payment's events in order of arrival. */
export function timeline(tx: Transaction, paymentId: string): EventDetail[] {
  return tx.operatorStore.numbersOfPayment(paymentId).flatMap((n) => detail(tx, n));
}

function detail(tx: Transaction, n: number): EventDetail[] {
  const row = tx.store.event(n);
  const [view] = tx.operatorStore.window(n, n + 1);
  if (!row || !view) return [];
  const attempts = tx.operatorStore
    .deliveriesOf(row.payment_id, n)
    .flatMap((delivery) =>
      attemptsOf(tx, delivery).map((attempt) => ({ ...attempt, destination: delivery.destination })),
    );
  const body: unknown = row.body === null ? null : JSON.parse(row.body);
  return [
    {
      row: { ...view, shown: shownState(view) },
      event: row.state === "accepted" ? (body as PaymentEvent | null) : null,
      superseded: row.state === "superseded" ? (body as NormalisedEvent | null) : null,
      callback: row.callback === null ? null : (JSON.parse(row.callback) as StoredCallback),
      attempts,
    },
  ];
}

function attemptsOf(tx: Transaction, delivery: DeliveryRow): Attempt[] {
  const failed = tx.operatorStore.attemptsOf(keyOf(delivery));
  const last = delivery.last === null ? null : (JSON.parse(delivery.last) as Attempt);
  return last === null || failed.some(({ attempt }) => attempt === last.attempt) ? failed : [...failed, last];
}

// ---- replay ----------------------------------------------------------------------------------------

/**
 * Sends an event again: same id, same bytes. A pending retry is replaced, a paused destination keeps it
 * parked. Answers how many deliveries will be made.
 */
export function replay(tx: Transaction, n: number, destination: string | undefined): number {
  const event = tx.store.event(n);
  if (!event) return 0;
  const rows = tx.operatorStore
    .deliveriesOf(event.payment_id, n)
    .filter((row) => destination === undefined || row.destination === destination)
    .filter((row) =>
      row.destination === VERIFIER ? event.state === "deferred" : event.state === "accepted",
    );
  for (const row of rows) replayDelivery(tx, event, row);
  return rows.length;
}

function replayDelivery(tx: Transaction, event: EventRow, row: DeliveryRow): void {
  const { operatorStore } = tx;
  if (row.state === "delivered") uncount(tx, event, row);
  const settings = tx.config.destinations.get(row.destination);
  // What has never been through keeps its place in the payment's order; only what has is sent outside it.
  const outOfOrder = row.replay !== 0 || row.state === "delivered" || row.state === "dead";
  const later = { due: null, sweepAt: null, outOfOrder };
  if (row.destination !== VERIFIER && (!settings || tx.destinations.isPaused(row.destination))) {
    operatorStore.replay(keyOf(row), { ...later, state: "parked" });
    return;
  }
  if (!outOfOrder && settings?.ordered && tx.store.owesEarlier(row)) {
    operatorStore.replay(keyOf(row), { ...later, state: "pending" });
    return;
  }
  tx.leases.end(row);
  const sweepAt = tx.armSweep(row.destination);
  operatorStore.replay(keyOf(row), { state: "pending", due: tx.nowMs, sweepAt, outOfOrder });
  tx.handOverIfAdmitted(keyOf(row), row.event_id);
}

/** Owed once more: what was counted when it was delivered is counted again when it is. */
function uncount(tx: Transaction, event: EventRow, row: DeliveryRow): void {
  const wasSettled = !tx.store.owesAnything(row.payment_id, row.n);
  const counts = countDelivered(tx.counts(), row.destination, -1);
  tx.setCounts(wasSettled ? countSource(counts, event.source, { accepted: -1 }) : counts);
}

/** A callback set aside, to be run again; null if there is none with this id, or it is decided already. */
export function setAsideCallback(
  tx: Transaction,
  eventId: string,
): { n: number; source: string; callback: StoredCallback } | null {
  for (const n of tx.operatorStore.numbersOf(eventId)) {
    const event = tx.store.event(n);
    if (event?.state === "quarantined" && event.callback !== null) {
      return { n, source: event.source, callback: JSON.parse(event.callback) as StoredCallback };
    }
  }
  return null;
}

// ---- bulk replay -----------------------------------------------------------------------------------

/** Begins a bulk replay of what there is now; the alarm carries it on, `perSecond` events at a time. */
export function startReplay(tx: Transaction, id: string, filter: EventFilter, perSecond: number): void {
  if (tx.operatorStore.replayJob(id)) return;
  tx.operatorStore.putReplayJob({
    id,
    filter: JSON.stringify(filter),
    per_second: perSecond,
    state: "running",
    cursor: 0,
    until: tx.operatorStore.endOfEvents(),
    replayed: 0,
    started_at: tx.nowMs,
    next_at: tx.wakeBy(tx.nowMs),
  });
}

export function cancelReplay(tx: Transaction, id: string): void {
  const job = tx.operatorStore.replayJob(id);
  if (job?.state === "running") tx.operatorStore.putReplayJob({ ...job, state: "canceled" });
}

/** One step of every running bulk replay; answers when the next is due. */
export function stepReplays(tx: Transaction): number | null {
  const next = tx.operatorStore
    .replayJobs()
    .filter((job) => job.state === "running")
    .flatMap((job) => (job.next_at <= tx.nowMs ? stepReplay(tx, job) : [job.next_at]));
  return next.length === 0 ? null : Math.min(...next);
}

/** Oldest first, no more than the time since the last step allows. */
function stepReplay(tx: Transaction, job: ReplayJobRow): number[] {
  const to = Math.min(job.until, job.cursor + LIST_WINDOW_EVENTS);
  const filter = JSON.parse(job.filter) as EventFilter;
  const found = matching(tx, filter, job.cursor, to).toReversed();
  const allowed = found.slice(0, Math.max(1, Math.floor((job.per_second * REPLAY_STEP_MS) / 1000)));
  let replayed = 0;
  for (const { n } of allowed) replayed += replay(tx, n, filter.destination) > 0 ? 1 : 0;
  const cursor = allowed.length < found.length ? (allowed.at(-1)?.n ?? job.cursor) + 1 : to;
  const finished = cursor >= job.until;
  // A rate below one a step makes the steps longer, not the portions smaller than one.
  const pause = allowed.length === 0 ? 0 : Math.max(REPLAY_STEP_MS, 1000 / job.per_second);
  const next_at = tx.nowMs + pause;
  tx.operatorStore.putReplayJob({
    ...job,
    cursor,
    replayed: job.replayed + replayed,
    state: finished ? "finished" : "running",
    next_at,
  });
  return finished ? [] : [next_at];
}
