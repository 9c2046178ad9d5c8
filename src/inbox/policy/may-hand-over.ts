/**
 * The one policy of handing over: how many deliveries of a destination may be attempted or given to the
 * queue now, or when to ask again. Acceptance, sweep, lease and settlement ask this and nothing else. Pure.
 */
import { RATE_HORIZON_MS } from "../../limits.ts";
import { admits, isOpen, type Breaker } from "./breaker.ts";
import { nextSlotMs, slotPeriodMs, type Rate } from "./rate.ts";

export interface Situation {
  /** Configured without a problem, and not paused. */
  readonly served: boolean;
  readonly breaker: Breaker;
  /** null: no limit. */
  readonly rate: Rate | null;
  /** The slot given out last (epoch ms), or null. */
  readonly lastSlotMs: number | null;
  /** Attempts under way, and references on their way to one. */
  readonly inFlight: number;
  /** This shard's share of what may be in flight. */
  readonly maxInFlight: number;
  /** When the next of those in flight is given up (epoch ms), null: none is. */
  readonly roomAgainAtMs: number | null;
  /** Draining a backlog: how many a step, and when the next step may be made. null: not a backlog. */
  readonly drain: { readonly rows: number; readonly nextStepAtMs: number } | null;
}

export interface Admission {
  /** How many may go now. */
  readonly now: number;
  /** When none or no more may: when to ask again (epoch ms); null: not before something else happens. */
  readonly againAtMs: number | null;
}

const NOT_BEFORE_A_CHANGE: Admission = { now: 0, againAtMs: null };

export function mayHandOver(situation: Situation, nowMs: number): Admission {
  if (!situation.served) return NOT_BEFORE_A_CHANGE;
  const { breaker } = situation;
  if (isOpen(breaker)) {
    return admits(breaker, nowMs) ? { now: 1, againAtMs: null } : { now: 0, againAtMs: breaker.probeAtMs };
  }
  const room = situation.maxInFlight - situation.inFlight;
  if (room <= 0) return { now: 0, againAtMs: situation.roomAgainAtMs };
  const limits = [{ now: room, againAtMs: null }, byRate(situation, nowMs), byDrain(situation, nowMs)];
  return {
    now: Math.min(...limits.map(({ now }) => now)),
    againAtMs: latest(limits.map(({ againAtMs }) => againAtMs)),
  };
}

/** Slots that begin within the horizon; who is earlier waits in the Inbox rather than in the consumer. */
function byRate({ rate, lastSlotMs }: Situation, nowMs: number): Admission {
  if (rate === null) return { now: Number.POSITIVE_INFINITY, againAtMs: null };
  const slotMs = nextSlotMs(rate, nowMs, lastSlotMs);
  const period = slotPeriodMs(rate);
  const ahead = nowMs + RATE_HORIZON_MS - slotMs;
  if (ahead < 0) return { now: 0, againAtMs: slotMs - RATE_HORIZON_MS };
  const now = Math.floor(ahead / period) + 1;
  return { now, againAtMs: slotMs + now * period - RATE_HORIZON_MS };
}

function byDrain({ drain }: Situation, nowMs: number): Admission {
  if (drain === null) return { now: Number.POSITIVE_INFINITY, againAtMs: null };
  if (nowMs < drain.nextStepAtMs) return { now: 0, againAtMs: drain.nextStepAtMs };
  return { now: drain.rows, againAtMs: null };
}

function latest(times: readonly (number | null)[]): number | null {
  const known = times.filter((time) => time !== null);
  return known.length === 0 ? null : Math.max(...known);
}
