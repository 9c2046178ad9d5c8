/** Canonical parts of keys (docs/events.md#identity): one text for one thing, and never one for two. */
import { describe, expect, it } from "vitest";
import { amountPart, statePart, tickerPart, txidPart } from "../../src/providers/keys.ts";
import { STATUSES } from "../../src/event.ts";

describe("the canonical part of", () => {
  it.each([
    ["usdt", "USDT"],
    ["USDT", "USDT"],
    ["USDT.TRC20", "USDT"],
    ["USDTTRC20", "USDT"],
    ["usdt_erc20", "USDT"],
    ["zzz9", "ZZZ9"],
    ["not a ticker", "not a ticker"],
    // Not in ASCII: `ſ` in capitals is `S`, and must not be it.
    ["u\u017fdt", "u\u017fdt"],
    ["", ""],
    [null, null],
  ])("the ticker %j is %j", (ticker, part) => {
    expect(tickerPart(ticker)).toBe(part);
  });

  it.each([
    ["0.50", "0.5"],
    ["0.5", "0.5"],
    ["5.000", "5"],
    ["1e3", "1000"],
    ["5e-1", "0.5"],
    ["0.123456789012345678", "0.123456789012345678"],
    ["10", "10"],
    ["x", "x"],
    ["01", "01"],
    [null, null],
  ])("the amount %j is %j", (amount, part) => {
    expect(amountPart(amount)).toBe(part);
  });

  it.each([
    ["0xAbC", "0xabc"],
    ["0XABC", "0xabc"],
    ["AbC", "AbC"],
    [" 0xAb", " 0xAb"],
    ["", ""],
    [null, null],
  ])("the transaction id %j is %j", (txid, part) => {
    expect(txidPart(txid)).toBe(part);
  });

  it("a word we do not map is no state of ours, however it is spelled", () => {
    const states = STATUSES.map((status) => statePart(status, "SUCCESS"));
    const words = STATUSES.flatMap((status) => [
      statePart(null, status),
      statePart(null, `status:${status}`),
    ]);
    expect(new Set([...states, ...words, statePart(null, null)]).size).toBe(3 * STATUSES.length + 1);
    expect(statePart("confirmed", null)).toBe(statePart("confirmed", "SUCCESS"));
    expect(statePart(null, null)).toBe(statePart(null, ""));
  });
});
