import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DEFAULT_TOLERANCE_SECONDS } from "../../src/limits.ts";
import { MAX_UNIX_SECONDS_DIGITS } from "../../src/parse/time.ts";
import { skewSeconds, withinTolerance } from "../../src/verify/timestamp.ts";

const NOW_S = 1_790_000_005;
const NOW_MS = NOW_S * 1_000;
const within = (t: string, nowMs = NOW_MS) => withinTolerance(t, nowMs, DEFAULT_TOLERANCE_SECONDS);

describe("withinTolerance", () => {
  it.each([
    ["now", 0, true],
    ["exactly at tolerance, old", -300, true],
    ["one second beyond it, old", -301, false],
    ["exactly at tolerance, from the future", 300, true],
    ["one second beyond it, from the future", 301, false],
  ])("judges a timestamp %s", (_, offset, expected) => {
    expect(within(String(NOW_S + offset))).toBe(expected);
  });

  it.each([0, 1, 999])("counts the clock in whole seconds (%i ms past)", (ms) => {
    expect(within(String(NOW_S - 300), NOW_MS + ms)).toBe(true);
    expect(within(String(NOW_S - 301), NOW_MS + ms)).toBe(false);
    expect(within(String(NOW_S + 300), NOW_MS + ms)).toBe(true);
    expect(within(String(NOW_S + 301), NOW_MS + ms)).toBe(false);
  });

  it.each([
    ["empty", ""],
    ["negative", `-${NOW_S}`],
    ["signed", `+${NOW_S}`],
    ["fractional", `${NOW_S}.0`],
    ["in exponent form", "179000e4"],
    ["hexadecimal", "0x6ab13b85"],
    ["padded with blanks", ` ${NOW_S}`],
    ["followed by a line feed", `${NOW_S}\n`],
    ["of other digits", "\u0661\u0667\u0669"],
    ["in milliseconds", String(NOW_MS)],
    ["zero", "0"],
    ["of 12 digits", "9".repeat(12)],
    ["beyond 2^53", "9".repeat(20)],
    ["beyond every float", "9".repeat(400)],
    ["a megabyte long", "9".repeat(1_000_000)],
  ])("refuses one that is %s", (_, t) => {
    expect(within(t)).toBe(false);
  });

  it("does not check with a tolerance of 0, but still asks for digits", () => {
    expect(withinTolerance("0", NOW_MS, 0)).toBe(true);
    expect(withinTolerance("9".repeat(400), NOW_MS, 0)).toBe(true);
    expect(withinTolerance("x", NOW_MS, 0)).toBe(false);
    expect(withinTolerance("", NOW_MS, 0)).toBe(false);
    expect(withinTolerance("x1", NOW_MS, 0)).toBe(false);
    expect(withinTolerance("1x", NOW_MS, 0)).toBe(false);
    expect(withinTolerance("1\n", NOW_MS, 0)).toBe(false);
  });

  it.each([-1, Number.NaN, Number.POSITIVE_INFINITY])("refuses under a tolerance of %d", (tolerance) => {
    expect(withinTolerance(String(NOW_S), NOW_MS, tolerance)).toBe(false);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])(
    "refuses by a clock of %d",
    (nowMs) => {
      expect(within(String(NOW_S), nowMs)).toBe(false);
    },
  );

  it("is exactly the distance in whole seconds", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -1_000, max: 1_000 }),
        fc.nat({ max: 999 }),
        fc.integer({ min: 1, max: 600 }),
        (offset, ms, tolerance) => {
          const t = String(NOW_S + offset);
          expect(withinTolerance(t, NOW_MS + ms, tolerance)).toBe(Math.abs(offset) <= tolerance);
          expect(skewSeconds(t, NOW_MS + ms)).toBe(0 - offset);
        },
      ),
    );
  });
});

describe("skewSeconds", () => {
  it("is positive for the old and negative for the future", () => {
    expect(skewSeconds(String(NOW_S - 301), NOW_MS + 999)).toBe(301);
    expect(skewSeconds(String(NOW_S + 301), NOW_MS)).toBe(-301);
    expect(skewSeconds("0", NOW_MS)).toBe(NOW_S);
    expect(skewSeconds("9".repeat(MAX_UNIX_SECONDS_DIGITS), 0)).toBe(-(10 ** MAX_UNIX_SECONDS_DIGITS - 1));
  });

  it.each(["", "x", "-1", "1x", "x1", "1\n", "9".repeat(12), String(NOW_MS)])("is null for %j", (t) => {
    expect(skewSeconds(t, NOW_MS)).toBeNull();
  });

  it("is null by an unreal clock", () => {
    expect(skewSeconds("1", Number.NaN)).toBeNull();
  });
});
