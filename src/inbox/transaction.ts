/**
 * What the work of one transaction has at hand: the store, the configuration, the time, and what the object
 * knows in memory. Nothing in memory must survive: pauses and breakers are read back from the store.
 */
import type { RelayConfig } from "../config/schema.ts";
import { ALERTS } from "../config/reserved.ts";
import { PURGE_INTERVAL_MS } from "../limits.ts";
import { alert, type LogFields } from "../log.ts";
import { AlertGate, alertBody } from "./alerts.ts";
import { DestinationStates } from "./destination-states.ts";
import { countSource, readCounts, type Counts, type SourceChange } from "./ledger.ts";
import { Leases } from "./leases.ts";
import type { OperatorStore } from "./operator-store.ts";
import { VERIFIER, type Reference } from "./protocol.ts";
import { RateSlots } from "./rate-slots.ts";
import type { DeliveryKey, DeliveryRow, Store } from "./store.ts";

/** What lives as long as the object does. */
export class VolatileState {
  readonly leases = new Leases();
  readonly destinations: DestinationStates;
  readonly rates = new RateSlots();
  readonly alerts = new AlertGate();
  /** The earliest instant (epoch ms) at which the work in hand wants to be looked at again. */
  wakeAtMs: number | null = null;

  constructor(store: Store) {
    this.destinations = new DestinationStates(store);
  }
}

export interface TransactionParts {
  readonly store: Store;
  readonly operatorStore: OperatorStore;
  readonly config: RelayConfig;
  /** The object's own name, which references carry. */
  readonly shard: string;
  readonly state: VolatileState;
  readonly nowMs: number;
}

export class Transaction {
  readonly store: Store;
  readonly operatorStore: OperatorStore;
  readonly config: RelayConfig;
  readonly shard: string;
  readonly nowMs: number;
  readonly leases: Leases;
  readonly destinations: DestinationStates;
  readonly rates: RateSlots;
  /** References that the queue gets once the transaction is through. */
  readonly handovers: Reference[] = [];
  readonly #state: VolatileState;

  constructor(parts: TransactionParts) {
    this.store = parts.store;
    this.operatorStore = parts.operatorStore;
    this.config = parts.config;
    this.shard = parts.shard;
    this.nowMs = parts.nowMs;
    this.#state = parts.state;
    this.leases = parts.state.leases;
    this.destinations = parts.state.destinations;
    this.rates = parts.state.rates;
  }

  // ---- handing over --------------------------------------------------------------------------------

  /** The reference leaves for the queue with the transaction; its row is swept if it does not arrive. */
  handOver(row: DeliveryKey, eventId: string): void {
    this.handovers.push({ shard: this.shard, ...row, event: eventId });
  }

  /** As `handOver`, unless its destination cannot take it soon: then the sweep does, when it can. */
  handOverIfAdmitted(row: DeliveryKey, eventId: string): void {
    const { destination } = row;
    const admitted =
      this.destinations.isAdmitting(destination) && this.rateAllowsAtMs(destination) <= this.nowMs;
    if (admitted) this.handOver(row, eventId);
  }

  /** Has the alarm run at this instant (epoch ms) at the latest; answers the instant. */
  wakeBy(atMs: number): number {
    this.#state.wakeAtMs = Math.min(this.#state.wakeAtMs ?? atMs, atMs);
    return atMs;
  }

  /** Something was written that retention has to find again, even if nothing of it is ever owed. */
  wakeForRetention(): void {
    this.wakeBy(this.nowMs + PURGE_INTERVAL_MS);
  }

  /**
   * Arms the sweep for a delivery whose turn is now, and answers when it is handed over again: after the
   * hand-over's time-out, or when an open breaker probes.
   */
  armSweep(destination: string): number {
    const { probeAtMs } = this.destinations.breakerOf(destination);
    if (probeAtMs !== null) {
      this.wakeBy(Math.max(probeAtMs, this.nowMs));
      return this.nowMs;
    }
    const allowedAtMs = this.rateAllowsAtMs(destination);
    const atMs = allowedAtMs > this.nowMs ? allowedAtMs : this.nowMs + this.config.handoverTimeoutMs;
    this.wakeBy(atMs);
    return atMs;
  }

  /** Since or from when a delivery may wait for the destination's next slot (epoch ms). */
  rateAllowsAtMs(destination: string): number {
    return this.rates.allowsAtMs(this.shard, this.config, destination, this.nowMs);
  }

  /** Destinations the sweep looks after; what is owed to any other is parked. */
  servedDestinations(): string[] {
    const names = [...this.config.destinations.keys()].filter((name) => !this.destinations.isPaused(name));
    return [...names, VERIFIER];
  }

  // ---- alerts --------------------------------------------------------------------------------------

  /** Something a person should look at: always a line in the log, and a message where one is configured. */
  alert(about: string, fields: LogFields): void {
    alert(about, { ...fields, shard: this.shard });
    // An alert about an alert that cannot be delivered would not be delivered either.
    if (!this.config.destinations.has(ALERTS) || fields.destination === ALERTS) return;
    const held = this.#state.alerts.admit(about, fields, this.nowMs);
    if (held === null) return;
    const eventId = `alr_${crypto.randomUUID().replaceAll("-", "")}`;
    const paymentId = `alert:${eventId}`;
    const due = { state: "pending" as const, due: this.nowMs, sweepAt: this.armSweep(ALERTS) };
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
    this.handOverIfAdmitted({ payment: paymentId, n, destination: ALERTS }, eventId);
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

export function keyOf(row: DeliveryRow): DeliveryKey {
  return { payment: row.payment_id, n: row.n, destination: row.destination };
}
