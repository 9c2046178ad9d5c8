/** The breaker as a table: closed until ten failures in a row, then one probe at ever longer intervals. */
import { describe, expect, it } from "vitest";
import {
  admits,
  CLOSED,
  failed,
  isOpen,
  probeFailed,
  probing,
  succeeded,
  type Breaker,
} from "../../../src/inbox/policy/breaker.ts";
import { BREAKER_FAILURES } from "../../../src/limits.ts";

const T = 1_000_000;
const SECOND = 1_000;

function failedTimes(times: number, nowMs = T, from: Breaker = CLOSED): Breaker {
  let breaker = from;
  for (let i = 0; i < times; i += 1) breaker = failed(breaker, nowMs);
  return breaker;
}

describe("closed", () => {
  it("admits everything up to the ninth failure in a row", () => {
    const breaker = failedTimes(BREAKER_FAILURES - 1);
    expect(isOpen(breaker)).toBe(false);
    expect(admits(breaker, T)).toBe(true);
    expect(probing(breaker, T)).toBe(breaker);
  });

  it("counts from the beginning after a success", () => {
    expect(isOpen(failedTimes(BREAKER_FAILURES - 1, T, succeeded()))).toBe(false);
    expect(failedTimes(BREAKER_FAILURES - 1)).not.toEqual(CLOSED);
    expect(succeeded()).toEqual(CLOSED);
  });
});

describe("open", () => {
  const open = failedTimes(BREAKER_FAILURES);

  it("opens at the tenth and admits nothing for thirty seconds", () => {
    expect(isOpen(open)).toBe(true);
    expect(admits(open, T)).toBe(false);
    expect(admits(open, T + 30 * SECOND - 1)).toBe(false);
    expect(admits(open, T + 30 * SECOND)).toBe(true);
  });

  it("admits one probe at a time, also if it never reports back", () => {
    const at = T + 30 * SECOND;
    const probed = probing(open, at);
    expect(admits(probed, at)).toBe(false);
    expect(admits(probed, at + 30 * SECOND)).toBe(true);
  });

  it("doubles the interval with every probe that fails, up to five minutes", () => {
    let breaker = open;
    let now = T;
    const intervals: number[] = [];
    for (let i = 0; i < 7; i += 1) {
      const at = breaker.probeAtMs ?? 0;
      intervals.push((at - now) / SECOND);
      now = at;
      breaker = probeFailed(probing(breaker, now), now);
    }
    expect(intervals).toEqual([30, 60, 120, 240, 300, 300, 300]);
    expect(breaker.failures).toBe(open.failures + 7);
  });

  it("does not overflow in an outage that lasts for ever", () => {
    let breaker = open;
    for (let i = 0; i < 5_000; i += 1) breaker = probeFailed(breaker, T);
    expect((breaker.probeAtMs ?? 0) - T).toBe(300 * SECOND);
  });

  it("does not count attempts that were under way when it opened", () => {
    expect(failedTimes(50, T + 1, open)).toBe(open);
  });

  it("takes a probe that fails after it has closed for an ordinary failure", () => {
    expect(probeFailed(CLOSED, T)).toEqual(failedTimes(1));
  });

  it("closes with the first success", () => {
    expect(isOpen(succeeded())).toBe(false);
    expect(admits(succeeded(), T)).toBe(true);
  });

  it("survives being kept as JSON", () => {
    const kept = JSON.parse(JSON.stringify(open)) as Breaker;
    expect(kept).toEqual(open);
    expect(admits(kept, T)).toBe(false);
  });
});
