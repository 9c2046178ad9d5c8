/** Reports that say nearly the same. */
import { expect, it } from "vitest";
import { disagreements } from "../../bench/lib/agree.ts";

it("takes numbers for the same that differ by a few in a hundred", () => {
  expect(disagreements("| rows | 6.10 | 3,459 |", "| rows | 6.00 | 3,500 |")).toEqual([]);
  expect(disagreements("0 and 0.02", "0.03 and 0")).toEqual([]);
});

it("names what has become another number", () => {
  expect(disagreements("rows 6.1, queue 3", "rows 5.1, queue 0")).toEqual(["6.1 is now 5.1", "3 is now 0"]);
});

it("insists on the words", () => {
  expect(disagreements("rows 6.1", "rows written 6.1")).toEqual(["other words"]);
  expect(disagreements("rows 6.1", "rows 6.1 7")).toEqual(["other words"]);
});
