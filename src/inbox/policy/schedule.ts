/**
 * When a delivery that failed is tried again: the written table of delivery.md as a pure function.
 * Jitter spreads a crowd that failed together; it is added and never subtracted, so nothing is early.
 */
import { MAX_RETRY_AFTER_SECONDS, RETRY_JITTER_RATIO } from "../../limits.ts";

/**
 * Seconds until the next attempt, or null when there is none left and the delivery is dead.
 *
 * @param scheduleSeconds delay before retry 1, 2, …
 * @param attempts attempts made so far, at least 1
 * @param retryAfterSeconds what the receiver asked for, if it did; honoured up to 24 h, never shortens
 * @param random in [0, 1)
 */
export function nextDelaySeconds(
  scheduleSeconds: readonly number[],
  attempts: number,
  retryAfterSeconds: number | null,
  random: number,
): number | null {
  const scheduled = scheduleSeconds[attempts - 1];
  if (scheduled === undefined) return null;
  const jittered = scheduled * (1 + RETRY_JITTER_RATIO * random);
  const asked = Math.min(retryAfterSeconds ?? 0, MAX_RETRY_AFTER_SECONDS);
  return Math.max(jittered, asked);
}
