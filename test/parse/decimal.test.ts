import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MAX_DECIMAL_DIGITS, MAX_DECIMAL_EXPONENT } from "../../src/limits.ts";
import { decimalString } from "../../src/event.ts";
import {
  canonicalDecimal,
  compareDecimals,
  decimal,
  fromMinorUnits,
  isPositive,
  MAX_DECIMAL_FRACTION_DIGITS,
  MAX_DECIMAL_INTEGER_DIGITS,
} from "../../src/parse/decimal.ts";

/** The value times 10^100, by another algorithm than the code under test: exact for every token below. */
function scaled(token: string): bigint {
  const [coefficient = "", exponent = "0"] = token.toLowerCase().split("e");
  const [integer = "", fraction = ""] = coefficient.replace("-", "").split(".");
  const magnitude = BigInt(integer + fraction) * 10n ** BigInt(100 + Number(exponent) - fraction.length);
  return coefficient.startsWith("-") ? -magnitude : magnitude;
}

const tokens = fc
  .record({
    minus: fc.constantFrom("", "-"),
    integer: fc.stringMatching(/^(0|[1-9][0-9]{0,24})$/),
    fraction: fc.stringMatching(/^(\.[0-9]{1,20})?$/),
    exponent: fc.option(
      fc.tuple(
        fc.constantFrom("e", "E"),
        fc.constantFrom("", "+", "-"),
        fc.constantFrom("", "0"),
        fc.nat({ max: 32 }).map(String),
      ),
      { nil: [] },
    ),
  })
  .map(({ minus, integer, fraction, exponent }) => minus + integer + fraction + exponent.join(""));

const decimals = tokens.map(decimal).filter((plain) => plain !== null);

describe("decimal", () => {
  it.each([
    ["0", "0"],
    ["7", "7"],
    ["100", "100"],
    ["0.10", "0.10"],
    ["0.0098", "0.0098"],
    ["0.123456789012345678", "0.123456789012345678"],
    ["1.124e-05", "0.00001124"],
    ["1e3", "1000"],
    ["1E+3", "1000"],
    ["1.5e1", "15"],
    ["1.50e1", "15.0"],
    ["12.34e1", "123.4"],
    ["0.5e1", "5"],
    ["0.05e1", "0.5"],
    ["1e0", "1"],
    ["1e-000005", "0.00001"],
    [`1e${"0".repeat(125)}1`, "10"],
    ["120e-1", "12.0"],
    ["-1", "-1"],
    ["-0.5", "-0.5"],
    ["-0", "0"],
    ["-0.00", "0.00"],
    ["-0e5", "0"],
    ["0e5", "0"],
    ["0.0e1", "0"],
    ["0e-3", "0.000"],
    ["9007199254740993", "9007199254740993"],
    ["1e30", `1${"0".repeat(30)}`],
    ["1e-30", `0.${"0".repeat(29)}1`],
    ["9".repeat(38), "9".repeat(38)],
    [`0.${"1".repeat(30)}`, `0.${"1".repeat(30)}`],
    ["1234567890.123456789012345678901234567890", "1234567890.123456789012345678901234567890"],
  ])("reads %s as %s", (token, plain) => {
    expect(decimal(token)).toBe(plain);
  });

  it.each([
    "",
    " ",
    " 1",
    "1 ",
    "1\n",
    "+1",
    "--1",
    "-",
    "01",
    "-01",
    "00",
    ".5",
    "-.5",
    "1.",
    "1..2",
    "1.2.3",
    "0x10",
    "0b1",
    "1_000",
    "1,5",
    "1'000",
    "Infinity",
    "-Infinity",
    "NaN",
    "null",
    "true",
    "1e",
    "e1",
    "1e+",
    "1e1.5",
    "1e 1",
    "1ee1",
    "٣",
    "１",
    "1٣",
    "½",
    "1n",
    "$1",
    "1\u0000",
    "\u22121",
  ])("refuses %j", (token) => {
    expect(decimal(token)).toBeNull();
  });

  it.each([
    ["more significant digits than allowed", `1.${"0".repeat(MAX_DECIMAL_DIGITS)}`],
    ["one significant digit too many", `12345678901.${"1".repeat(30)}`],
    ["an exponent above the limit", `1e${MAX_DECIMAL_EXPONENT + 1}`],
    ["an exponent below the limit", `1e-${MAX_DECIMAL_EXPONENT + 1}`],
    ["an overflowing number", "1e400"],
    ["an exponent that is an attack", "1e999999999"],
    ["an exponent of a megabyte", `1e${"9".repeat(1_000_000)}`],
    ["a longer token than any number needs", `1e${"0".repeat(126)}1`],
    ["zero with an exponent that is an attack", "0e999999999"],
    ["more integer digits than a CRM holds", "9".repeat(MAX_DECIMAL_INTEGER_DIGITS + 1)],
    ["more integer digits after expansion", "123456789e30"],
    ["more fraction digits after expansion", "1.5e-30"],
    ["more fraction digits as sent", `0.${"0".repeat(MAX_DECIMAL_FRACTION_DIGITS)}1`],
    ["a megabyte of digits", "9".repeat(1_000_000)],
    ["a megabyte of zeros", `0.${"0".repeat(1_000_000)}1`],
  ])("refuses %s", (_, token) => {
    expect(decimal(token)).toBeNull();
  });

  it("keeps the value exactly, in the form of payment-event.v1", () => {
    fc.assert(
      fc.property(tokens, (token) => {
        const plain = decimal(token);
        if (plain === null) return;
        expect(plain).toMatch(/^-?(0|[1-9]\d*)(\.\d+)?$/);
        expect(decimalString.safeParse(plain).success).toBe(true);
        expect(scaled(plain)).toBe(scaled(token));
        expect(decimal(plain)).toBe(plain);
      }),
      { numRuns: 1_000 },
    );
  });

  it("keeps a plain token as it was sent", () => {
    const plainTokens = fc.stringMatching(/^(0|[1-9][0-9]{0,17})(\.[0-9]{1,18})?$/);
    fc.assert(
      fc.property(plainTokens, (token) => {
        expect(decimal(token)).toBe(token);
      }),
    );
  });

  it("refuses within the limits only what JSON does not call a number", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(..."0123.eE+- x"), maxLength: 12 }), (token) => {
        const isNumber = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/.test(token);
        if (!isNumber) expect(decimal(token)).toBeNull();
        const exponent = /[eE][+-]?(\d+)$/.exec(token)?.[1] ?? "0";
        if (isNumber && Number(exponent) < 20) expect(decimal(token)).not.toBeNull();
      }),
      { numRuns: 1_000 },
    );
  });
});

describe("compareDecimals", () => {
  it.each([
    ["1", "1.00", 0],
    ["0.10", "0.1", 0],
    ["0", "0.000", 0],
    ["9", "10", -1],
    ["0.9", "0.10", 1],
    ["-1", "1", -1],
    ["-2", "-1", -1],
    ["-0.1", "0", -1],
    ["100000000000000000000.1", "100000000000000000000.10000001", -1],
  ] as const)("puts %s and %s in order", (a, b, order) => {
    expect(compareDecimals(a, b)).toBe(order);
    expect(compareDecimals(b, a)).toBe(order === 0 ? 0 : -order);
  });

  it("orders by value", () => {
    fc.assert(
      fc.property(decimals, decimals, (a, b) => {
        const difference = scaled(a) - scaled(b);
        expect(compareDecimals(a, b)).toBe(difference === 0n ? 0 : difference < 0n ? -1 : 1);
      }),
    );
  });
});

describe("isPositive", () => {
  it("is true above zero only", () => {
    fc.assert(
      fc.property(decimals, (a) => {
        expect(isPositive(a)).toBe(scaled(a) > 0n);
      }),
    );
  });

  it.each(["0", "0.00", "-1", "-0.01"])("is false for %s", (a) => {
    expect(isPositive(a)).toBe(false);
  });
});

describe("canonicalDecimal", () => {
  it.each([
    ["0.10", "0.1"],
    ["5.000", "5"],
    ["100", "100"],
    ["0.0", "0"],
    ["-1.50", "-1.5"],
  ])("writes %s as %s", (a, canonical) => {
    expect(canonicalDecimal(a)).toBe(canonical);
  });

  it("is equal exactly when the values are", () => {
    fc.assert(
      fc.property(decimals, decimals, (a, b) => {
        expect(scaled(canonicalDecimal(a))).toBe(scaled(a));
        expect(canonicalDecimal(a) === canonicalDecimal(b)).toBe(scaled(a) === scaled(b));
      }),
    );
  });
});

describe("fromMinorUnits", () => {
  it.each([
    ["2000", 2, "20.00"],
    ["2000", 0, "2000"],
    ["2000", 3, "2.000"],
    ["5", 2, "0.05"],
    ["0", 2, "0.00"],
    ["0", 0, "0"],
    ["12", 4, "0.0012"],
    ["9007199254740993", 2, "90071992547409.93"],
    ["9".repeat(40), 2, `${"9".repeat(38)}.99`],
    ["5", 30, `0.${"0".repeat(29)}5`],
  ])("reads %s with %i places as %s", (token, exponent, plain) => {
    expect(fromMinorUnits(token, exponent)).toBe(plain);
  });

  it.each([
    "",
    "-5",
    "+5",
    "20.0",
    "2e3",
    "05",
    "00",
    " 5",
    "5 ",
    "0x5",
    "٣",
    "NaN",
    "9".repeat(41),
    "9".repeat(1_000_000),
  ])("refuses the token %.20j", (token) => {
    expect(fromMinorUnits(token, 2)).toBeNull();
  });

  it.each([-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 31])("refuses %d places", (exponent) => {
    expect(fromMinorUnits("5", exponent)).toBeNull();
  });

  it("only moves the point", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10n ** 30n }), fc.nat({ max: 18 }), (units, exponent) => {
        const plain = fromMinorUnits(String(units), exponent) ?? "";
        expect(scaled(plain)).toBe(scaled(`${units}e-${exponent}`));
        expect(plain.split(".")[1] ?? "").toHaveLength(exponent);
      }),
    );
  });
});
