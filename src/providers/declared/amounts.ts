/**
 * Amounts by declaration: where the value and its currency stand, and in which unit. Text from the first byte
 * to the last; an unknown currency is never guessed to have two decimals. Pure.
 */
import type { Money } from "../../event.ts";
import { splitTicker } from "../../parse/currency.ts";
import type { Because, QuarantinedReason } from "../../reasons.ts";
import type { Contents } from "../../verify/spec/places.ts";
import { minorAmount, moneyOf, textAmount, type Exponents } from "../amounts.ts";
import { read, readNetwork, readText, type Value } from "./values.ts";

export interface DeclaredAmount {
  readonly value: Value;
  readonly currency: Value;
  readonly network: Value | null;
  readonly unit: "decimal" | "minor";
  /** Of a total given back: what it is a part of, in the same currency and unit. */
  readonly whole: Value | null;
}

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
    const money = minorAmount(token, code, exponents);
    return typeof money === "string" ? { reason: money, detail: name } : { money };
  }
  const amount = textAmount(token);
  if (typeof amount === "string") return { reason: "bad_amount", detail: name };
  const ticker = splitTicker(code);
  if (ticker === null) return { reason: "unknown_currency", detail: name };
  const chain = readNetwork(network, contents) ?? ticker.network;
  return { money: moneyOf(amount.value, ticker.currency, chain), warning: ticker.warning };
}
