/** Sending again at an operator's wish: one event, or all that a filter finds. Runs inside one transaction. */
import { isDestination } from "../config/schema.ts";
import { LIST_WINDOW_EVENTS, REPLAY_STEP_MS } from "../limits.ts";
import { isForgotten } from "./forgotten.ts";
import { directOf, setDirect } from "./own-row.ts";
import { VERIFIER } from "./protocol.ts";
import { isWanted, type EventFilter, type Wanted } from "./filter.ts";
import { matching } from "./listing.ts";
import type { ReplayJobRow } from "./store/operator-store.ts";
import { keyOf, type DeliveryRow, type EventHead } from "./store/rows.ts";
import type { Transaction } from "./transaction.ts";

/**
 * Sends an event again: same id, same bytes. A pending retry is replaced; a destination that is held back gets
 * it when it is served again, one that is not configured any more is left alone. Answers how many deliveries
 * will be made.
 */
export function replay(tx: Transaction, n: number, destination: Wanted | undefined): number {
  const event = tx.store.events.head(n);
  if (!event || (event.state !== "accepted" && event.state !== "deferred")) return 0;
  // A receiver would get other contents under the same id.
  if (isForgotten(tx.store.events.body(n))) return 0;
  const wanted = (name: string) => isWanted(destination, name);
  const configured = (name: string) => name === VERIFIER || isDestination(tx.config, name);
  const rows = tx.store.deliveries.of(event.payment_id, n);
  const direct = Object.entries(directOf(tx, n)).filter(([, attempt]) => attempt !== null);
  const replayed = [
    ...direct.map(([name]) => name).filter((name) => wanted(name) && configured(name)),
    ...rows
      .filter((row) => wanted(row.destination) && configured(row.destination) && row.state !== "none")
      .map((row) => row.destination),
  ];
  for (const [name, attempt] of direct)
    if (attempt !== null && replayed.includes(name)) replayDirect(tx, event, name, attempt);
  for (const row of rows) if (replayed.includes(row.destination)) replayRow(tx, event, row);
  if (replayed.length > 0 && event.dismissed !== null) tx.store.events.setDismissed(n, null);
  return replayed.length;
}

/** It was delivered by its first attempt: it gets a row of its own, outside the payment's order. */
function replayDirect(
  tx: Transaction,
  event: EventHead,
  destination: string,
  attempt: NonNullable<ReturnType<typeof directOf>[string]>,
): void {
  const { [destination]: _, ...rest } = directOf(tx, event.n);
  setDirect(tx, event.n, rest);
  const key = { payment: event.payment_id, n: event.n, destination };
  tx.store.deliveries.insertAttempted(key, event.event_id, "delivered", attempt);
  tx.store.deliveries.logAttempt(key, attempt);
  const row = tx.store.deliveries.get(key);
  if (row) replayRow(tx, event, row);
}

function replayRow(tx: Transaction, event: EventHead, row: DeliveryRow): void {
  const key = keyOf(row);
  if (row.state !== "pending")
    tx.record(event.n, { destinations: [[row.destination, { [row.state]: -1, pending: 1 }]] });
  tx.leases.end(row);
  tx.endHandover(key);
  // What was never delivered, and has nothing later delivered, keeps its place in the payment's order.
  const outOfOrder =
    row.replay !== 0 || row.state === "delivered" || laterDelivered(tx, event, row.destination);
  const ordered = tx.config.destinations.get(row.destination)?.ordered ?? false;
  const waits =
    ordered &&
    !outOfOrder &&
    (tx.directs.holds(event.payment_id, row.destination, event.n) || hasEarlier(tx, row));
  if (waits) tx.store.deliveries.schedule(key, null, null);
  else tx.oweNow(key, row.event_id, outOfOrder);
}

function hasEarlier(tx: Transaction, row: DeliveryRow): boolean {
  const head = tx.store.deliveries.headOf(row.payment_id, row.destination);
  return head !== null && head.n < row.n;
}

/** Was a later event of the payment delivered to the destination, by its first attempt or otherwise? */
function laterDelivered(tx: Transaction, event: EventHead, destination: string): boolean {
  const events = tx.store.payments.get(event.payment_id)?.events ?? [];
  return (
    tx.store.deliveries.deliveredAfter(event.payment_id, event.n, destination) ||
    events.some(([n]) => n > event.n && directOf(tx, n)[destination] !== undefined)
  );
}

// ---- bulk replay -----------------------------------------------------------------------------------

/** Begins a bulk replay of what there is now; the alarm carries it on, `perSecond` events at a time. */
export function startReplay(
  tx: Transaction,
  id: string,
  filter: EventFilter,
  perSecond: number,
  total: number,
): void {
  if (tx.store.operators.replayJob(id)) return;
  tx.store.operators.putReplayJob({
    id,
    filter: JSON.stringify(filter),
    per_second: perSecond,
    state: "running",
    cursor: 0,
    until: tx.store.events.last() + 1,
    replayed: 0,
    total,
    started_at: tx.nowMs,
    next_at: tx.wakeBy(tx.nowMs),
  });
}

export function cancelReplay(tx: Transaction, id: string): void {
  const job = tx.store.operators.replayJob(id);
  if (job?.state === "running") tx.store.operators.putReplayJob({ ...job, state: "canceled" });
}

/** One step of every running bulk replay. */
export function stepReplays(tx: Transaction): void {
  for (const job of tx.store.operators.replayJobs())
    if (job.state === "running" && job.next_at <= tx.nowMs) stepReplay(tx, job);
}

/** When the next step of a running bulk replay is due (epoch ms); null: none is running. */
export function nextReplayStepAt(tx: Transaction): number | null {
  const times = tx.store.operators
    .replayJobs()
    .filter((job) => job.state === "running")
    .map((job) => job.next_at);
  return times.length === 0 ? null : Math.min(...times);
}

/** Oldest first, no more than the time since the last step allows. */
function stepReplay(tx: Transaction, job: ReplayJobRow): void {
  const to = Math.min(job.until, job.cursor + LIST_WINDOW_EVENTS);
  const filter = JSON.parse(job.filter) as EventFilter;
  const found = matching(tx, filter, job.cursor, to).toReversed();
  const allowed = found.slice(0, Math.max(1, Math.floor((job.per_second * REPLAY_STEP_MS) / 1000)));
  let replayed = 0;
  for (const { n } of allowed) replayed += replay(tx, n, filter.destination) > 0 ? 1 : 0;
  const cursor = allowed.length < found.length ? (allowed.at(-1)?.n ?? job.cursor) + 1 : to;
  // A rate below one a step makes the steps longer, not the portions smaller than one.
  const pauseMs = allowed.length === 0 ? 0 : Math.max(REPLAY_STEP_MS, 1000 / job.per_second);
  tx.store.operators.putReplayJob({
    ...job,
    cursor,
    replayed: job.replayed + replayed,
    state: cursor >= job.until ? "finished" : "running",
    next_at: tx.nowMs + pauseMs,
  });
}
