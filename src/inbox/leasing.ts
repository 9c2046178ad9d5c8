/**
 * Which delivery is attempted now: what to do with a reference that came out of the queue, and what follows an attempt
 * that was settled. Runs inside one transaction.
 */
import { traceContextOf } from "../parse/trace-context.ts";
import { leaseVerification } from "./deferred.ts";
import { VERIFIER, type LeasedAttempt, type Leased, type Reference } from "./protocol.ts";
import { keyOf, type DeliveryRow, type EventRow } from "./store/rows.ts";
import type { Transaction } from "./transaction.ts";

/** A leased delivery is nobody else's until its attempt must be over. */
export function lease(tx: Transaction, reference: Reference): Leased {
  const { store, nowMs } = tx;
  tx.endHandover(reference);
  const row = store.deliveries.get(reference);
  if (!row || row.state !== "pending") return { kind: "done" };
  const event = store.events.whole(row.n);
  if (!event) return { kind: "done" };
  if (row.destination === VERIFIER) return leaseVerification(tx, row, event);

  if (row.due === null) return { kind: "held" };
  if (!tx.isServed(row.destination)) return leftToTheSweep(tx, row, null);
  if (row.due > nowMs) return { kind: "wait", seconds: (row.due - nowMs) / 1000 };
  if (tx.leases.isHeld(row, nowMs)) return { kind: "held" };
  if (owesEarlier(tx, row)) {
    // An earlier one was replayed after this was handed over: it waits for that, not for a sweep.
    store.deliveries.waitForTurn(keyOf(row));
    return { kind: "held" };
  }
  if (!tx.destinations.isProbe(row)) {
    const { now, againAtMs } = tx.admissionOfLease(row.destination);
    if (now === 0 || tx.destinations.isOpen(row.destination)) return leftToTheSweep(tx, row, againAtMs);
  }
  return begin(tx, row, event).delivery;
}

/**
 * Leases a delivery without a message to whoever settled an attempt and makes another at once; null: it waits for
 * something else. That one more may leave is for the caller to know.
 */
export function leaseOnSettling(tx: Transaction, row: DeliveryRow): LeasedAttempt | null {
  const isTurn = row.due === null;
  if (tx.leases.isHeld(row, tx.nowMs) || (!isTurn && owesEarlier(tx, row))) return null;
  const event = tx.store.events.whole(row.n);
  if (!event) return null;
  const key = keyOf(row);
  tx.endHandover(key);
  const { delivery, untilMs } = begin(tx, row, event);
  // Nothing will bring it back if whoever has it dies: when its lease ends, the sweep takes it.
  const sweepAt = tx.wakeBy(untilMs);
  if (isTurn) tx.store.deliveries.schedule(key, tx.nowMs, sweepAt);
  else tx.store.deliveries.sweepAgainAt(key, sweepAt);
  return { reference: { shard: tx.shard, ...key, event: row.event_id }, delivery };
}

/** The delivery is somebody's from now on; answers what is to be sent, and until when it is theirs (epoch ms). */
function begin(
  tx: Transaction,
  row: DeliveryRow,
  event: EventRow,
): { delivery: LeasedAttempt["delivery"]; untilMs: number } {
  const notBeforeMs = tx.takeSlot(row.destination);
  const untilMs = tx.leaseEndOf(row.destination, notBeforeMs);
  tx.leases.hold(row, untilMs);
  const delivery = {
    kind: "deliver",
    notBeforeMs,
    body: event.body ?? "",
    attempt: row.attempts + 1,
    sequence: event.sequence ?? 0,
    replay: row.replay !== 0,
    ...traceContextOf(event),
  } as const;
  return { delivery, untilMs };
}

/** The queue lets go of it: from now on it is overdue, and the first sweep that may takes it. */
function leftToTheSweep(tx: Transaction, row: DeliveryRow, againAtMs: number | null): Leased {
  if (row.sweep_at === null || row.sweep_at > tx.nowMs)
    tx.store.deliveries.sweepAgainAt(keyOf(row), tx.nowMs);
  if (againAtMs !== null) tx.wakeBy(againAtMs);
  return { kind: "held" };
}

/** Is an earlier event of this payment still owed to the same destination? Replays stand outside the order. */
function owesEarlier(tx: Transaction, row: DeliveryRow): boolean {
  if (row.replay !== 0 || tx.config.destinations.get(row.destination)?.ordered === false) return false;
  if (tx.directs.holds(row.payment_id, row.destination, row.n)) return true;
  const head = tx.store.deliveries.headOf(row.payment_id, row.destination);
  return head !== null && head.n < row.n;
}
