/** What goes out: claims before an attempt, settlements after it. Runs inside one transaction. */
import { CLOSED, failed, isOpen, probeFailed, succeeded } from "../delivery/breaker.ts";
import { nextDelaySeconds } from "../delivery/schedule.ts";
import type { Destination } from "../config/schema.ts";
import { BUSY_RETRY_MS, CLAIM_GRACE_MS } from "../limits.ts";
import { keyOf, type Desk } from "./desk.ts";
import { countDelivered, countSource, type Counts } from "./ledger.ts";
import {
  VERIFIER,
  type Attempt,
  type Claimed,
  type Reference,
  type Result,
  type Settled,
} from "./protocol.ts";
import type { DeliveryRow } from "./store.ts";
import { claimVerification } from "./verifying.ts";

/** What to do with a reference. A claimed delivery is nobody else's until its attempt must be over. */
export function claim(desk: Desk, reference: Reference): Claimed {
  const { store, nowMs } = desk;
  const row = store.delivery(reference);
  if (!row || row.state === "delivered" || row.state === "dead" || row.state === "none")
    return { kind: "done" };
  if (row.state === "parked") return { kind: "held" };
  const event = store.event(row.n);
  if (!event) return { kind: "done" };
  if (row.destination === VERIFIER) return claimVerification(desk, row, event);

  const destination = desk.config.destinations.get(row.destination);
  if (!destination || desk.isPaused(row.destination)) {
    store.park(reference);
    return { kind: "held" };
  }
  if (row.due === null) return { kind: "held" };
  if (row.due > nowMs) return { kind: "wait", seconds: (row.due - nowMs) / 1000 };
  if (desk.isClaimed(row)) return { kind: "held" };
  if (destination.ordered && row.replay === 0 && store.owesEarlier(row)) return { kind: "held" };
  if (!desk.flows(row.destination) && !desk.isProbe(row)) {
    // The queue has let go of it: from now on it is overdue, so that the first sweep after closing takes it.
    store.handOverAt(reference, nowMs);
    return { kind: "held" };
  }

  const roomAtMs = tooBusy(desk, destination) ? nowMs + BUSY_RETRY_MS : desk.roomAtMs(row.destination);
  if (roomAtMs > nowMs) {
    store.handOverAt(reference, desk.wakeBy(roomAtMs));
    return { kind: "held" };
  }

  const notBeforeMs = desk.takeSlot(row.destination);
  desk.claimUntil(row, notBeforeMs + destination.timeoutMs + CLAIM_GRACE_MS);
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
function tooBusy(desk: Desk, { name, maxInFlight }: Destination): boolean {
  if (maxInFlight === null) return false;
  return desk.inFlight(name) >= Math.max(1, Math.floor(maxInFlight / desk.config.inboxShards));
}

/** Records attempts, once each, and says when to come again. */
export function settle(desk: Desk, results: readonly Result[]): Settled[] {
  let counts: Counts | null = null;
  const settled = results.map((result): Settled => {
    const row = desk.store.delivery(result.reference);
    if (row) desk.unclaim(row);
    if (!row || !isNews(row, result)) return alreadySettled(desk, row);
    desk.noteAnswer(row.destination, result.attempt.status);
    if (result.outcome.kind !== "delivered") return settleFailed(desk, row, result);
    counts = settleDelivered(desk, row, result.attempt, counts ?? desk.counts());
    return { next: "done" };
  });
  // One row for the whole batch (docs/storage.md, "What an event costs").
  if (counts) desk.setCounts(counts);
  return settled;
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

function alreadySettled(desk: Desk, row: DeliveryRow | null): Settled {
  if (row?.state !== "pending" || row.due === null) return { next: "done" };
  return { next: "retry", seconds: Math.max(0, (row.due - desk.nowMs) / 1000) };
}

function settleDelivered(desk: Desk, row: DeliveryRow, attempt: Attempt, counts: Counts): Counts {
  desk.store.delivered(keyOf(row), attempt);
  const breaker = desk.breakerOf(row.destination);
  desk.endProbe(row);
  desk.forgetFailures(row.destination);
  if (breaker.failures > 0) desk.setBreaker(row.destination, succeeded());
  if (isOpen(breaker)) {
    desk.alert("breaker_closed", { destination: row.destination });
    // What was held while it was open is overdue: the sweep takes it from here.
    desk.wakeBy(desk.nowMs);
  }
  releaseNext(desk, row);
  const delivered = countDelivered(counts, row.destination, 1);
  if (desk.store.owesAnything(row.payment_id, row.n)) return delivered;
  const event = desk.store.event(row.n);
  return event?.state === "accepted" ? countSource(delivered, event.source, { accepted: 1 }) : delivered;
}

function settleFailed(desk: Desk, row: DeliveryRow, { attempt, outcome }: Result): Settled {
  const { store, nowMs } = desk;
  countFailure(desk, row);
  const asked = outcome.kind === "failed" ? outcome.retryAfterSeconds : null;
  const schedule = desk.config.destinations.get(row.destination)?.scheduleSeconds ?? [];
  const seconds = nextDelaySeconds(schedule, row.tries + 1, asked, Math.random());
  if (outcome.kind === "gone") {
    store.failed(keyOf(row), attempt, nowMs, null);
    store.park(keyOf(row));
    pause(desk, row.destination, "gone");
    return { next: "done" };
  }
  if (row.state === "parked") {
    store.failed(keyOf(row), attempt, nowMs, null);
    store.park(keyOf(row));
    return { next: "done" };
  }
  if (seconds === null) {
    store.failed(keyOf(row), attempt, null, null);
    desk.alert("dead_letter", {
      destination: row.destination,
      event: row.event_id,
      attempts: attempt.attempt,
    });
    releaseNext(desk, row);
    return { next: "done" };
  }
  const due = nowMs + seconds * 1000;
  store.failed(keyOf(row), attempt, due, desk.wakeBy(due + desk.config.handoverLeaseMs));
  return { next: "retry", seconds };
}

function countFailure(desk: Desk, row: DeliveryRow): void {
  const { destination } = row;
  const before = desk.breakerOf(destination);
  const isProbe = desk.endProbe(row);
  // A receiver that fails ten payments is down; one payment that fails ten times holds up itself alone.
  if (!desk.isNewFailure(row) && !isProbe) return;
  const after = isProbe ? probeFailed(before, desk.nowMs) : failed(before, desk.nowMs);
  if (after !== before) desk.setBreaker(destination, after);
  if (isOpen(before) || !isOpen(after)) return;
  desk.alert("breaker_open", { destination });
  desk.wakeBy(after.probeAtMs ?? desk.nowMs);
}

/** The payment's next event has its turn: the one before it is delivered or dead. */
function releaseNext(desk: Desk, row: DeliveryRow): void {
  if (row.replay !== 0) return;
  const next = desk.store.headOf(row.payment_id, row.destination);
  if (next?.state !== "pending" || next.due !== null) return;
  desk.store.schedule(keyOf(next), desk.nowMs, desk.sweepAt(next.destination));
  desk.sendIfItFlows(keyOf(next), next.event_id);
}

/** Holds what is owed to a destination and what will be; nothing is dropped. */
export function pause(desk: Desk, destination: string, why: string): void {
  desk.setPaused(destination, why);
  desk.store.parkAll(destination);
  // An operator who pauses knows; a receiver that says it is gone is news.
  if (why === "gone") desk.alert("destination_gone", { destination });
}

/** What was parked has its turn again, the oldest first. */
export function resume(desk: Desk, destination: string): void {
  desk.setPaused(destination, null);
  desk.setBreaker(destination, CLOSED);
  unpark(desk, destination);
}

export function unpark(desk: Desk, destination: string): void {
  const settings = desk.config.destinations.get(destination);
  if (settings) desk.store.unparkAll(destination, desk.wakeBy(desk.nowMs), settings.ordered);
}
