/** Durations counted into buckets: what is kept of many of them, and how they are added up. */
import { HISTOGRAM_BOUNDS_MS } from "./limits.ts";

/** How many durations were up to each of `HISTOGRAM_BOUNDS_MS` and above the one before; the last: above all. */
export interface Histogram {
  readonly buckets: readonly number[];
  /** Of all durations, ms. */
  readonly sumMs: number;
}

export const NO_DURATIONS: Histogram = {
  buckets: Array.from({ length: HISTOGRAM_BOUNDS_MS.length + 1 }, () => 0),
  sumMs: 0,
};

/** With one more duration. A clock that was set back makes none negative. */
export function observed(histogram: Histogram, durationMs: number): Histogram {
  const ms = Math.max(0, durationMs);
  const found = HISTOGRAM_BOUNDS_MS.findIndex((bound) => ms <= bound);
  const at = found === -1 ? HISTOGRAM_BOUNDS_MS.length : found;
  const buckets = histogram.buckets.map((count, index) => (index === at ? count + 1 : count));
  return { buckets, sumMs: histogram.sumMs + ms };
}

/** Both together. */
export function merged(a: Histogram, b: Histogram): Histogram {
  const buckets = NO_DURATIONS.buckets.map((_, index) => (a.buckets[index] ?? 0) + (b.buckets[index] ?? 0));
  return { buckets, sumMs: a.sumMs + b.sumMs };
}

export function countOf({ buckets }: Histogram): number {
  return buckets.reduce((sum, count) => sum + count, 0);
}

/** The bound that this share of the durations does not exceed, ms; null without any, or where it is above all bounds. */
export function quantileMs(histogram: Histogram, share: number): number | null {
  const wanted = countOf(histogram) * share;
  if (wanted === 0) return null;
  let seen = 0;
  for (const [index, count] of histogram.buckets.entries()) {
    seen += count;
    if (seen >= wanted) return HISTOGRAM_BOUNDS_MS[index] ?? null;
  }
  return null;
}
