/**
 * Deliveries being attempted, and until when each is nobody else's. In memory only: after an eviction the
 * leases are gone, which costs at worst a second attempt with the same id.
 */
import type { DeliveryRow } from "./store.ts";

type Leasable = Pick<DeliveryRow, "n" | "destination">;

export class Leases {
  readonly #untilMs = new Map<string, number>();

  isHeld(row: Leasable, nowMs: number): boolean {
    return (this.#untilMs.get(deliveryName(row)) ?? 0) > nowMs;
  }

  /** Attempts under way to a destination, in this shard. */
  inFlight(destination: string, nowMs: number): number {
    let count = 0;
    for (const [name, untilMs] of this.#untilMs) {
      if (untilMs > nowMs && name.endsWith(`:${destination}`)) count += 1;
    }
    return count;
  }

  hold(row: Leasable, untilMs: number): void {
    this.#untilMs.set(deliveryName(row), untilMs);
  }

  end(row: Leasable): void {
    this.#untilMs.delete(deliveryName(row));
  }

  /** A lease that nobody reported back on is over when its time is; this only frees its memory. */
  forgetExpired(nowMs: number): void {
    for (const [name, untilMs] of this.#untilMs) {
      if (untilMs <= nowMs) this.#untilMs.delete(name);
    }
  }
}

/** A delivery's name within its shard. */
export function deliveryName({ n, destination }: Leasable): string {
  return `${n}:${destination}`;
}
