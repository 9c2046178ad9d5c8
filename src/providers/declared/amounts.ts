/**
 * Amounts by declaration: where the value and its currency stand, and in which unit. Text from the first byte
 * to the last; an unknown currency is never guessed to have two decimals. Pure.
 */
import type { Money } from "../../event.ts";
import { minorUnitExponent, networkOf, splitTicker } from "../../parse/currency.ts";
import { fromMinorUnits } from "../../parse/decimal.ts";
import type { Because, QuarantinedReason } from "../../reasons.ts";
import type { Contents } from "../../verify/spec/places.ts";
import { moneyOf, textAmount } from "../amounts.ts";
import { read, readText, type Value } from "./values.ts";

export interface DeclaredAmount {
  readonly value: Value;
  readonly currency: Value;
  readonly network: Value | null;
  readonly unit: "decimal" | "minor";
}

/** Where a provider counts a currency's minor units otherwise than ISO 4217. */
export type Exponents = ReadonlyMap<string, number>;

export interface ReadAmount {
  readonly money: Money;
  readonly warning?: "unknown_ticker" | undefined;
}

/** The amount, null when it is absent, or why the callback cannot be used. */
export function readAmount(
  name: string,
  { value, currency, network, unit }: DeclaredAmount,
  contents: Contents,
  exponents: Exponents,
): ReadAmount | null | Because<QuarantinedReason> {
  const token = readText(value, contents);
  if (token === null) {
    return read(value, contents) === undefined ? null : { reason: "bad_amount", detail: name };
  }
  const code = readText(currency, contents) ?? "";
  if (unit === "minor") {
    // As it was sent: `ſek` upper-cases to SEK, and must not be it.
    const exponent = exponents.get(code.toUpperCase()) ?? minorUnitExponent(code);
    if (exponent === null || !/^[A-Za-z]{3}$/.test(code)) return { reason: "unknown_currency", detail: name };
    const decimal = fromMinorUnits(token, exponent);
    if (decimal === null) return { reason: "bad_amount", detail: name };
    return { money: moneyOf(decimal, code.toUpperCase()) };
  }
  const amount = textAmount(token);
  if (amount === "absent" || amount === "bad") return { reason: "bad_amount", detail: name };
  const ticker = splitTicker(code);
  if (ticker === null) return { reason: "unknown_currency", detail: name };
  const chain = readText(network, contents);
  return {
    money: moneyOf(
      amount.value,
      ticker.currency,
      (chain === null ? null : networkOf(chain)) ?? ticker.network,
    ),
    warning: ticker.warning,
  };
}
