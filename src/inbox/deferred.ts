/** Deferred callbacks: asked about again until the verifier says yes or no, never forwarded before. */
import { isBroken } from "../config/schema.ts";
import { nextDelaySeconds } from "./policy/schedule.ts";
import {
  LEASE_GRACE_MS,
  DEFERRED_SCHEDULE_SECONDS,
  MISCONFIGURED_RETRY_SECONDS,
  RATE_RETRY_SECONDS,
  VERIFIER_TIMEOUT_MS,
} from "../limits.ts";
import { because } from "../reasons.ts";
import type { Transaction } from "./transaction.ts";
import {
  VERIFIER,
  type Attempt,
  type Leased,
  type Decision,
  type Reference,
  type Settled,
  type StoredCallback,
} from "./protocol.ts";
import { keyOf, type DeliveryRow, type EventHead, type EventRow } from "./store/rows.ts";

export function leaseVerification(tx: Transaction, row: DeliveryRow, event: EventRow): Leased {
  if (event.callback === null || event.state !== "deferred") return { kind: "done" };
  if (row.due !== null && row.due > tx.nowMs) return { kind: "wait", seconds: (row.due - tx.nowMs) / 1000 };
  if (tx.leases.isHeld(row, tx.nowMs)) return { kind: "held" };
  if (isBroken(tx.config, event.source)) {
    // Nobody knows how to ask. It is looked at again for as long as it takes a person to mend it.
    tx.store.deliveries.sweepAgainAt(keyOf(row), tx.wakeBy(tx.nowMs + MISCONFIGURED_RETRY_SECONDS * 1000));
    return { kind: "held" };
  }
  tx.leases.hold(row, tx.nowMs + VERIFIER_TIMEOUT_MS + LEASE_GRACE_MS);
  const callback = JSON.parse(event.callback) as StoredCallback;
  return { kind: "verify", source: event.source, callback, attempt: row.attempts + 1 };
}

/** What came of asking again. */
export function settleVerification(
  tx: Transaction,
  reference: Reference,
  attempt: Attempt,
  decision: Decision,
): Settled {
  const row = tx.store.deliveries.get(reference);
  tx.leases.end(reference);
  const event = row && tx.store.events.head(row.n);
  const isThisAttempt = attempt.attempt === (row?.attempts ?? 0) + 1;
  if (!row || event?.state !== "deferred" || row.state !== "pending" || !isThisAttempt)
    return { next: "done" };
  if (decision.kind === "undecided") {
    return decision.reason === "verifier_rate" ? notAsked(tx, row) : askAgainLater(tx, row, attempt);
  }
  // With its number: if the callback is ever asked about again, a late report of this attempt is not taken for that one's.
  tx.store.deliveries.end(keyOf(row), "none", attempt);
  tx.record(row.n, { destinations: [[VERIFIER, { owed: -1, pending: -1 }]] });
  conclude(tx, event, decision);
  return { next: "done" };
}

/** A callback that was set aside has become something: an event, a refusal, or a case for a person. */
export function conclude(
  tx: Transaction,
  event: EventHead,
  decision: Exclude<Decision, { kind: "undecided" }>,
): void {
  const from = { [event.state]: -1 };
  switch (decision.kind) {
    case "accepted":
      // Counted as accepted, duplicate or superseded by the Inbox that took it.
      tx.store.events.conclude(event.n, "released", decision.outcome, decision.eventId, false);
      tx.record(event.n, { source: [event.source, { arrived: -1, ...from }] });
      return;
    case "refused":
      tx.store.events.conclude(event.n, "refused", because(decision), null, false);
      tx.record(event.n, { source: [event.source, { ...from, refused: 1 }] });
      return;
    case "quarantined":
      tx.store.events.conclude(event.n, "quarantined", because(decision), null, true);
      if (event.state !== "quarantined")
        tx.record(event.n, { source: [event.source, { ...from, quarantined: 1 }] });
      return;
  }
}

/** No attempt was made, so none is noted: a flood must not use up the schedule of what waits beside it. */
function notAsked(tx: Transaction, row: DeliveryRow): Settled {
  tx.store.deliveries.sweepAgainAt(
    keyOf(row),
    tx.wakeBy(tx.nowMs + RATE_RETRY_SECONDS * 1000 + tx.config.handoverTimeoutMs),
  );
  return { next: "retry", seconds: RATE_RETRY_SECONDS };
}

function askAgainLater(tx: Transaction, row: DeliveryRow, attempt: Attempt): Settled {
  // The first entry was the wait before the first of these attempts.
  const seconds = nextDelaySeconds(DEFERRED_SCHEDULE_SECONDS.slice(1), row.tries + 1, null, 0);
  if (seconds === null) {
    tx.store.deliveries.failed(keyOf(row), attempt, null, null);
    tx.record(row.n, { destinations: [[VERIFIER, { pending: -1, dead: 1 }]] });
    tx.alert("deferred_dead", { event: row.event_id, attempts: attempt.attempt });
    return { next: "done" };
  }
  const due = tx.nowMs + seconds * 1000;
  tx.store.deliveries.failed(keyOf(row), attempt, due, tx.wakeBy(due + tx.config.handoverTimeoutMs));
  return { next: "retry", seconds };
}
