/** All amounts of a callback: which of them are read in which state, and what they say of it. */
import { describe, expect, it } from "vitest";
import type { AmountName } from "../../../src/providers/declared/declaration.ts";
import { readAmounts } from "../../../src/providers/declared/stated-amounts.ts";
import type { WrittenProvider } from "../../../src/providers/declared/written.ts";
import { parseMeaning } from "../../../src/providers/meaning.ts";
import { contentsOf, declared, right } from "./made.ts";

const EUR = (value: string) => ({ value, currency: "EUR" });
const at = (name: AmountName) => ({ value: `json:/${name}`, currency: "json:/currency" });
const WHOLE = { ...at("refunded"), whole: "json:/whole" };

/** Of a callback in euro whose word means this, with these amounts declared. */
function amountsOf(meaning: string, amounts: WrittenProvider["amounts"], body: object) {
  const contents = contentsOf({ currency: "EUR", ...body });
  return readAmounts(declared({ amounts }), right(parseMeaning(meaning)), contents);
}

describe("the amounts of a payment", () => {
  it("are all that are declared and stated", () => {
    const amounts = {
      amount: at("amount"),
      requested: at("requested"),
      net: at("net"),
      converted: at("converted"),
      fee: at("fee"),
    };
    expect(
      amountsOf("confirmed", amounts, { amount: "5", requested: "6", net: "4", converted: "7" }),
    ).toEqual({
      money: { amount: EUR("5"), requested: EUR("6"), net: EUR("4"), converted: EUR("7") },
      warnings: [],
    });
  });

  it("warn of a currency once", () => {
    const amounts = { amount: at("amount"), fee: at("fee") };
    const money = { value: "1", currency: "FAKECOIN" };
    expect(amountsOf("confirmed", amounts, { currency: "FAKECOIN", amount: "1", fee: "1" })).toEqual({
      money: { amount: money, fee: money },
      warnings: ["unknown_ticker"],
    });
  });

  it.each([
    ["that is absent", {}, { reason: "missing_amount" }],
    ["of nothing", { amount: "0" }, { reason: "bad_amount", detail: "amount" }],
    ["that cannot be read", { amount: "x" }, { reason: "bad_amount", detail: "amount" }],
    ["beside a fee that cannot be read", { amount: "1", fee: "x" }, { reason: "bad_amount", detail: "fee" }],
  ])("confirm nothing by an amount %s", (_, body, refused) => {
    expect(amountsOf("confirmed", { amount: at("amount"), fee: at("fee") }, body)).toEqual(refused);
  });

  it("may be absent or zero as long as nothing is confirmed", () => {
    const amounts = { amount: at("amount") };
    expect(amountsOf("pending", amounts, {})).toEqual({ money: {}, warnings: [] });
    expect(amountsOf("pending", amounts, { amount: "0" })).toEqual({
      money: { amount: EUR("0") },
      warnings: [],
    });
  });
});

describe("what was given back", () => {
  const amounts = { amount: at("amount"), refunded: at("refunded"), refund: at("refund") };
  const body = { amount: "10", refunded: "4", refund: "3" };

  it.each(["pending", "confirmed", "updated"])("is not read of a payment that is %s", (meaning) => {
    expect(amountsOf(meaning, amounts, body)).toEqual({ money: { amount: EUR("10") }, warnings: [] });
    const unreadable = { amount: "10", refunded: "x", refund: "x" };
    expect(amountsOf(meaning, amounts, unreadable)).toEqual({ money: { amount: EUR("10") }, warnings: [] });
  });

  it("is a total where a word says that a part was", () => {
    expect(amountsOf("partially_refunded", amounts, body)).toEqual({
      money: { amount: EUR("10"), refunded: EUR("4") },
      warnings: [],
    });
  });

  it("is not asked for where none is declared", () => {
    expect(amountsOf("refunded", { amount: at("amount") }, body)).toEqual({
      money: { amount: EUR("10") },
      warnings: [],
    });
  });
});

describe("a refund", () => {
  const TOTAL = { amount: at("amount"), refunded: at("refunded") };
  const CAPTURED = { amount: at("amount"), refunded: WHOLE };
  const EACH = { amount: at("amount"), refund: at("refund") };
  const BOTH = { ...CAPTURED, refund: at("refund") };

  it.each([
    [
      "of all that was paid",
      TOTAL,
      { amount: "10", refunded: "10.0" },
      { money: { amount: EUR("10"), refunded: EUR("10.0") }, status: "refunded" },
    ],
    [
      "of a part of it",
      TOTAL,
      { amount: "10", refunded: "4" },
      { money: { amount: EUR("10"), refunded: EUR("4") }, status: "partially_refunded" },
    ],
    [
      "of all that was captured",
      CAPTURED,
      { amount: "3", refunded: "10", whole: "10" },
      { money: { amount: EUR("10"), refunded: EUR("10") }, status: "refunded" },
    ],
    [
      "that is stated by itself",
      EACH,
      { amount: "10", refund: "3" },
      { money: { refund: EUR("3") }, status: "partially_refunded" },
    ],
    [
      "by its total, where both are stated",
      BOTH,
      { amount: "10", refunded: "4", refund: "3", whole: "10" },
      { money: { amount: EUR("10"), refunded: EUR("4") }, status: "partially_refunded" },
    ],
    [
      "by itself, where the total lacks its whole",
      BOTH,
      { amount: "10", refunded: "4", refund: "3" },
      { money: { refund: EUR("3") }, status: "partially_refunded" },
    ],
  ])("%s", (_, amounts, body, expected) => {
    expect(amountsOf("refunded", amounts, body)).toEqual({ ...expected, warnings: [] });
  });

  it.each([
    ["of more than was paid", TOTAL, { amount: "10", refunded: "11" }, "bad_amount", "refunded"],
    ["of nothing", TOTAL, { amount: "10", refunded: "0" }, "bad_amount", "refunded"],
    ["without its total", TOTAL, { amount: "10" }, "missing_amount", "refunded"],
    ["without its whole", CAPTURED, { amount: "10", refunded: "10" }, "missing_amount", "refunded"],
    ["with an unreadable whole", CAPTURED, { refunded: "10", whole: "x" }, "bad_amount", "amount"],
    ["with an unreadable total", CAPTURED, { refunded: "x", whole: "10" }, "bad_amount", "refunded"],
    ["of nothing by itself", EACH, { refund: "0" }, "bad_amount", "refund"],
    ["that is stated nowhere", EACH, { amount: "10" }, "missing_amount", "refunded"],
  ])("%s is refused", (_, amounts, body, reason, detail) => {
    expect(amountsOf("refunded", amounts, body)).toEqual({ reason, detail });
  });
});
