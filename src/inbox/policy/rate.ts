/**
 * A destination's rate over all shards without a word between them: time is cut into slots of
 * 1/rate, and slot k belongs to shard k mod N. So the sum never exceeds the rate, at the price that one
 * shard alone never reaches it. Pure.
 */

export interface Rate {
  /** Requests per second over all shards. */
  readonly perSecond: number;
  readonly shard: number;
  readonly shards: number;
}

/** Milliseconds between two slots of the same shard. */
export function slotPeriodMs({ perSecond, shards }: Rate): number {
  return (shards * 1000) / perSecond;
}

/**
 * The shard's first free slot at or after now.
 *
 * @param lastMs the slot given out last, or null
 */
export function nextSlotMs(rate: Rate, nowMs: number, lastMs: number | null): number {
  const period = slotPeriodMs(rate);
  const offset = (rate.shard * 1000) / rate.perSecond;
  const earliest = lastMs === null ? nowMs : Math.max(nowMs, lastMs + period / 2);
  return Math.ceil((earliest - offset) / period) * period + offset;
}
