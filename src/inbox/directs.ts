/**
 * First attempts under way from the Worker that delivered the acceptance: each is open in its event's row
 * until it is settled, and nobody else's until its lease ends. Rebuilt from those rows by every new life of
 * the object.
 */
import type { Direct, EventHead } from "./store/rows.ts";

interface OpenEvent {
  readonly payment: string;
  /** Epoch ms. */
  readonly receivedAtMs: number;
  /** By destination: when its lease ends (epoch ms). */
  readonly untilMs: Map<string, number>;
  /** What its row says of its first attempts. */
  attempts: Direct;
}

export interface OpenDirect {
  readonly n: number;
  readonly destination: string;
  /** When its lease ends (epoch ms). */
  readonly untilMs: number;
}

export class Directs {
  readonly #open = new Map<number, OpenEvent>();

  /** @param leaseEndOf when a lease given at this instant for this destination ends (epoch ms) */
  load(events: readonly EventHead[], leaseEndOf: (destination: string, fromMs: number) => number): void {
    this.#open.clear();
    for (const { n, payment_id, received_at, direct } of events) {
      if (direct === null) continue;
      const attempts = JSON.parse(direct) as Direct;
      for (const [destination, attempt] of Object.entries(attempts))
        if (attempt === null)
          this.open(
            { n, payment: payment_id, receivedAtMs: received_at, attempts },
            destination,
            leaseEndOf(destination, received_at),
          );
    }
  }

  /** @param event with all that its row says of its first attempts */
  open(
    event: { n: number; payment: string; receivedAtMs: number; attempts: Direct },
    destination: string,
    untilMs: number,
  ): void {
    const { n, payment, receivedAtMs, attempts } = event;
    const open = this.#open.get(n) ?? { payment, receivedAtMs, untilMs: new Map(), attempts };
    open.untilMs.set(destination, untilMs);
    this.#open.set(n, open);
  }

  /** What the row of event `n` says, if one of its first attempts is open. */
  attemptsOf(n: number): Direct | undefined {
    return this.#open.get(n)?.attempts;
  }

  /** When event `n` was received (epoch ms), if one of its first attempts is open. */
  receivedAtMsOf(n: number): number | undefined {
    return this.#open.get(n)?.receivedAtMs;
  }

  /** The row of event `n` says something else now. */
  noteAttempts(n: number, attempts: Direct): void {
    const open = this.#open.get(n);
    if (open) open.attempts = attempts;
  }

  isOpen(n: number, destination: string): boolean {
    return this.#open.get(n)?.untilMs.has(destination) ?? false;
  }

  /** Is a first attempt of this payment (before event `n`, if given) under way to the destination? */
  holds(payment: string, destination: string, beforeN = Number.POSITIVE_INFINITY): boolean {
    for (const [n, event] of this.#open)
      if (n < beforeN && event.payment === payment && event.untilMs.has(destination)) return true;
    return false;
  }

  /** Is any first attempt of event `n` under way? */
  opensOf(n: number): boolean {
    return this.#open.has(n);
  }

  /** How many are under way to a destination. */
  countTo(destination: string): number {
    let count = 0;
    for (const { untilMs } of this.#open.values()) if (untilMs.has(destination)) count += 1;
    return count;
  }

  close(n: number, destination: string): void {
    const event = this.#open.get(n);
    event?.untilMs.delete(destination);
    if (event?.untilMs.size === 0) this.#open.delete(n);
  }

  all(): OpenDirect[] {
    return [...this.#open].flatMap(([n, event]) =>
      [...event.untilMs].map(([destination, untilMs]) => ({ n, destination, untilMs })),
    );
  }

  expired(nowMs: number): OpenDirect[] {
    return this.all().filter(({ untilMs }) => untilMs <= nowMs);
  }

  /** When the next lease ends; null: none is open. */
  nextExpiryAt(): number | null {
    const times = this.all().map(({ untilMs }) => untilMs);
    return times.length === 0 ? null : Math.min(...times);
  }

  /** Numbers of events with a first attempt under way. */
  numbers(): number[] {
    return [...this.#open.keys()];
  }
}
