/**
 * The circuit breaker of one destination in one shard: a receiver that fails again and again is asked
 * seldom, so that ten thousand waiting events cost it few requests. Pure; the Inbox keeps the state.
 *
 * Closed until ten payments have failed in a row; then open, with one probe per interval (30 s, doubling to
 * 5 min); closed by the first success (delivery.md).
 */
import { BREAKER_FAILURES, BREAKER_MAX_PROBE_MS, BREAKER_PROBE_MS } from "../../limits.ts";

export interface Breaker {
  /** Failures in a row. */
  readonly failures: number;
  /** Epoch ms of the next probe while open; null while closed. */
  readonly probeAtMs: number | null;
  /** Probes that failed in a row since it opened. */
  readonly probes: number;
}

export const CLOSED: Breaker = { failures: 0, probeAtMs: null, probes: 0 };

export function isOpen(breaker: Breaker): boolean {
  return breaker.probeAtMs !== null;
}

/** May a delivery be attempted now? While open: one, when the probe is due. */
export function admits(breaker: Breaker, nowMs: number): boolean {
  return breaker.probeAtMs === null || nowMs >= breaker.probeAtMs;
}

/** A probe has been let through: the next one waits its turn even if this one never reports back. */
export function probing(breaker: Breaker, nowMs: number): Breaker {
  return breaker.probeAtMs === null ? breaker : { ...breaker, probeAtMs: nowMs + probeIntervalMs(breaker) };
}

export function succeeded(): Breaker {
  return CLOSED;
}

/** An ordinary attempt failed, of a payment that had not yet failed since the last success. While open it was under way before and says nothing new: only probes do. */
export function failed(breaker: Breaker, nowMs: number): Breaker {
  if (isOpen(breaker)) return breaker;
  const failures = breaker.failures + 1;
  if (failures < BREAKER_FAILURES) return { ...breaker, failures };
  return { failures, probes: 0, probeAtMs: nowMs + probeIntervalMs({ probes: 0 }) };
}

/** The probe failed: the next one comes after twice as long. */
export function probeFailed(breaker: Breaker, nowMs: number): Breaker {
  // Resumed or closed by another attempt meanwhile: then it is a failure like any other.
  if (!isOpen(breaker)) return failed(breaker, nowMs);
  const next = { failures: breaker.failures + 1, probes: breaker.probes + 1 };
  return { ...next, probeAtMs: nowMs + probeIntervalMs(next) };
}

function probeIntervalMs({ probes }: Pick<Breaker, "probes">): number {
  return Math.min(BREAKER_PROBE_MS * 2 ** probes, BREAKER_MAX_PROBE_MS);
}
