/** Reading amounts the way every provider here needs it: exact, positive where money is claimed, never guessed. */
import type { Money, Status } from "../event.ts";
import { asNumberToken } from "../parse/access.ts";
import { minorUnitExponent } from "../parse/currency.ts";
import { compareDecimals, decimal, fromMinorUnits, isPositive } from "../parse/decimal.ts";
import type { JsonValue } from "../parse/strict-json.ts";

/** `absent` and `bad` are different mistakes: a missing amount and one that must not be believed. */
export type Amount = { readonly value: string } | "absent" | "bad";

/** A JSON number, exactly as written. Anything else that is present is bad: `"0"`, `[1]`, `true`. */
export function jsonAmount(value: JsonValue | undefined): Amount {
  if (value === undefined || value === null) return "absent";
  const token = asNumberToken(value);
  return token === null ? "bad" : textAmount(token);
}

/** A decimal in text; empty is absent. Negative amounts are never money from a provider. */
export function textAmount(token: string | undefined): Amount {
  if (token === undefined || token === "") return "absent";
  const value = decimal(token);
  return value === null || value.startsWith("-") ? "bad" : { value };
}

/** The amount of something that is said to have been paid: it must be there and above zero. */
export function paidAmount(amount: Amount): { readonly value: string } | "missing_amount" | "bad_amount" {
  if (amount === "absent") return "missing_amount";
  if (amount === "bad" || !isPositive(amount.value)) return "bad_amount";
  return amount;
}

/** Where a provider counts a currency's minor units otherwise than ISO 4217. */
export type Exponents = ReadonlyMap<string, number>;

/** Integer minor units in the currency's own exponent; an unknown currency is never guessed to have two decimals. */
export function minorAmount(
  token: string | null,
  code: string,
  exponents?: Exponents,
): Money | "bad_amount" | "unknown_currency" {
  // As it was sent: `ſek` upper-cases to SEK, and must not be it.
  if (!/^[A-Za-z]{3}$/.test(code)) return "unknown_currency";
  const exponent = exponents?.get(code.toUpperCase()) ?? minorUnitExponent(code);
  if (exponent === null) return "unknown_currency";
  const value = fromMinorUnits(token ?? "", exponent);
  return value === null ? "bad_amount" : moneyOf(value, code.toUpperCase());
}

/** A refund of the whole is another state than a refund of a part; more than was paid, or nothing, is neither. */
export function refundStatus(
  refunded: Money,
  paid: Money,
): Extract<Status, `${string}refunded`> | "bad_amount" {
  if (refunded.currency !== paid.currency || !isPositive(refunded.value)) return "bad_amount";
  const compared = compareDecimals(refunded.value, paid.value);
  if (compared > 0) return "bad_amount";
  return compared === 0 ? "refunded" : "partially_refunded";
}

/** The value, or null for what is absent; a bad amount is the caller's to refuse first. */
export function valueOf(amount: Amount): string | null {
  return typeof amount === "string" ? null : amount.value;
}

/** Money without an undefined `network`, so that it serialises as it is typed. */
export function moneyOf(value: string, currency: string, network?: string | null): Money {
  return network ? { value, currency, network } : { value, currency };
}
