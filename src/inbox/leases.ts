/**
 * Deliveries that are somebody's until an instant. In memory only: after an eviction they are gone, which
 * costs at worst a second attempt with the same id.
 */

interface Delivery {
  readonly n: number;
  readonly destination: string;
}

export class Leases {
  /** By destination, then by event number: until when (epoch ms). */
  readonly #untilMs = new Map<string, Map<number, number>>();

  isHeld({ n, destination }: Delivery, nowMs: number): boolean {
    return (this.#untilMs.get(destination)?.get(n) ?? 0) > nowMs;
  }

  /** How many of a destination are held. */
  inFlight(destination: string, nowMs: number): number {
    let count = 0;
    for (const untilMs of this.#untilMs.get(destination)?.values() ?? []) if (untilMs > nowMs) count += 1;
    return count;
  }

  /** When the next one of a destination ends by itself; null: none is held. */
  nextEndAt(destination: string): number | null {
    const times = [...(this.#untilMs.get(destination)?.values() ?? [])];
    return times.length === 0 ? null : Math.min(...times);
  }

  hold({ n, destination }: Delivery, untilMs: number): void {
    const held = this.#untilMs.get(destination) ?? new Map<number, number>();
    held.set(n, untilMs);
    this.#untilMs.set(destination, held);
  }

  /** Answers whether there was one. */
  end({ n, destination }: Delivery): boolean {
    return this.#untilMs.get(destination)?.delete(n) ?? false;
  }

  /** One that nobody reported back on is over when its time is; this only frees its memory. */
  forgetExpired(nowMs: number): void {
    for (const held of this.#untilMs.values())
      for (const [n, untilMs] of held) if (untilMs <= nowMs) held.delete(n);
  }
}
