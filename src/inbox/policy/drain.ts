/** How fast a backlog is drained: after a pause, an outage, a restart. Pure. */
import { DEFAULT_DRAIN_PER_SECOND, DRAIN_STEP_MS } from "../../limits.ts";

/** A step under way. */
export interface DrainStep {
  /** Epoch ms. */
  readonly endsAtMs: number;
  /** How many rows may still be handed over in it. */
  readonly left: number;
}

/** What is left of a step, or the whole of the next one when it is over. */
export function stepAt(
  step: DrainStep | null,
  share: { readonly rows: number; readonly stepMs: number },
  nowMs: number,
): DrainStep {
  return step !== null && nowMs < step.endsAtMs ? step : { endsAtMs: nowMs + share.stepMs, left: share.rows };
}

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
