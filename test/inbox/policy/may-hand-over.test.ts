/** How many deliveries may leave now, and when to ask again: each limit alone, then the strictest of them. */
import { describe, expect, it } from "vitest";
import { CLOSED } from "../../../src/inbox/policy/breaker.ts";
import { mayHandOver, type Situation } from "../../../src/inbox/policy/may-hand-over.ts";
import { RATE_HORIZON_MS } from "../../../src/limits.ts";

const NOW = 1_790_000_000_000;
const OPEN = { failures: 10, probes: 0, probeAtMs: NOW + 500 };
/** One slot a second, from NOW on. */
const RATE = { perSecond: 1, shard: 0, shards: 1 };

const at = (more: Partial<Situation>) =>
  mayHandOver(
    {
      served: true,
      breaker: CLOSED,
      rate: null,
      lastSlotMs: null,
      inFlight: 0,
      maxInFlight: 8,
      roomAgainAtMs: null,
      drain: null,
      ...more,
    },
    NOW,
  );

describe("a destination", () => {
  it("that is not served gets nothing, whatever else is true, until something changes", () => {
    expect(at({ served: false })).toEqual({ now: 0, againAtMs: null });
  });

  it("with an open breaker gets nothing before the probe is due, and one from then on", () => {
    expect(at({ breaker: OPEN })).toEqual({ now: 0, againAtMs: NOW + 500 });
    expect(at({ breaker: { ...OPEN, probeAtMs: NOW } })).toEqual({ now: 1, againAtMs: null });
    expect(at({ breaker: { ...OPEN, probeAtMs: NOW - 1 } })).toEqual({ now: 1, againAtMs: null });
  });

  it("gets its probe though everything else is used up", () => {
    const probe = { ...OPEN, probeAtMs: NOW };
    expect(at({ breaker: probe, inFlight: 8, drain: { rows: 1, nextStepAtMs: NOW + 9 } }).now).toBe(1);
  });

  it("gets as many as there is room for", () => {
    expect(at({ inFlight: 3 })).toEqual({ now: 5, againAtMs: null });
    expect(at({ inFlight: 7 }).now).toBe(1);
  });

  it("without room gets nothing until one in flight is given up", () => {
    expect(at({ inFlight: 8, roomAgainAtMs: NOW + 70 })).toEqual({ now: 0, againAtMs: NOW + 70 });
    expect(at({ inFlight: 9, roomAgainAtMs: NOW + 70 })).toEqual({ now: 0, againAtMs: NOW + 70 });
    expect(at({ inFlight: 8 })).toEqual({ now: 0, againAtMs: null });
  });
});

describe("a rate", () => {
  it("lets go what has a slot within the horizon, and says when the next one has", () => {
    const slots = RATE_HORIZON_MS / 1000 + 1;
    expect(at({ rate: RATE })).toEqual({ now: slots, againAtMs: NOW + slots * 1000 - RATE_HORIZON_MS });
  });

  it("lets go the one whose slot begins at the end of the horizon, and not the one after it", () => {
    const last = NOW + RATE_HORIZON_MS - 1000;
    expect(at({ rate: RATE, lastSlotMs: last })).toEqual({ now: 1, againAtMs: NOW + 1000 });
    expect(at({ rate: RATE, lastSlotMs: last + 1000 })).toEqual({ now: 0, againAtMs: NOW + 1000 });
    expect(at({ rate: RATE, lastSlotMs: last + 5000 })).toEqual({ now: 0, againAtMs: NOW + 5000 });
  });
});

describe("a backlog", () => {
  it("is drained by steps", () => {
    expect(at({ drain: { rows: 4, nextStepAtMs: NOW } })).toEqual({ now: 4, againAtMs: null });
    expect(at({ drain: { rows: 4, nextStepAtMs: NOW - 1 } }).now).toBe(4);
    expect(at({ drain: { rows: 4, nextStepAtMs: NOW + 1 } })).toEqual({ now: 0, againAtMs: NOW + 1 });
  });
});

describe("several limits", () => {
  it("hold together: the fewest go, and the latest says when to ask again", () => {
    const drain = { rows: 2, nextStepAtMs: NOW };
    expect(at({ rate: RATE, drain })).toMatchObject({ now: 2 });
    expect(at({ inFlight: 7, rate: RATE, drain }).now).toBe(1);
    const waiting = { rows: 2, nextStepAtMs: NOW + 60_000 };
    expect(at({ rate: RATE, drain: waiting })).toEqual({ now: 0, againAtMs: NOW + 60_000 });
    const soon = { rows: 2, nextStepAtMs: NOW + 1 };
    expect(at({ rate: RATE, lastSlotMs: NOW + 5000, drain: soon }).againAtMs).toBeGreaterThan(NOW + 1);
  });
});
