/** Amounts: exact, positive where money is claimed, and of no currency but the one that was named. */
import { describe, expect, it } from "vitest";
import { minorAmount, paidAmount, refundStatus, textAmount, valueOf } from "../../src/providers/amounts.ts";

describe("an amount in text", () => {
  it.each([
    ["1.50", { value: "1.50" }],
    ["0", { value: "0" }],
    ["", "absent"],
    ["-1", "bad"],
    ["-0.5", "bad"],
    ["x", "bad"],
    ["1,5", "bad"],
  ])("%j is %j", (text, amount) => {
    expect(textAmount(text)).toEqual(amount);
  });

  it("that is not there is absent", () => {
    expect(textAmount(undefined)).toBe("absent");
    expect(valueOf("absent")).toBeNull();
  });

  it("is paid only above zero", () => {
    expect(paidAmount({ value: "0.01" })).toEqual({ value: "0.01" });
    expect(paidAmount({ value: "0.00" })).toBe("bad_amount");
    expect(paidAmount("bad")).toBe("bad_amount");
    expect(paidAmount("absent")).toBe("missing_amount");
  });
});

describe("an amount in minor units", () => {
  /** A provider's own table may name what ISO 4217 does not: it is asked for three letters all the same. */
  const OWN = new Map([
    ["SEK", 3],
    ["USDT", 6],
    ["1SEK", 2],
    ["", 2],
  ]);

  it.each([
    ["1999", "usd", { value: "19.99", currency: "USD" }],
    ["1999", "JPY", { value: "1999", currency: "JPY" }],
    ["1999", "sek", { value: "1.999", currency: "SEK" }],
    ["19.5", "usd", "bad_amount"],
    [null, "usd", "bad_amount"],
    ["1999", "zzz", "unknown_currency"],
    // In capitals it is SEK, and must not be it.
    ["1999", "\u017fek", "unknown_currency"],
    ["1999", "usdt", "unknown_currency"],
    ["1999", "1sek", "unknown_currency"],
    ["1999", "", "unknown_currency"],
  ])("%j of %j is %j", (token, code, money) => {
    expect(minorAmount(token, code, OWN)).toEqual(money);
  });
});

describe("a refund", () => {
  const money = (value: string, currency = "USD") => ({ value, currency });

  it.each([
    ["20.00", "refunded"],
    ["20", "refunded"],
    ["19.99", "partially_refunded"],
    ["20.01", "bad_amount"],
    ["0", "bad_amount"],
  ])("of %s of 20.00 is %s", (refunded, status) => {
    expect(refundStatus(money(refunded), money("20.00"))).toBe(status);
  });

  it("in another currency is none", () => {
    expect(refundStatus(money("20", "EUR"), money("20"))).toBe("bad_amount");
  });
});
