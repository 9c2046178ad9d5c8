/** How fast a backlog is drained: after a pause or an outage. Pure. */
import { DEFAULT_DRAIN_PER_SECOND, DRAIN_STEP_MS } from "../../limits.ts";

/**
 * One shard's share of one step: how many rows, and how long the step is (ms).
 *
 * @param maxPerSecond the destination's rate over all shards, or null
 */
export function drainStep(maxPerSecond: number | null, shards: number): { rows: number; stepMs: number } {
  const share = ((maxPerSecond ?? DEFAULT_DRAIN_PER_SECOND) * DRAIN_STEP_MS) / 1000 / shards;
  if (share >= 1) return { rows: Math.floor(share), stepMs: DRAIN_STEP_MS };
  // Where slots are rarer than steps they keep the rate, and a step of their length could always miss them.
  return { rows: 1, stepMs: maxPerSecond === null ? DRAIN_STEP_MS / share : DRAIN_STEP_MS };
}
