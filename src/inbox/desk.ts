/**
 * What the Inbox's doors share while the object lives: the store, the configuration, and what is known
 * only in memory. Nothing here must survive: after an eviction breakers and pauses are read back, and
 * leases of claimed deliveries are simply gone, which costs at worst a second attempt with the same id.
 */
import type { RelayConfig } from "../config/schema.ts";
import { CLOSED, isOpen, probing, type Breaker } from "../delivery/breaker.ts";
import { nextSlotMs, type Pace } from "../delivery/pace.ts";
import { countRefusal } from "../delivery/refusals.ts";
import {
  BREAKER_FAILURES,
  DEFAULT_RELEASE_PER_SECOND,
  PACE_HEADROOM_RATIO,
  PACE_HORIZON_MS,
  PURGE_INTERVAL_MS,
  RELEASE_STEP_MS,
} from "../limits.ts";
import { alert, type LogFields } from "../log.ts";
import type { Archive } from "./archive.ts";
import { AlertGate, alertBody } from "./alerts.ts";
import { countSource, readCounts, type Counts, type SourceChange } from "./ledger.ts";
import { ALERTS, VERIFIER, type Reference } from "./protocol.ts";
import type { DeliveryKey, DeliveryRow, Store } from "./store.ts";

export interface DeskParts {
  readonly store: Store;
  readonly archive: Archive;
  readonly config: RelayConfig;
  /** The object's own name, which references carry. */
  readonly shard: string;
  readonly memory: Memory;
  readonly nowMs: number;
}

export class Desk {
  readonly store: Store;
  readonly archive: Archive;
  readonly config: RelayConfig;
  readonly shard: string;
  readonly nowMs: number;
  /** References that the queue should have once the transaction is through. */
  readonly outgoing: Reference[] = [];
  readonly #memory: Memory;

  constructor(parts: DeskParts) {
    this.store = parts.store;
    this.archive = parts.archive;
    this.config = parts.config;
    this.shard = parts.shard;
    this.nowMs = parts.nowMs;
    this.#memory = parts.memory;
  }

  // ---- handing over --------------------------------------------------------------------------------

  /** The reference leaves for the queue with the transaction; its row is swept if it does not arrive. */
  send(row: { payment: string; n: number; destination: string }, eventId: string): void {
    this.outgoing.push({ shard: this.shard, ...row, event: eventId });
  }

  /** As `send`, unless its destination cannot take it soon: then the sweep does, when it can. */
  sendIfItFlows(row: { payment: string; n: number; destination: string }, eventId: string): void {
    if (this.#flowsNow(row.destination)) this.send(row, eventId);
  }

  /** Notes that something has to be handed over at this instant, so that the alarm is not later. */
  wakeBy(atMs: number): number {
    this.#memory.wakeAtMs = Math.min(this.#memory.wakeAtMs ?? atMs, atMs);
    return atMs;
  }

  /** Something was written that retention has to find again, even if nothing of it is ever owed. */
  wakeForRetention(): void {
    this.wakeBy(this.nowMs + PURGE_INTERVAL_MS);
  }

  /** When a delivery whose turn is now is handed over again: after its lease, or when an open breaker probes. */
  sweepAt(destination: string): number {
    const { probeAtMs } = this.breakerOf(destination);
    if (probeAtMs === null) {
      const roomAtMs = this.roomAtMs(destination);
      return this.wakeBy(roomAtMs > this.nowMs ? roomAtMs : this.nowMs + this.config.handoverLeaseMs);
    }
    this.wakeBy(Math.max(probeAtMs, this.nowMs));
    return this.nowMs;
  }

  // ---- destinations --------------------------------------------------------------------------------

  isPaused(destination: string): boolean {
    return this.#memory.paused.has(destination);
  }

  setPaused(destination: string, why: string | null): void {
    if (why === null) this.#memory.paused.delete(destination);
    else this.#memory.paused.set(destination, why);
    this.#keepDestination(destination);
  }

  breakerOf(destination: string): Breaker {
    return this.#memory.breakers.get(destination) ?? CLOSED;
  }

  /** Do references of this destination go to the queue? Not while its breaker is open: the sweep probes. */
  flows(destination: string): boolean {
    return !isOpen(this.breakerOf(destination));
  }

  /** As `flows`, and the destination's rate has room for one more soon. */
  #flowsNow(destination: string): boolean {
    return this.flows(destination) && this.roomAtMs(destination) <= this.nowMs;
  }

  setBreaker(destination: string, breaker: Breaker): void {
    if (breaker === CLOSED) this.#memory.breakers.delete(destination);
    else this.#memory.breakers.set(destination, breaker);
    this.#keepDestination(destination);
  }

  #keepDestination(destination: string): void {
    const breaker = this.#memory.breakers.get(destination);
    this.store.setDestination(
      destination,
      this.#memory.paused.get(destination) ?? null,
      breaker ? JSON.stringify(breaker) : null,
    );
  }

  /** Is this payment's failure the first of its row of failures? */
  isNewFailure({ destination, payment_id }: DeliveryRow): boolean {
    const failing = this.#memory.failing.get(destination) ?? new Set();
    this.#memory.failing.set(destination, failing);
    const isNew = !failing.has(payment_id);
    if (failing.size < BREAKER_FAILURES) failing.add(payment_id);
    return isNew;
  }

  forgetFailures(destination: string): void {
    this.#memory.failing.delete(destination);
  }

  // ---- pace ----------------------------------------------------------------------------------------

  /** The next free slot of a paced destination, taken; now where there is no rate. */
  takeSlot(destination: string): number {
    const slot = this.#nextSlotMs(destination);
    this.#memory.slots.set(destination, slot);
    return slot;
  }

  /**
   * Since or from when a delivery may wait for the destination's next slot. Who is too early takes none:
   * it would go unused, and a crowd at the door would drive everybody's slot away from everybody.
   */
  roomAtMs(destination: string): number {
    return Math.max(this.nowMs, this.#nextSlotMs(destination) - PACE_HORIZON_MS);
  }

  /** This shard's share of a release, in one step: how many, and how long the step is. */
  releaseStep(destination: string): { rows: number; stepMs: number } {
    const maxPerSecond = this.config.destinations.get(destination)?.maxPerSecond ?? null;
    const perSecond = maxPerSecond ?? DEFAULT_RELEASE_PER_SECOND;
    const share = (perSecond * RELEASE_STEP_MS) / 1000 / this.config.inboxShards;
    if (share >= 1) return { rows: Math.floor(share), stepMs: RELEASE_STEP_MS };
    // Where slots are rarer than steps they keep the rate, and a step of their length could always miss them.
    return { rows: 1, stepMs: maxPerSecond === null ? RELEASE_STEP_MS / share : RELEASE_STEP_MS };
  }

  /** A step of a release was made now. */
  released(destination: string): void {
    this.#memory.released.set(destination, this.nowMs);
  }

  /** Was one made within this long? Then the next has to wait, whoever rang the alarm. */
  releasedWithin(destination: string, stepMs: number): boolean {
    return this.nowMs - (this.#memory.released.get(destination) ?? 0) < stepMs;
  }

  #nextSlotMs(destination: string): number {
    const perSecond = this.config.destinations.get(destination)?.maxPerSecond ?? null;
    if (perSecond === null) return this.nowMs;
    const shard = Number(this.shard.split("/")[1] ?? 0);
    const pace: Pace = { perSecond: perSecond * PACE_HEADROOM_RATIO, shard, shards: this.config.inboxShards };
    return nextSlotMs(pace, this.nowMs, this.#memory.slots.get(destination) ?? null);
  }

  // ---- alerts --------------------------------------------------------------------------------------

  /** Something a person should look at: always a line in the log, and a message where one is configured. */
  alert(about: string, fields: LogFields): void {
    alert(about, { ...fields, shard: this.shard });
    // An alert about an alert that cannot be delivered would not be delivered either.
    if (!this.config.destinations.has(ALERTS) || fields.destination === ALERTS) return;
    const held = this.#memory.alerts.admit(about, fields, this.nowMs);
    if (held === null) return;
    const eventId = `alr_${crypto.randomUUID().replaceAll("-", "")}`;
    const paymentId = `alert:${eventId}`;
    const due = { state: "pending" as const, due: this.nowMs, sweepAt: this.sweepAt(ALERTS) };
    const n = this.store.insert(
      {
        eventId,
        paymentId,
        source: ALERTS,
        state: "alert",
        reason: about,
        type: "relay.alert",
        receivedAt: this.nowMs,
        fingerprint: eventId,
        contents: "{}",
        warnings: [],
        body: alertBody(about, fields, held, this.nowMs),
        callback: null,
      },
      [{ destination: ALERTS, sequence: null, status: null, refunded: null, ...due }],
    );
    this.sendIfItFlows({ payment: paymentId, n, destination: ALERTS }, eventId);
  }

  /** Refusals in a row mean a wrong address or secret rather than a bad hour: somebody should be told early. */
  noteAnswer(destination: string, status: number | null): void {
    const { inARow, alert } = countRefusal(this.#memory.refusals.get(destination) ?? 0, status);
    this.#memory.refusals.set(destination, inARow);
    if (alert) this.alert("destination_refuses", { destination, status });
  }

  // ---- probes --------------------------------------------------------------------------------------

  /** This delivery is the one that may be attempted although the breaker is open. */
  setProbe(row: DeliveryRow): void {
    this.#memory.probes.set(row.destination, claimName(row));
    this.setBreaker(row.destination, probing(this.breakerOf(row.destination), this.nowMs));
  }

  isProbe(row: DeliveryRow): boolean {
    return this.#memory.probes.get(row.destination) === claimName(row);
  }

  /** Its attempt is over, and with it its leave to pass. Was it the probe? */
  endProbe(row: DeliveryRow): boolean {
    return this.isProbe(row) && this.#memory.probes.delete(row.destination);
  }

  /** Whom the sweep looks after; what is owed to anybody else is parked. */
  served(): string[] {
    const destinations = [...this.config.destinations.keys()].filter((name) => !this.isPaused(name));
    return [...destinations, VERIFIER];
  }

  // ---- claims --------------------------------------------------------------------------------------

  isClaimed(row: DeliveryRow): boolean {
    const until = this.#memory.claimed.get(claimName(row));
    return until !== undefined && until > this.nowMs;
  }

  claimUntil(row: DeliveryRow, atMs: number): void {
    this.#memory.claimed.set(claimName(row), atMs);
  }

  /** Claims that nobody reported back on are over when their time is; this only takes them off the list. */
  forgetOldClaims(): void {
    for (const [name, until] of this.#memory.claimed) {
      if (until <= this.nowMs) this.#memory.claimed.delete(name);
    }
  }

  /** Attempts under way to a destination, in this shard. */
  inFlight(destination: string): number {
    let count = 0;
    for (const [name, until] of this.#memory.claimed) {
      if (until > this.nowMs && name.endsWith(`:${destination}`)) count += 1;
    }
    return count;
  }

  unclaim(row: DeliveryRow): void {
    this.#memory.claimed.delete(claimName(row));
  }

  // ---- the ledger ----------------------------------------------------------------------------------

  counts(): Counts {
    return readCounts(this.store.ledger());
  }

  setCounts(counts: Counts): void {
    this.store.setLedger(JSON.stringify(counts));
  }

  count(source: string, change: SourceChange): void {
    this.setCounts(countSource(this.counts(), source, change));
  }
}

/** What lives as long as the object does. */
export class Memory {
  readonly breakers = new Map<string, Breaker>();
  /** Paused destinations and why. */
  readonly paused = new Map<string, string>();
  /** Deliveries being attempted, until when: a second message about one of them is put aside. */
  readonly claimed = new Map<string, number>();
  /** By destination: the delivery its open breaker lets through next. */
  readonly probes = new Map<string, string>();
  /** By destination: the last slot given out. */
  readonly slots = new Map<string, number>();
  /** By destination: when the last step of a release was made. */
  readonly released = new Map<string, number>();
  /** By destination: payments that failed since the last success, as many as the breaker counts. */
  readonly failing = new Map<string, Set<string>>();
  /** By destination: answers in a row that were a 4xx of no use. */
  readonly refusals = new Map<string, number>();
  readonly alerts = new AlertGate();
  /** The earliest new hand-over of the work in hand. */
  wakeAtMs: number | null = null;

  /** Read back what the store keeps of it. */
  static from(store: Store): Memory {
    const memory = new Memory();
    memory.readAgain(store);
    return memory;
  }

  /** Pauses and breakers as they are on disk. */
  readAgain(store: Store): void {
    this.paused.clear();
    this.breakers.clear();
    for (const { name, paused, breaker } of store.destinations()) {
      if (paused !== null) this.paused.set(name, paused);
      if (breaker !== null) this.breakers.set(name, JSON.parse(breaker) as Breaker);
    }
  }
}

export function keyOf(row: DeliveryRow): DeliveryKey {
  return { payment: row.payment_id, n: row.n, destination: row.destination };
}

function claimName(row: DeliveryRow): string {
  return `${row.n}:${row.destination}`;
}
