/**
 * What the work of one transaction has at hand: the store, the configuration, the time, and what the object
 * knows in memory. Nothing in memory must survive: whatever matters is made up again from the store.
 */
import { routingSeverity, type AlertName } from "../alert.ts";
import { ALERTS } from "../config/reserved.ts";
import type { RelayConfig } from "../config/schema.ts";
import { DAY_MS, DEFAULT_MAX_IN_FLIGHT, LEASE_GRACE_MS, RATE_HEADROOM_RATIO } from "../limits.ts";
import { alert, type LogFields } from "../log.ts";
import { AlertGate, alertBody, type Raised } from "./alerts.ts";
import { DestinationStates } from "./destination-states.ts";
import { Directs } from "./directs.ts";
import type { Change } from "./ledger.ts";
import { LedgerBook, type ShardNow } from "./ledger-book.ts";
import { Leases } from "./leases.ts";
import { drainStep } from "./policy/drain.ts";
import { mayHandOver, type Admission, type Situation } from "./policy/may-hand-over.ts";
import { CLOSED } from "./policy/breaker.ts";
import { nextSlotMs, type Rate } from "./policy/rate.ts";
import { VERIFIER, type Reference } from "./protocol.ts";
import type { DeliveryKey } from "./store/rows.ts";
import type { Store } from "./store/store.ts";

interface DrainStep {
  readonly left: number;
  readonly endsAtMs: number;
}

/** What lives as long as the object does. */
export class VolatileState {
  /** Deliveries being attempted. */
  readonly leases = new Leases();
  /** References given to the queue that nobody has come back with. */
  readonly handovers = new Leases();
  readonly directs = new Directs();
  readonly destinations: DestinationStates;
  readonly book: LedgerBook;
  readonly alerts = new AlertGate();
  /** By destination: the last slot of its rate given out (epoch ms). */
  readonly lastSlotMs = new Map<string, number>();
  /**
   * Destinations that come back from a pause or an outage, and the step of draining their backlog that is under
   * way: how many more rows it may hand over, and when it ends (epoch ms).
   */
  readonly recovering = new Map<string, DrainStep>();
  /** The earliest instant at which the work in hand wants to be looked at again. */
  wakeAtMs: number | null = null;

  constructor(store: Store) {
    this.destinations = new DestinationStates(store.destinations);
    this.book = new LedgerBook(store);
  }

  /** Makes up from the store what was lost with the last life, or with a transaction that was undone. */
  load(config: RelayConfig): void {
    this.destinations.load();
    this.directs.load(this.book.load(), (destination, fromMs) => leaseEndOf(config, destination, fromMs));
    // Their Workers outlive the object: what they have under way counts as in flight for its next life too.
    for (const direct of this.directs.all()) this.leases.hold(direct, direct.untilMs);
    this.wakeAtMs = null;
  }
}

export interface TransactionParts {
  readonly store: Store;
  readonly config: RelayConfig;
  /** The object's own name, which references carry. */
  readonly shard: string;
  readonly state: VolatileState;
  readonly nowMs: number;
}

export class Transaction {
  readonly store: Store;
  readonly config: RelayConfig;
  readonly shard: string;
  readonly nowMs: number;
  readonly leases: Leases;
  readonly directs: Directs;
  readonly destinations: DestinationStates;
  readonly book: LedgerBook;
  /** References that the queue gets once the transaction is through. */
  readonly references: Reference[] = [];
  /** Alerts that the Activity object is told of once the transaction is through. */
  readonly raised: Raised[] = [];
  readonly #state: VolatileState;

  constructor(parts: TransactionParts) {
    this.store = parts.store;
    this.config = parts.config;
    this.shard = parts.shard;
    this.nowMs = parts.nowMs;
    this.#state = parts.state;
    this.leases = parts.state.leases;
    this.directs = parts.state.directs;
    this.destinations = parts.state.destinations;
    this.book = parts.state.book;
  }

  // ---- handing over --------------------------------------------------------------------------------

  /** How many deliveries of a destination may leave now, or when to ask again. @param fromBacklog by the sweep */
  admission(destination: string, fromBacklog = false): Admission {
    return this.#admission(destination, [this.leases, this.#state.handovers], fromBacklog);
  }

  /**
   * The same for a reference that has come out of the queue: of what is in flight only attempts count. Those that
   * are still in the queue have no better claim than this one, which may have been there for longer than they.
   */
  admissionOfLease(destination: string): Admission {
    return this.#admission(destination, [this.leases], false);
  }

  #admission(destination: string, inFlightBy: readonly Leases[], fromBacklog: boolean): Admission {
    const breaker = destination === VERIFIER ? CLOSED : this.destinations.breakerOf(destination);
    const { lastSlotMs } = this.#state;
    const inFlight = inFlightBy.reduce((sum, held) => sum + held.inFlight(destination, this.nowMs), 0);
    return mayHandOver(
      {
        served: this.isServed(destination),
        breaker,
        rate: this.#rateOf(destination),
        lastSlotMs: lastSlotMs.get(destination) ?? null,
        inFlight,
        maxInFlight: this.#maxInFlightOf(destination),
        roomAgainAtMs: earliest(inFlightBy.map((held) => held.nextEndAt(destination))),
        drain: fromBacklog ? this.#drainOf(destination) : null,
      },
      this.nowMs,
    );
  }

  /** Is anything owed to the destination besides first attempts under way? */
  hasBacklog(destination: string): boolean {
    // Where not all rows are counted yet, nobody knows.
    if (this.book.isBehind) return true;
    const pending = this.book.counts.destinations[destination]?.pending ?? 0;
    return pending > this.directs.countTo(destination);
  }

  /** Configured without a problem and not paused; questions to verifiers always are. */
  isServed(destination: string): boolean {
    if (destination === VERIFIER) return true;
    return this.config.destinations.has(destination) && !this.destinations.isPaused(destination);
  }

  /** The reference leaves for the queue with the transaction; its row is swept if it does not arrive. */
  handOver(key: DeliveryKey, eventId: string): void {
    this.references.push({ shard: this.shard, ...key, event: eventId });
    this.#state.handovers.hold(key, this.nowMs + this.config.handoverTimeoutMs);
  }

  /** Somebody came back with the reference. */
  endHandover(key: DeliveryKey): void {
    this.#state.handovers.end(key);
  }

  /** Takes the destination's next slot, where it has a rate; answers when the attempt may be made (epoch ms). */
  takeSlot(destination: string): number {
    const rate = this.#rateOf(destination);
    if (rate === null) return this.nowMs;
    const slotMs = nextSlotMs(rate, this.nowMs, this.#state.lastSlotMs.get(destination) ?? null);
    this.#state.lastSlotMs.set(destination, slotMs);
    return slotMs;
  }

  /** Does somebody wait for a slot of the destination already? Whoever comes now would wait behind them. */
  isSlotAwaited(destination: string): boolean {
    return (this.#state.lastSlotMs.get(destination) ?? 0) > this.nowMs;
  }

  /** The destination is back: what has gathered for it leaves in steps, until nothing is owed to it. */
  beginRecovery(destination: string): void {
    this.#state.recovering.set(destination, { left: 0, endsAtMs: this.nowMs });
    this.wakeBy(this.nowMs);
  }

  /** So many rows of a destination's backlog were handed over now: settlements use up a step one by one. */
  noteDrained(destination: string, rows: number): void {
    const step = this.#drainStepOf(destination);
    if (step) this.#state.recovering.set(destination, { ...step, left: step.left - rows });
  }

  /** Nothing more waits for the destination: what fails or arrives from now on is no longer its backlog. */
  endRecovery(destination: string): void {
    this.#state.recovering.delete(destination);
  }

  #drainOf(destination: string): Situation["drain"] {
    const step = this.#drainStepOf(destination);
    return step && { rows: step.left, nextStepAtMs: step.left > 0 ? this.nowMs : step.endsAtMs };
  }

  /** Of a destination that recovers: the step under way, or a new one with this shard's share of its rate. */
  #drainStepOf(destination: string): DrainStep | null {
    const step = this.#state.recovering.get(destination);
    if (!step || step.endsAtMs > this.nowMs) return step ?? null;
    const maxPerSecond = this.config.destinations.get(destination)?.maxPerSecond ?? null;
    const { rows, stepMs } = drainStep(maxPerSecond, this.config.inboxShards);
    return { left: rows, endsAtMs: this.nowMs + stepMs };
  }

  /** Has the alarm run at this instant (epoch ms) at the latest; answers the instant. */
  wakeBy(atMs: number): number {
    this.#state.wakeAtMs = Math.min(this.#state.wakeAtMs ?? atMs, atMs);
    return atMs;
  }

  /** Something was written that retention has to find again, even if nothing of it is ever owed. */
  wakeForRetention(): void {
    this.wakeBy(this.nowMs + this.config.retentionDays * DAY_MS);
  }

  /** When an attempt that begins at this instant is given up (epoch ms). */
  leaseEndOf(destination: string, fromMs: number): number {
    return leaseEndOf(this.config, destination, fromMs);
  }

  /** Frees the memory of what nobody reported back on. */
  forgetExpired(): void {
    this.leases.forgetExpired(this.nowMs);
    this.#state.handovers.forgetExpired(this.nowMs);
  }

  #rateOf(destination: string): Rate | null {
    const perSecond = this.config.destinations.get(destination)?.maxPerSecond ?? null;
    if (perSecond === null) return null;
    const shard = Number(this.shard.split("/")[1] ?? 0);
    return { perSecond: perSecond * RATE_HEADROOM_RATIO, shard, shards: this.config.inboxShards };
  }

  /** Each shard may have its share under way, and one at least. */
  #maxInFlightOf(destination: string): number {
    const max = this.config.destinations.get(destination)?.maxInFlight ?? DEFAULT_MAX_IN_FLIGHT;
    return Math.max(1, Math.floor(max / this.config.inboxShards));
  }

  // ---- alerts --------------------------------------------------------------------------------------

  /**
   * Something a person should look at: always a line in the log, and a message where one is configured.
   *
   * @param merchantReference the merchant's own id of the payment it is about: for the message, and never for the log
   */
  alert(about: AlertName, fields: LogFields, merchantReference: () => string | null = () => null): void {
    // One about another shard, which the monitor found, names that one.
    alert(about, { shard: this.shard, ...fields });
    this.raised.push({ about, fields, shard: this.shard });
    const severity = routingSeverity(about, fields);
    // An alert about a channel that cannot be reached would not arrive by it either.
    const channels = [...this.config.alertChannels].flatMap(([name, severities]) =>
      severities.includes(severity) && name !== fields.destination ? [name] : [],
    );
    if (channels.length === 0) return;
    const held = this.#state.alerts.admit(about, fields, this.nowMs);
    if (held === null) return;
    const eventId = `alr_${crypto.randomUUID().replaceAll("-", "")}`;
    const payment = `alert:${eventId}`;
    const n = this.store.events.insert({
      eventId,
      paymentId: payment,
      source: ALERTS,
      state: "alert",
      reason: about,
      type: "relay.alert",
      receivedAt: this.nowMs,
      fingerprint: eventId,
      contents: "{}",
      warnings: [],
      sequence: null,
      instance: null,
      direct: null,
      released: null,
      body: alertBody(
        { about, fields, merchantReference: merchantReference(), held, atMs: this.nowMs },
        this.config,
      ),
      callback: null,
    });
    for (const destination of channels) this.owe({ payment, n, destination }, eventId);
    this.record(n, { destinations: channels.map((name) => [name, { owed: 1, pending: 1 }]) });
  }

  // ---- what is owed --------------------------------------------------------------------------------

  /** Writes a delivery whose turn is now, and hands it over if that may be. */
  owe(key: DeliveryKey, eventId: string): void {
    const sweepAt = this.#launch(key, eventId);
    this.store.deliveries.insert(key.payment, key.n, eventId, {
      destination: key.destination,
      due: this.nowMs,
      sweepAt,
    });
  }

  /** The same for a delivery that has its row: its turn is now, its schedule begins anew. */
  oweNow(key: DeliveryKey, eventId: string, replay = false): void {
    const sweepAt = this.#launch(key, eventId);
    this.store.deliveries.schedule(key, this.nowMs, sweepAt, replay);
  }

  /** Hands over if admitted; answers when the sweep is to look at it (epoch ms). */
  #launch(key: DeliveryKey, eventId: string): number {
    const { now, againAtMs } = this.admission(key.destination);
    // An open breaker is probed by the sweep, which knows how long the others have waited.
    const probes = this.destinations.isOpen(key.destination);
    if (now > 0 && !probes) {
      this.handOver(key, eventId);
      return this.wakeBy(this.nowMs + this.config.handoverTimeoutMs);
    }
    if (probes) this.wakeBy(Math.max(againAtMs ?? this.nowMs, this.nowMs));
    else if (againAtMs !== null) this.wakeBy(againAtMs);
    // Overdue from now on: the first sweep that may takes it, the longest waiting first.
    return this.nowMs;
  }

  // ---- the ledger ----------------------------------------------------------------------------------

  /** Counts a change that event `n` stands for. */
  record(n: number, change: Change): void {
    this.book.record(n, change);
  }

  /** What the ledger's snapshot has to know. */
  shardNow(): ShardNow {
    return { last: this.store.events.last(), open: this.directs.numbers() };
  }

  /** Before the transaction ends. */
  finish(): void {
    this.book.save(() => this.shardNow());
  }
}

function leaseEndOf(config: RelayConfig, destination: string, fromMs: number): number {
  return fromMs + (config.destinations.get(destination)?.timeoutMs ?? 0) + LEASE_GRACE_MS;
}

function earliest(times: readonly (number | null)[]): number | null {
  const known = times.filter((time) => time !== null);
  return known.length === 0 ? null : Math.min(...known);
}
