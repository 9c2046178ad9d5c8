/** Medians, percentiles and ratios of the benchmark. */
import { describe, expect, it } from "vitest";
import { median, medianRatio, medians, quantile } from "../../bench/lib/stats.ts";

const upTo = (count: number) => Array.from({ length: count }, (_, index) => count - index);

describe("quantile", () => {
  it("is the value at the nearest rank, whatever the order", () => {
    expect(quantile(upTo(100), 0.5)).toBe(50);
    expect(quantile(upTo(100), 0.99)).toBe(99);
    expect(quantile(upTo(10), 0.99)).toBe(10);
    expect(quantile([3, 1, 2], 1)).toBe(3);
    expect(quantile([3, 1, 2], 0)).toBe(1);
  });

  it("sorts by value, not by text", () => {
    expect(quantile([10, 9, 100], 0.5)).toBe(10);
  });

  it("is no number where there are no values", () => {
    expect(quantile([], 0.5)).toBeNaN();
  });
});

describe("median", () => {
  it("is the middle one, or the mean of the two in the middle", () => {
    expect(median([5, 1, 3])).toBe(3);
    expect(median([5, 1, 3, 4])).toBe(3.5);
    expect(median([])).toBeNaN();
  });

  it("is taken figure by figure, over the rounds that have it", () => {
    expect(medians([{ a: 1, b: 9 }, { a: 3 }, { a: 2, b: 7 }])).toEqual({ a: 2, b: 8 });
  });
});

describe("medianRatio", () => {
  it("compares rounds made side by side, so that a slow one slows both", () => {
    const relay = [{ cpu: 20 }, { cpu: 400 }, { cpu: 22 }];
    const floor = [{ cpu: 10 }, { cpu: 200 }, { cpu: 10 }];
    expect(medianRatio(relay, floor, "cpu")).toBe(2);
  });

  it("is no number where one of the two has no such figure, or nothing to divide by", () => {
    expect(medianRatio([{ cpu: 1 }], [{}], "cpu")).toBeNaN();
    expect(medianRatio([{ cpu: 1 }], [], "cpu")).toBeNaN();
    expect(medianRatio([{ cpu: 1 }], [{ cpu: 0 }], "cpu")).toBeNaN();
  });
});
