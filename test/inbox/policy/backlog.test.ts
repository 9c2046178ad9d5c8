/** How fast a backlog goes, and how a reference without an answer is handed over again: written tables. */
import { describe, expect, it } from "vitest";
import { drainStep } from "../../../src/inbox/policy/drain.ts";
import { nextHandoverAt } from "../../../src/inbox/policy/handover.ts";
import { DEFAULT_DRAIN_PER_SECOND, DRAIN_STEP_MS, HANDOVER_MAX_DOUBLINGS } from "../../../src/limits.ts";

describe("a step of draining", () => {
  it.each([
    // Rate over all shards, shards: rows and length of one shard's step.
    [80, 8, 10, DRAIN_STEP_MS],
    [8, 8, 1, DRAIN_STEP_MS],
    [84, 8, 10, DRAIN_STEP_MS],
    // Slots rarer than steps keep the rate by themselves.
    [4, 8, 1, DRAIN_STEP_MS],
    [null, 1, DEFAULT_DRAIN_PER_SECOND, DRAIN_STEP_MS],
    // Without a rate nothing else does.
    [null, DEFAULT_DRAIN_PER_SECOND * 4, 1, DRAIN_STEP_MS * 4],
  ])("at %s a second over %i shards is %i in %i ms", (perSecond, shards, rows, stepMs) => {
    expect(drainStep(perSecond, shards)).toEqual({ rows, stepMs });
  });
});

describe("a reference without an answer", () => {
  it.each([0, 1, 2, HANDOVER_MAX_DOUBLINGS])("waits 2^%i time-outs after as many hand-overs", (handovers) => {
    expect(nextHandoverAt(1_000, 50, handovers)).toBe(1_000 + 50 * 2 ** handovers);
  });

  it("waits no longer than that, however often it was handed over", () => {
    const longest = nextHandoverAt(1_000, 50, HANDOVER_MAX_DOUBLINGS);
    expect(nextHandoverAt(1_000, 50, HANDOVER_MAX_DOUBLINGS + 1)).toBe(longest);
    expect(nextHandoverAt(1_000, 50, 100)).toBe(longest);
  });
});
