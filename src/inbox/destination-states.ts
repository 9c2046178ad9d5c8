/**
 * What one shard knows of its destinations: pauses and circuit breakers, which are also on disk; failing
 * payments, refusals in a row and probes, which are in memory only and cost a late breaker or alert when lost.
 */
import { BREAKER_FAILURES } from "../limits.ts";
import { CLOSED, isOpen, probing, type Breaker } from "./policy/breaker.ts";
import { countRefusal } from "./policy/refusals.ts";
import type { Destinations } from "./store/destinations.ts";
import type { DeliveryRow } from "./store/rows.ts";

export class DestinationStates {
  readonly #store: Destinations;
  /** Paused destinations and why. */
  readonly #paused = new Map<string, string>();
  readonly #breakers = new Map<string, Breaker>();
  /** By destination: payments that failed since the last success, as many as the breaker counts. */
  readonly #failingPayments = new Map<string, Set<string>>();
  /** By destination: answers in a row that were a 4xx of no use. */
  readonly #refusals = new Map<string, number>();
  /** By destination: the event number of the delivery its open breaker lets through next. */
  readonly #probes = new Map<string, number>();

  constructor(store: Destinations) {
    this.#store = store;
  }

  /** Pauses and breakers as they are on disk. */
  load(): void {
    this.#paused.clear();
    this.#breakers.clear();
    for (const { name, paused, breaker } of this.#store.all()) {
      if (paused !== null) this.#paused.set(name, paused);
      if (breaker !== null) this.#breakers.set(name, JSON.parse(breaker) as Breaker);
    }
  }

  isPaused(destination: string): boolean {
    return this.#paused.has(destination);
  }

  setPaused(destination: string, why: string): void {
    this.#paused.set(destination, why);
    this.#write(destination);
  }

  /** Neither paused nor held back by its breaker any more: one row for both. */
  setServed(destination: string): void {
    this.#paused.delete(destination);
    this.#breakers.delete(destination);
    this.#write(destination);
  }

  breakerOf(destination: string): Breaker {
    return this.#breakers.get(destination) ?? CLOSED;
  }

  setBreaker(destination: string, breaker: Breaker): void {
    if (breaker === CLOSED) this.#breakers.delete(destination);
    else this.#breakers.set(destination, breaker);
    this.#write(destination);
  }

  #write(destination: string): void {
    const breaker = this.#breakers.get(destination);
    this.#store.put(
      destination,
      this.#paused.get(destination) ?? null,
      breaker ? JSON.stringify(breaker) : null,
    );
  }

  /** True if this payment had not failed since the destination's last success. */
  addFailingPayment({ destination, payment_id }: DeliveryRow): boolean {
    const failing = this.#failingPayments.get(destination) ?? new Set();
    this.#failingPayments.set(destination, failing);
    const isNew = !failing.has(payment_id);
    if (failing.size < BREAKER_FAILURES) failing.add(payment_id);
    return isNew;
  }

  clearFailingPayments(destination: string): void {
    this.#failingPayments.delete(destination);
  }

  /** True when refusals in a row have become worth an alert. */
  countAnswer(destination: string, status: number | null): boolean {
    const { inARow, alert } = countRefusal(this.#refusals.get(destination) ?? 0, status);
    this.#refusals.set(destination, inARow);
    return alert;
  }

  /** This delivery is the one that may be attempted although the breaker is open. */
  setProbe({ destination, n }: DeliveryRow, nowMs: number): void {
    this.#probes.set(destination, n);
    this.setBreaker(destination, probing(this.breakerOf(destination), nowMs));
  }

  isProbe({ destination, n }: Pick<DeliveryRow, "destination" | "n">): boolean {
    return this.#probes.get(destination) === n;
  }

  /** Its attempt is over, and with it its leave to pass. Was it the probe? */
  endProbe(row: Pick<DeliveryRow, "destination" | "n">): boolean {
    return this.isProbe(row) && this.#probes.delete(row.destination);
  }

  isOpen(destination: string): boolean {
    return isOpen(this.breakerOf(destination));
  }
}
