/** What goes out: leases before an attempt, settlements after it. Runs inside one transaction. */
import { CLOSED, failed, isOpen, probeFailed, succeeded } from "./policy/breaker.ts";
import { nextDelaySeconds } from "./policy/schedule.ts";
import type { Destination } from "../config/schema.ts";
import { BUSY_RETRY_MS, LEASE_GRACE_MS } from "../limits.ts";
import { keyOf, type Transaction } from "./transaction.ts";
import { countDelivered, countSource, type Counts } from "./ledger.ts";
import {
  VERIFIER,
  type Attempt,
  type Leased,
  type Reference,
  type Result,
  type Settled,
} from "./protocol.ts";
import type { DeliveryRow } from "./store.ts";
import { leaseVerification } from "./verifying.ts";

/** What to do with a reference. A leased delivery is nobody else's until its attempt must be over. */
export function lease(tx: Transaction, reference: Reference): Leased {
  const { store, nowMs } = tx;
  const row = store.delivery(reference);
  if (!row || row.state === "delivered" || row.state === "dead" || row.state === "none")
    return { kind: "done" };
  if (row.state === "parked") return { kind: "held" };
  const event = store.event(row.n);
  if (!event) return { kind: "done" };
  if (row.destination === VERIFIER) return leaseVerification(tx, row, event);

  const destination = tx.config.destinations.get(row.destination);
  if (!destination || tx.destinations.isPaused(row.destination)) {
    store.park(reference);
    return { kind: "held" };
  }
  if (row.due === null) return { kind: "held" };
  if (row.due > nowMs) return { kind: "wait", seconds: (row.due - nowMs) / 1000 };
  if (tx.leases.isHeld(row, tx.nowMs)) return { kind: "held" };
  if (destination.ordered && row.replay === 0 && store.owesEarlier(row)) return { kind: "held" };
  if (!tx.destinations.isAdmitting(row.destination) && !tx.destinations.isProbe(row)) {
    // The queue has let go of it: from now on it is overdue, so that the first sweep after closing takes it.
    store.handOverAt(reference, nowMs);
    return { kind: "held" };
  }

  const allowedAtMs = tooBusy(tx, destination) ? nowMs + BUSY_RETRY_MS : tx.rateAllowsAtMs(row.destination);
  if (allowedAtMs > nowMs) {
    store.handOverAt(reference, tx.wakeBy(allowedAtMs));
    return { kind: "held" };
  }

  const notBeforeMs = tx.rates.takeSlot(tx.shard, tx.config, row.destination, tx.nowMs);
  tx.leases.hold(row, notBeforeMs + destination.timeoutMs + LEASE_GRACE_MS);
  return {
    kind: "deliver",
    notBeforeMs,
    body: event.body ?? "",
    attempt: row.attempts + 1,
    sequence: row.sequence ?? 0,
    replay: row.replay !== 0,
  };
}

/** Each shard may have its share under way, and one at least. */
function tooBusy(tx: Transaction, { name, maxInFlight }: Destination): boolean {
  if (maxInFlight === null) return false;
  return tx.leases.inFlight(name, tx.nowMs) >= Math.max(1, Math.floor(maxInFlight / tx.config.inboxShards));
}

/** Records attempts, once each, and says when to come again. */
export function settle(tx: Transaction, results: readonly Result[]): Settled[] {
  let counts: Counts | null = null;
  const settled = results.map((result): Settled => {
    const row = tx.store.delivery(result.reference);
    if (row) tx.leases.end(row);
    if (!row || !isNews(row, result)) return alreadySettled(tx, row);
    noteAnswer(tx, row.destination, result.attempt.status);
    if (result.outcome.kind !== "delivered") return settleFailed(tx, row, result);
    counts = settleDelivered(tx, row, result.attempt, counts ?? tx.counts());
    return { next: "done" };
  });
  // One row for the whole batch (docs/storage.md, "What an event costs").
  if (counts) tx.setCounts(counts);
  return settled;
}

/** Refusals in a row mean a wrong address or secret rather than a bad hour: somebody should be told early. */
function noteAnswer(tx: Transaction, destination: string, status: number | null): void {
  if (tx.destinations.countAnswer(destination, status))
    tx.alert("destination_refuses", { destination, status });
}

/**
 * An attempt counts once, as the attempt it was. A 2xx that comes late is still a 2xx, also for a delivery
 * given up meanwhile; but what arrived before a replay says nothing about the replay.
 */
function isNews(row: DeliveryRow, { attempt, outcome }: Result): boolean {
  const isOwed = row.state === "pending" || row.state === "parked";
  if (isOwed && attempt.attempt === row.attempts + 1) return true;
  const arrivedLate = outcome.kind === "delivered" && row.replay === 0;
  return arrivedLate && (isOwed || row.state === "dead");
}

function alreadySettled(tx: Transaction, row: DeliveryRow | null): Settled {
  if (row?.state !== "pending" || row.due === null) return { next: "done" };
  return { next: "retry", seconds: Math.max(0, (row.due - tx.nowMs) / 1000) };
}

function settleDelivered(tx: Transaction, row: DeliveryRow, attempt: Attempt, counts: Counts): Counts {
  tx.store.delivered(keyOf(row), attempt);
  const breaker = tx.destinations.breakerOf(row.destination);
  tx.destinations.endProbe(row);
  tx.destinations.clearFailingPayments(row.destination);
  if (breaker.failures > 0) tx.destinations.setBreaker(row.destination, succeeded());
  if (isOpen(breaker)) {
    tx.alert("breaker_closed", { destination: row.destination });
    // What was held while it was open is overdue: the sweep takes it from here.
    tx.wakeBy(tx.nowMs);
  }
  scheduleNext(tx, row);
  const delivered = countDelivered(counts, row.destination, 1);
  if (tx.store.owesAnything(row.payment_id, row.n)) return delivered;
  const event = tx.store.event(row.n);
  return event?.state === "accepted" ? countSource(delivered, event.source, { accepted: 1 }) : delivered;
}

function settleFailed(tx: Transaction, row: DeliveryRow, { attempt, outcome }: Result): Settled {
  const { store, nowMs } = tx;
  countFailure(tx, row);
  const asked = outcome.kind === "failed" ? outcome.retryAfterSeconds : null;
  const schedule = tx.config.destinations.get(row.destination)?.scheduleSeconds ?? [];
  const seconds = nextDelaySeconds(schedule, row.tries + 1, asked, Math.random());
  if (outcome.kind === "gone") {
    store.failed(keyOf(row), attempt, nowMs, null);
    store.park(keyOf(row));
    pause(tx, row.destination, "gone");
    return { next: "done" };
  }
  if (row.state === "parked") {
    store.failed(keyOf(row), attempt, nowMs, null);
    store.park(keyOf(row));
    return { next: "done" };
  }
  if (seconds === null) {
    store.failed(keyOf(row), attempt, null, null);
    tx.alert("dead_letter", {
      destination: row.destination,
      event: row.event_id,
      attempts: attempt.attempt,
    });
    scheduleNext(tx, row);
    return { next: "done" };
  }
  const due = nowMs + seconds * 1000;
  store.failed(keyOf(row), attempt, due, tx.wakeBy(due + tx.config.handoverTimeoutMs));
  return { next: "retry", seconds };
}

function countFailure(tx: Transaction, row: DeliveryRow): void {
  const { destination } = row;
  const before = tx.destinations.breakerOf(destination);
  const isProbe = tx.destinations.endProbe(row);
  // A receiver that fails ten payments is down; one payment that fails ten times holds up itself alone.
  if (!tx.destinations.addFailingPayment(row) && !isProbe) return;
  const after = isProbe ? probeFailed(before, tx.nowMs) : failed(before, tx.nowMs);
  if (after !== before) tx.destinations.setBreaker(destination, after);
  if (isOpen(before) || !isOpen(after)) return;
  tx.alert("breaker_open", { destination });
  tx.wakeBy(after.probeAtMs ?? tx.nowMs);
}

/** The payment's next event has its turn: the one before it is delivered or dead. */
function scheduleNext(tx: Transaction, row: DeliveryRow): void {
  if (row.replay !== 0) return;
  const next = tx.store.headOf(row.payment_id, row.destination);
  if (next?.state !== "pending" || next.due !== null) return;
  tx.store.schedule(keyOf(next), tx.nowMs, tx.armSweep(next.destination));
  tx.handOverIfAdmitted(keyOf(next), next.event_id);
}

/** Holds what is owed to a destination and what will be; nothing is dropped. */
export function pause(tx: Transaction, destination: string, why: string): void {
  tx.destinations.setPaused(destination, why);
  tx.store.parkAll(destination);
  // An operator who pauses knows; a receiver that says it is gone is news.
  if (why === "gone") tx.alert("destination_gone", { destination });
}

/** What was parked has its turn again, the oldest first. */
export function resume(tx: Transaction, destination: string): void {
  tx.destinations.setPaused(destination, null);
  tx.destinations.setBreaker(destination, CLOSED);
  unpark(tx, destination);
}

export function unpark(tx: Transaction, destination: string): void {
  const settings = tx.config.destinations.get(destination);
  if (settings) tx.store.unparkAll(destination, tx.wakeBy(tx.nowMs), settings.ordered);
}
