/** The retry schedule as a table: fourteen retries over about six days, later by jitter, never earlier. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { nextDelaySeconds } from "../../../src/inbox/policy/schedule.ts";
import { DEFAULT_SCHEDULE_SECONDS, MAX_RETRY_AFTER_SECONDS } from "../../../src/limits.ts";

const MINUTE = 60;
const HOUR = 3_600;
const DAY = 86_400;
const ALMOST_ONE = 1 - Number.EPSILON;
const delay = (attempts: number, asked: number | null = null, random = 0) =>
  nextDelaySeconds(DEFAULT_SCHEDULE_SECONDS, attempts, asked, random);

describe("the default schedule", () => {
  it.each([
    [1, 5],
    [2, 30],
    [3, 2 * MINUTE],
    [4, 10 * MINUTE],
    [5, 30 * MINUTE],
    [6, HOUR],
    [7, 3 * HOUR],
    [8, 6 * HOUR],
    [9, 12 * HOUR],
    [10, DAY],
    [11, DAY],
    [12, DAY],
    [13, DAY],
    [14, DAY],
  ])("after attempt %i: %i s, and up to a tenth more", (attempts, seconds) => {
    expect(delay(attempts)).toBe(seconds);
    expect(delay(attempts, null, 0.5)).toBeCloseTo(seconds * 1.05);
    expect(delay(attempts, null, ALMOST_ONE)).toBeLessThanOrEqual(seconds * 1.1);
  });

  it("ends after the fifteenth attempt, whatever the receiver asks for", () => {
    expect(delay(15)).toBeNull();
    expect(delay(15, 60)).toBeNull();
    expect(delay(1_000)).toBeNull();
  });

  it("spans about six days, well within the fourteen a queue keeps a message", () => {
    const days = DEFAULT_SCHEDULE_SECONDS.reduce((sum, seconds) => sum + seconds, 0) / DAY;
    expect(days).toBeGreaterThan(5.9);
    expect(days * 1.1).toBeLessThan(7);
  });
});

describe("what the receiver asks for", () => {
  it.each([
    ["less than the schedule changes nothing", 4, 5, 10 * MINUTE],
    ["more than the schedule is waited for", 1, 90, 90],
    ["nothing is nothing", 1, 0, 5],
    ["more than a day is a day", 1, 10 * DAY, MAX_RETRY_AFTER_SECONDS],
  ])("%s", (_, attempts, asked, seconds) => {
    expect(delay(attempts, asked)).toBe(seconds);
  });
});

it("an empty schedule means one attempt", () => {
  expect(nextDelaySeconds([], 1, 60, 0)).toBeNull();
});

it("is never earlier than the table and never later than a tenth above it, or a day", () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 0, max: DAY, noNaN: true }), { minLength: 1, maxLength: 50 }),
      fc.nat(49),
      fc.option(fc.nat(1_000_000)),
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      (schedule, index, asked, random) => {
        const seconds = nextDelaySeconds(schedule, index + 1, asked, random);
        const scheduled = schedule[index];
        if (scheduled === undefined) return seconds === null;
        if (seconds === null) return false;
        const hint = Math.min(asked ?? 0, DAY);
        return seconds >= scheduled && seconds >= hint && seconds <= Math.max(scheduled * 1.1, hint);
      },
    ),
  );
});
