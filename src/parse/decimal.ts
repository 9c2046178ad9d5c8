/**
 * Exact decimals as strings: what an amount is, from the provider's token to the CRM.
 *
 * Promises: never a float, never a rounding, never an exponent in the result. Only `decimal`
 * reads foreign text; everything else takes what it returned. Does no arithmetic: the relay computes
 * no money value that a provider did not send.
 */
import { MAX_DECIMAL_DIGITS, MAX_DECIMAL_EXPONENT } from "../limits.ts";

/** Digits before the point after expansion: more than any currency or token has. */
export const MAX_DECIMAL_INTEGER_DIGITS = 38;
/**
 * Digits after the point after expansion. Tokens use 18; an amount in a finer unit is kept rather
 * than cut, as far as an exponent may reach.
 */
export const MAX_DECIMAL_FRACTION_DIGITS = 30;
/** No token within the limits above is longer; keeps a megabyte of zeros away from the pattern. */
export const MAX_DECIMAL_TOKEN_CHARS = 128;

/** RFC 8259 section 6, which is also what form fields are held to. `\d` is ASCII only. */
const NUMBER = /^(-?)(0|[1-9]\d*)(?:\.(\d+))?(?:[eE]([+-]?)0*(\d{1,2}))?$/;

/**
 * The plain decimal that a JSON number token or a form field states, or null.
 *
 * `1.124e-05` gives `0.00001124`, `1e3` gives `1000`; trailing zeros stay as sent (`0.10`); zero
 * has no sign. Null for anything RFC 8259 would not call a number (`+1`, `01`, `.5`, `1.`, ` 1`,
 * `0x10`, `Infinity`, `٣`) and for anything beyond MAX_DECIMAL_DIGITS significant digits (trailing
 * zeros count), MAX_DECIMAL_EXPONENT, or the integer and fraction digits above. The
 * result matches `^-?(0|[1-9]\d*)(\.\d+)?$` and passes through `decimal` unchanged.
 */
export function decimal(token: string): string | null {
  if (token.length > MAX_DECIMAL_TOKEN_CHARS) return null;
  const match = NUMBER.exec(token);
  if (match === null) return null;
  const [, minus = "", integer = "", fraction = "", direction, power = "0"] = match;

  const digits = integer + fraction;
  if (withoutLeadingZeros(digits).length > MAX_DECIMAL_DIGITS) return null;
  if (Number(power) > MAX_DECIMAL_EXPONENT) return null;

  const point = integer.length + (direction === "-" ? -Number(power) : Number(power));
  const before = withoutLeadingZeros(digits.slice(0, Math.max(point, 0)).padEnd(point, "0"));
  const after = "0".repeat(Math.max(-point, 0)) + digits.slice(Math.max(point, 0));
  if (before.length > MAX_DECIMAL_INTEGER_DIGITS) return null;
  if (after.length > MAX_DECIMAL_FRACTION_DIGITS) return null;

  const plain = joined(before || "0", after);
  return isZero(plain) ? plain : minus + plain;
}

/** Order by value: `0.10` equals `0.1`. Both as `decimal` made them. */
export function compareDecimals(a: string, b: string): -1 | 0 | 1 {
  const aNegative = a.startsWith("-");
  const bNegative = b.startsWith("-");
  if (aNegative !== bNegative) return aNegative ? -1 : 1;
  return aNegative ? compareMagnitudes(b.slice(1), a.slice(1)) : compareMagnitudes(a, b);
}

/** Above zero. `a` as `decimal` made it. */
export function isPositive(a: string): boolean {
  return !a.startsWith("-") && !isZero(a);
}

/** One text for each value: `0.10` gives `0.1`, `5.000` gives `5`. `a` as `decimal` made it. */
export function canonicalDecimal(a: string): string {
  const [integer = "", fraction = ""] = a.split(".");
  return joined(integer, fraction.replace(/0+$/, ""));
}

/**
 * Integer minor units as a decimal with exactly `exponent` places: `2000` of a currency with two
 * gives `20.00`.
 *
 * Null when the token is not a plain non-negative integer (no sign, fraction, exponent, or leading
 * zero: `2000.0` minor units mean that the provider does not count in minor units), when the result
 * is beyond the limits of `decimal`, or when `exponent` is no whole number from 0 to
 * MAX_DECIMAL_EXPONENT.
 */
export function fromMinorUnits(token: string, exponent: number): string | null {
  if (!Number.isInteger(exponent) || exponent < 0 || exponent > MAX_DECIMAL_EXPONENT) return null;
  if (token.length > MAX_DECIMAL_DIGITS || !/^(?:0|[1-9]\d*)$/.test(token)) return null;
  const digits = token.padStart(exponent + 1, "0");
  const point = digits.length - exponent;
  return decimal(joined(digits.slice(0, point), digits.slice(point)));
}

function joined(integer: string, fraction: string): string {
  return fraction === "" ? integer : `${integer}.${fraction}`;
}

function withoutLeadingZeros(digits: string): string {
  return digits.replace(/^0+/, "");
}

function isZero(plain: string): boolean {
  return !/[1-9]/.test(plain);
}

function compareMagnitudes(a: string, b: string): -1 | 0 | 1 {
  const [aInteger = "", aFraction = ""] = a.split(".");
  const [bInteger = "", bFraction = ""] = b.split(".");
  // Without leading zeros the longer integer is the larger one.
  if (aInteger.length !== bInteger.length) return aInteger.length < bInteger.length ? -1 : 1;
  const places = Math.max(aFraction.length, bFraction.length);
  const aDigits = aInteger + aFraction.padEnd(places, "0");
  const bDigits = bInteger + bFraction.padEnd(places, "0");
  return aDigits === bDigits ? 0 : aDigits < bDigits ? -1 : 1;
}
