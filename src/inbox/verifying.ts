/** Deferred callbacks: asked about again until the verifier says yes or no, never forwarded before. */
import { nextDelaySeconds } from "../delivery/schedule.ts";
import { CLAIM_GRACE_MS, DEFERRED_SCHEDULE_SECONDS, VERIFIER_TIMEOUT_MS } from "../limits.ts";
import { because } from "../reasons.ts";
import { keyOf, type Desk } from "./desk.ts";
import type { Attempt, Claimed, Decision, Reference, Settled, StoredCallback } from "./protocol.ts";
import type { DeliveryRow, EventRow } from "./store.ts";

export function claimVerification(desk: Desk, row: DeliveryRow, event: EventRow): Claimed {
  if (event.callback === null || event.state !== "deferred") return { kind: "done" };
  if (row.due !== null && row.due > desk.nowMs)
    return { kind: "wait", seconds: (row.due - desk.nowMs) / 1000 };
  if (desk.isClaimed(row)) return { kind: "held" };
  desk.claimUntil(row, desk.nowMs + VERIFIER_TIMEOUT_MS + CLAIM_GRACE_MS);
  const callback = JSON.parse(event.callback) as StoredCallback;
  return { kind: "verify", source: event.source, callback, attempt: row.attempts + 1 };
}

/** What came of asking again. */
export function settleVerification(
  desk: Desk,
  reference: Reference,
  attempt: Attempt,
  decision: Decision,
): Settled {
  const row = desk.store.delivery(reference);
  if (row) desk.unclaim(row);
  const event = row && desk.store.event(row.n);
  const isThisAttempt = attempt.attempt === (row?.attempts ?? 0) + 1;
  if (!row || event?.state !== "deferred" || row.state !== "pending" || !isThisAttempt)
    return { next: "done" };
  if (decision.kind === "undecided") return askAgainLater(desk, row, attempt);
  desk.store.close(keyOf(row));
  release(desk, event, decision);
  return { next: "done" };
}

/** A callback that was set aside has become something: an event, a refusal, or a case for a person. */
export function release(
  desk: Desk,
  event: EventRow,
  decision: Exclude<Decision, { kind: "undecided" }>,
): void {
  const from = { [event.state]: -1 };
  switch (decision.kind) {
    case "accepted":
      // Counted as accepted, duplicate or superseded by the Inbox that took it.
      desk.store.decided(event.n, "released", decision.outcome, decision.eventId, false);
      desk.count(event.source, from);
      return;
    case "refused":
      desk.store.decided(event.n, "refused", because(decision), null, false);
      desk.count(event.source, { ...from, refused: 1 });
      return;
    case "quarantined":
      desk.store.decided(event.n, "quarantined", because(decision), null, true);
      if (event.state !== "quarantined") desk.count(event.source, { ...from, quarantined: 1 });
      return;
  }
}

function askAgainLater(desk: Desk, row: DeliveryRow, attempt: Attempt): Settled {
  // The first entry was the wait before the first of these attempts.
  const seconds = nextDelaySeconds(DEFERRED_SCHEDULE_SECONDS.slice(1), row.tries + 1, null, 0);
  if (seconds === null) {
    desk.store.failed(keyOf(row), attempt, null, null);
    desk.alert("deferred_dead", { event: row.event_id, attempts: attempt.attempt });
    return { next: "done" };
  }
  const due = desk.nowMs + seconds * 1000;
  desk.store.failed(keyOf(row), attempt, due, desk.wakeBy(due + desk.config.handoverLeaseMs));
  return { next: "retry", seconds };
}
