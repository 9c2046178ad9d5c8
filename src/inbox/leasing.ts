/** What to do with a reference that came out of the queue. Runs inside one transaction. */
import { leaseVerification } from "./deferred.ts";
import { VERIFIER, type Leased, type Reference } from "./protocol.ts";
import { keyOf, type DeliveryRow } from "./store/rows.ts";
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
  const notBeforeMs = tx.takeSlot(row.destination);
  tx.leases.hold(row, tx.leaseEndOf(row.destination, notBeforeMs));
  return {
    kind: "deliver",
    notBeforeMs,
    body: event.body ?? "",
    attempt: row.attempts + 1,
    sequence: event.sequence ?? 0,
    replay: row.replay !== 0,
    traceparent: event.traceparent,
  };
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
