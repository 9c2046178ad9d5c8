/** What came of attempts. Runs inside one transaction. */
import { MAX_SUCCESS_ANSWER_CHARS } from "../limits.ts";
import { leaseOnSettling } from "./leasing.ts";
import { directOf, ownRow, setDirect } from "./own-row.ts";
import { pause } from "./pausing.ts";
import { failed, isOpen, probeFailed, succeeded } from "./policy/breaker.ts";
import { nextDelaySeconds } from "./policy/schedule.ts";
import type { Attempt, LeasedAttempt, Result, Settled } from "./protocol.ts";
import { keyOf, type DeliveryRow } from "./store/rows.ts";
import { sweepDestination } from "./sweeping.ts";
import type { Transaction } from "./transaction.ts";

/** Records attempts, once each, says when to come again, and leases one more to whoever asks for it. */
export function settle(tx: Transaction, results: readonly Result[]): Settled[] {
  const all = results.map((result) => settleOne(tx, result));
  // What was in flight has made room.
  for (const destination of new Set(results.map(({ reference }) => reference.destination))) {
    if (!tx.hasBacklog(destination)) {
      tx.endRecovery(destination);
      continue;
    }
    const takers = all.filter((one) => one.takesAnother && one.destination === destination);
    const leased = sweepDestination(tx, destination, { takers: takers.length });
    for (const [index, attempt] of leased.entries()) takers[index]?.lease(attempt);
  }
  return all.map(({ settled }) => settled);
}

function settleOne(tx: Transaction, result: Result): Settlement {
  const { destination, payment } = result.reference;
  // A settlement that comes twice makes room once.
  const madeRoom = tx.leases.end(result.reference);
  const settlement = new Settlement(
    destination,
    record(tx, result),
    madeRoom && isTimeForAnother(tx, result),
  );
  const turn = settlement.settled.next === "done" ? nextOf(tx, payment, destination) : null;
  if (turn === null) return settlement;
  const mayLeave = !tx.destinations.isOpen(destination) && tx.admission(destination).now > 0;
  const leased = settlement.takesAnother && mayLeave ? leaseOnSettling(tx, turn) : null;
  if (leased === null) tx.oweNow(keyOf(turn), turn.event_id);
  else settlement.lease(leased);
  return settlement;
}

/** What is answered to one result. */
class Settlement {
  readonly destination: string;
  settled: Settled;
  /** Whoever settled makes one more attempt, and has none yet. */
  takesAnother: boolean;

  constructor(destination: string, settled: Settled, takesAnother: boolean) {
    this.destination = destination;
    this.settled = settled;
    this.takesAnother = takesAnother;
  }

  lease(leased: LeasedAttempt): void {
    this.settled = { ...this.settled, leased };
    this.takesAnother = false;
  }
}

/** Would another attempt to the destination be given up in the time whoever settled has for it? */
function isTimeForAnother(tx: Transaction, { reference, nextWithinMs = 0 }: Result): boolean {
  const destination = tx.config.destinations.get(reference.destination);
  return destination !== undefined && destination.timeoutMs <= nextWithinMs;
}

function record(tx: Transaction, result: Result): Settled {
  const { reference } = result;
  if (tx.directs.isOpen(reference.n, reference.destination)) return settleDirect(tx, result);
  const row = tx.store.deliveries.get(reference);
  if (!row || !isNews(row, result)) return alreadySettled(tx, row);
  noteAnswer(tx, row.destination, result.attempt.status);
  if (result.outcome.kind !== "delivered") return settleFailed(tx, row, result, result.hasMessage ?? true);
  tx.store.deliveries.end(keyOf(row), "delivered", shortened(result.attempt));
  tx.record(row.n, { destinations: [[row.destination, { [row.state]: -1, delivered: 1 }]] });
  noteSuccess(tx, row);
  return { next: "done" };
}

/** The first attempt, made from the acceptance: a success is noted in the event's row, a failure gets its own. */
function settleDirect(tx: Transaction, { reference, attempt, outcome }: Result): Settled {
  noteAnswer(tx, reference.destination, attempt.status);
  if (outcome.kind !== "delivered") {
    const row = ownRow(tx, reference);
    return row ? settleFailed(tx, row, { reference, attempt, outcome }, false) : { next: "done" };
  }
  const { n, destination } = reference;
  setDirect(tx, n, { ...directOf(tx, n), [destination]: shortened(attempt) });
  tx.directs.close(n, destination);
  tx.record(n, { destinations: [[destination, { pending: -1, delivered: 1 }]] });
  noteSuccess(tx, { destination, n });
  return { next: "done" };
}

/** Of a success, people read a line at most. */
function shortened(attempt: Attempt): Attempt {
  return { ...attempt, answer: attempt.answer?.slice(0, MAX_SUCCESS_ANSWER_CHARS) ?? null };
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
  const isOwed = row.state === "pending";
  if (isOwed && attempt.attempt === row.attempts + 1) return true;
  const arrivedLate = outcome.kind === "delivered" && row.replay === 0;
  return arrivedLate && (isOwed || row.state === "dead");
}

function alreadySettled(tx: Transaction, row: DeliveryRow | null): Settled {
  if (row?.state !== "pending" || row.due === null) return { next: "done" };
  return { next: "retry", seconds: Math.max(0, (row.due - tx.nowMs) / 1000) };
}

function noteSuccess(tx: Transaction, row: Pick<DeliveryRow, "destination" | "n">): void {
  const { destination } = row;
  const breaker = tx.destinations.breakerOf(destination);
  tx.destinations.endProbe(row);
  tx.destinations.clearFailingPayments(destination);
  if (breaker.failures > 0) tx.destinations.setBreaker(destination, succeeded());
  if (!isOpen(breaker)) return;
  tx.alert("breaker_closed", { destination });
  tx.beginRecovery(destination);
}

function settleFailed(
  tx: Transaction,
  row: DeliveryRow,
  { attempt, outcome }: Result,
  hasMessage: boolean,
): Settled {
  const { deliveries } = tx.store;
  countFailure(tx, row);
  if (outcome.kind === "gone") {
    deliveries.failed(keyOf(row), attempt, tx.nowMs, tx.nowMs);
    pause(tx, row.destination, "gone");
    return { next: "done" };
  }
  const asked = outcome.kind === "failed" ? outcome.retryAfterSeconds : null;
  const schedule = tx.config.destinations.get(row.destination)?.scheduleSeconds ?? [];
  const seconds = nextDelaySeconds(schedule, row.tries + 1, asked, Math.random());
  if (seconds === null && tx.isServed(row.destination)) {
    deliveries.failed(keyOf(row), attempt, null, null);
    tx.record(row.n, { destinations: [[row.destination, { pending: -1, dead: 1 }]] });
    const { destination, event_id: event, payment_id: id } = row;
    const payment = id.startsWith("pay_") ? id : undefined;
    const fields = { destination, event, payment, attempts: attempt.attempt };
    tx.alert("dead_letter", fields, () => tx.store.events.merchantReference(row.n));
    return { next: "done" };
  }
  // What fails while its destination is held back waits for it, and is tried once more at least.
  const due = tx.nowMs + (seconds ?? 0) * 1000;
  // Without a message that comes back, the sweep hands it over when it is due.
  const sweepAt = hasMessage ? due + tx.config.handoverTimeoutMs : due;
  deliveries.failed(keyOf(row), attempt, due, tx.wakeBy(sweepAt));
  return { next: "retry", seconds: seconds ?? 0 };
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

/** The payment's next event has its turn: the one before it is delivered, dead or dismissed. */
export function startNext(tx: Transaction, payment: string, destination: string): void {
  const next = nextOf(tx, payment, destination);
  if (next) tx.oweNow(keyOf(next), next.event_id);
}

/** The payment's next event, if nothing before it is owed to the destination any more and it has not begun. */
function nextOf(tx: Transaction, payment: string, destination: string): DeliveryRow | null {
  if (!tx.hasBacklog(destination) || tx.directs.holds(payment, destination)) return null;
  const head = tx.store.deliveries.headOf(payment, destination);
  return head?.due === null ? head : null;
}
