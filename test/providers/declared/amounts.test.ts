/** One declared amount: text from the first byte to the last, and never a guess. */
import { describe, expect, it } from "vitest";
import { readAmount, type DeclaredAmount } from "../../../src/providers/declared/amounts.ts";
import { contentsOf, value } from "./made.ts";

const DECIMAL: DeclaredAmount = {
  value: value("json:/value"),
  currency: value("json:/currency"),
  network: value("json:/network"),
  unit: "decimal",
  whole: null,
};
const MINOR: DeclaredAmount = { ...DECIMAL, unit: "minor" };

const amountOf = (declared: DeclaredAmount, body: object | string) =>
  readAmount("fee", declared, contentsOf(body), new Map([["ISK", 2]]));

describe("a decimal amount", () => {
  it.each([
    ["in text", { value: "10.50", currency: "eur" }, { value: "10.50", currency: "EUR" }],
    ["as a number", '{"value":1.50e1,"currency":"EUR"}', { value: "15.0", currency: "EUR" }],
    [
      "on a chain of its own place",
      { value: "1", currency: "USDT", network: "TRC20" },
      { value: "1", currency: "USDT", network: "tron" },
    ],
    [
      "on the chain of its ticker",
      { value: "1", currency: "USDT.ERC20" },
      { value: "1", currency: "USDT", network: "ethereum" },
    ],
    [
      "on the chain of its own place rather than its ticker's",
      { value: "1", currency: "USDT.ERC20", network: "TRC20" },
      { value: "1", currency: "USDT", network: "tron" },
    ],
    [
      "on the chain of its ticker where its own place names none",
      { value: "1", currency: "USDT.ERC20", network: "?" },
      { value: "1", currency: "USDT", network: "ethereum" },
    ],
  ])("%s", (_, body, money) => {
    expect(amountOf(DECIMAL, body)).toEqual({ money });
  });

  it("in a currency that no table knows is kept, with a warning", () => {
    expect(amountOf(DECIMAL, { value: "1", currency: "fakecoin" })).toEqual({
      money: { value: "1", currency: "FAKECOIN" },
      warning: "unknown_ticker",
    });
  });

  it.each([
    ["no number", { value: "ten", currency: "EUR" }, "bad_amount"],
    ["below zero", { value: "-1", currency: "EUR" }, "bad_amount"],
    ["an object", { value: {}, currency: "EUR" }, "bad_amount"],
    ["true", { value: true, currency: "EUR" }, "bad_amount"],
    ["without a currency", { value: "1" }, "unknown_currency"],
    ["in what is no ticker", { value: "1", currency: "?" }, "unknown_currency"],
  ])("that is %s is refused", (_, body, reason) => {
    expect(amountOf(DECIMAL, body)).toEqual({ reason, detail: "fee" });
  });

  it("that is declared as an empty text is refused", () => {
    const declared = { ...DECIMAL, value: value("json:/value | text:") };
    expect(amountOf(declared, { currency: "EUR" })).toEqual({ reason: "bad_amount", detail: "fee" });
  });

  it.each([[{}], [{ value: null }], [{ value: "", currency: "?" }]])("is absent in %j", (body) => {
    expect(amountOf(DECIMAL, body)).toBeNull();
  });
});

describe("an amount in minor units", () => {
  it.each([
    ["of ISO 4217", { value: "1050", currency: "eur" }, { value: "10.50", currency: "EUR" }],
    ["of the provider's own", { value: "1050", currency: "ISK" }, { value: "10.50", currency: "ISK" }],
    ["of none", { value: "1050", currency: "JPY", network: "TRC20" }, { value: "1050", currency: "JPY" }],
  ])("%s", (_, body, money) => {
    expect(amountOf(MINOR, body)).toEqual({ money });
  });

  it.each([
    ["that is none", { value: "10.50", currency: "EUR" }, "bad_amount"],
    ["that is a list", { value: [], currency: "EUR" }, "bad_amount"],
    ["of a currency without an exponent", { value: "1", currency: "XYZ" }, "unknown_currency"],
    ["without a currency", { value: "1" }, "unknown_currency"],
  ])("%s is refused", (_, body, reason) => {
    expect(amountOf(MINOR, body)).toEqual({ reason, detail: "fee" });
  });
});
