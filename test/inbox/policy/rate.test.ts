import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { nextSlotMs, slotPeriodMs } from "../../../src/inbox/policy/rate.ts";

/** When `count` deliveries start that all want to start at `nowMs`, on every shard. */
function starts(perSecond: number, shards: number, count: number, nowMs: number): number[] {
  return Array.from({ length: shards }, (_, shard) => {
    const slots: number[] = [];
    for (let i = 0; i < count; i += 1) {
      slots.push(nextSlotMs({ perSecond, shard, shards }, nowMs, slots.at(-1) ?? null));
    }
    return slots;
  }).flat();
}

describe("the pace of a destination", () => {
  it("is never faster than the rate over all shards, in any window of a second", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 200 }),
        fc.integer({ min: 1, max: 16 }),
        fc.integer({ min: 1_790_000_000_000, max: 1_790_000_100_000 }),
        (perSecond, shards, nowMs) => {
          const sorted = starts(perSecond, shards, 20, nowMs).sort((a, b) => a - b);
          for (const [index, start] of sorted.entries()) {
            const inWindow = sorted.slice(index).filter((other) => other < start + 1000 - 0.5);
            expect(inWindow.length).toBeLessThanOrEqual(perSecond);
          }
        },
      ),
      { numRuns: 50 },
    );
  });

  it("never gives a slot that has passed, nor one twice", () => {
    const pace = { perSecond: 10, shard: 3, shards: 8 };
    const first = nextSlotMs(pace, 5_000, null);
    const second = nextSlotMs(pace, 5_000, first);
    expect(first).toBeGreaterThanOrEqual(5_000);
    expect(second - first).toBeCloseTo(slotPeriodMs(pace));
    expect(nextSlotMs(pace, 60_000, second)).toBeGreaterThanOrEqual(60_000);
  });

  it.each([
    // One shard of 8 at 4 a second: a slot every two seconds, the third shard's half a second after the first's.
    [{ perSecond: 4, shard: 0, shards: 8 }, 0, null, 0],
    [{ perSecond: 4, shard: 2, shards: 8 }, 0, null, 500],
    [{ perSecond: 4, shard: 2, shards: 8 }, 501, null, 2_500],
    [{ perSecond: 4, shard: 2, shards: 8 }, 0, 500, 2_500],
    [{ perSecond: 4, shard: 2, shards: 8 }, 9_000, 500, 10_500],
  ])("%j at %i ms, the last slot at %s: %i", (rate, nowMs, lastMs, slotMs) => {
    expect(nextSlotMs(rate, nowMs, lastMs)).toBe(slotMs);
    expect(slotPeriodMs(rate)).toBe(2_000);
  });
});
