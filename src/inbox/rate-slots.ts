/**
 * Slots of destinations with a rate limit, and steps of draining a backlog. In memory only: what is lost
 * with it is at worst one slot given out twice.
 */
import type { RelayConfig } from "../config/schema.ts";
import { DEFAULT_DRAIN_PER_SECOND, DRAIN_STEP_MS, RATE_HEADROOM_RATIO, RATE_HORIZON_MS } from "../limits.ts";
import { nextSlotMs } from "./policy/rate.ts";

export class RateSlots {
  /** By destination: the last slot given out. */
  readonly #lastSlotMs = new Map<string, number>();
  /** By destination: when the last step of draining its backlog was made. */
  readonly #drainedAtMs = new Map<string, number>();

  /** The next free slot of a rate-limited destination, taken; now where there is no rate. */
  takeSlot(shard: string, config: RelayConfig, destination: string, nowMs: number): number {
    const slotMs = this.#nextSlotMs(shard, config, destination, nowMs);
    this.#lastSlotMs.set(destination, slotMs);
    return slotMs;
  }

  /**
   * Since or from when a delivery may wait for the destination's next slot. Who is too early takes none:
   * it would go unused, and many that wait at once would keep moving each other's slots away.
   */
  allowsAtMs(shard: string, config: RelayConfig, destination: string, nowMs: number): number {
    return Math.max(nowMs, this.#nextSlotMs(shard, config, destination, nowMs) - RATE_HORIZON_MS);
  }

  #nextSlotMs(shard: string, config: RelayConfig, destination: string, nowMs: number): number {
    const perSecond = config.destinations.get(destination)?.maxPerSecond ?? null;
    if (perSecond === null) return nowMs;
    const index = Number(shard.split("/")[1] ?? 0);
    const rate = { perSecond: perSecond * RATE_HEADROOM_RATIO, shard: index, shards: config.inboxShards };
    return nextSlotMs(rate, nowMs, this.#lastSlotMs.get(destination) ?? null);
  }

  /** A step of draining was made now. */
  noteDrained(destination: string, nowMs: number): void {
    this.#drainedAtMs.set(destination, nowMs);
  }

  /** Was one made within this long? Then the next has to wait, whatever ran the alarm. */
  wasDrainedWithin(destination: string, stepMs: number, nowMs: number): boolean {
    return nowMs - (this.#drainedAtMs.get(destination) ?? 0) < stepMs;
  }
}

/** This shard's share of draining a backlog, in one step: how many rows, and how long the step is. */
export function drainStep(config: RelayConfig, destination: string): { rows: number; stepMs: number } {
  const maxPerSecond = config.destinations.get(destination)?.maxPerSecond ?? null;
  const perSecond = maxPerSecond ?? DEFAULT_DRAIN_PER_SECOND;
  const share = (perSecond * DRAIN_STEP_MS) / 1000 / config.inboxShards;
  if (share >= 1) return { rows: Math.floor(share), stepMs: DRAIN_STEP_MS };
  // Where slots are rarer than steps they keep the rate, and a step of their length could always miss them.
  return { rows: 1, stepMs: maxPerSecond === null ? DRAIN_STEP_MS / share : DRAIN_STEP_MS };
}
