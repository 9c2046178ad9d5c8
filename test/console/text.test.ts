/** Numbers, durations, ids and bodies as people read them. */
import { describe, expect, it } from "vitest";
import { filterText } from "../../src/console/parts/filters.tsx";
import {
  agoText,
  bytesText,
  counted,
  countText,
  decimalParts,
  durationText,
  nextText,
  prettyBody,
  shortId,
} from "../../src/console/parts/text.ts";

it.each([
  [0, "0 ms"],
  [999, "999 ms"],
  [1_000, "1 s"],
  [59_999, "59 s"],
  [60_000, "1 min"],
  [3_120_000, "52 min"],
  [3_600_000, "1 h"],
  [12_000_000, "3 h 20 min"],
  [90_000_000, "1 d 1 h"],
])("%i ms is %s", (ms, text) => {
  expect(durationText(ms)).toBe(text);
});

it.each([
  ["pending", "1970-01-01T00:00:09.000Z", "next attempt"],
  ["pending", "1970-01-01T00:00:07.000Z", "the next attempt was due"],
  ["pending", null, "next attempt"],
  ["parked", "1970-01-01T00:00:07.000Z", "held back"],
])("what comes next of a %s delivery that is due at %s is said so: %s", (state, due, text) => {
  expect(nextText({ state, due }, 8_000)).toBe(text);
});

// An order without a beginning said "received since undefined".
it("says a filter in words, and nothing of what it leaves open", () => {
  expect(filterText({ state: "dead,parked", from: undefined, q: "order-4711" })).toBe(
    "state dead or parked, with the words order-4711",
  );
  expect(filterText({ from: undefined })).toBe("everything");
});

it("tells what was from what is to come", () => {
  expect(agoText(0, 8_000)).toBe("8 s ago");
  expect(agoText(8_000, 8_500)).toBe("now");
  expect(agoText(540_000, 0)).toBe("in 9 min");
});

it("groups thousands and counts one thing as one", () => {
  expect(countText(0)).toBe("0");
  expect(countText(3210)).toBe("3,210");
  expect(countText(1234567)).toBe("1,234,567");
  expect(counted(1, "delivery", "deliveries")).toBe("1 delivery");
  expect(counted(2, "delivery", "deliveries")).toBe("2 deliveries");
});

it("shortens long ids in the middle, and leaves short ones alone", () => {
  expect(shortId("evt_982ceaaaf590b0184256f17970e5eeab")).toBe("evt_982cea…eeab");
  expect(shortId("order-4711")).toBe("order-4711");
});

it("never changes an amount", () => {
  for (const value of ["0.00001124", "1250.00", "-3", "0.10", "123456789012345678901234567890.5"]) {
    const { whole, fraction } = decimalParts(value);
    expect(whole + fraction).toBe(value);
  }
});

describe("a body", () => {
  it("that is JSON has line breaks, and every token as it was sent", () => {
    expect(prettyBody('{"a":1.50,"b":[1e3,"x, {y}: \\" z"],"c":{},"d":[]}')).toBe(
      '{\n  "a": 1.50,\n  "b": [\n    1e3,\n    "x, {y}: \\" z"\n  ],\n  "c": {},\n  "d": []\n}',
    );
  });

  it("that is something else stays as it is", () => {
    expect(prettyBody("merchant_id=M-1001&token=a")).toBe("merchant_id=M-1001&token=a");
    expect(prettyBody('{"id": <script>')).toBe('{"id": <script>');
  });
});

it.each([
  [0, "0 B"],
  [999, "999 B"],
  [81_920, "81.9 kB"],
  [10_000_000_000, "10 GB"],
  [12_345_678_901_234, "12345.7 GB"],
])("%i bytes are %s", (bytes, text) => {
  expect(bytesText(bytes)).toBe(text);
});
