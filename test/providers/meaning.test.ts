/** Words for a state, as a configuration writes them and as the tables in code hold them. */
import { describe, expect, it } from "vitest";
import { STATUSES } from "../../src/event.ts";
import { kindOf, parseMeaning, statusWords } from "../../src/providers/meaning.ts";

describe("a state as it is written", () => {
  it.each(STATUSES)("%s is of money in, and with payout. in front of money out", (status) => {
    expect(parseMeaning(status)).toEqual({ ok: true, value: { direction: "in", status } });
    expect(parseMeaning(`payout.${status}`)).toEqual({ ok: true, value: { direction: "out", status } });
  });

  it("updated leaves the state as it is, of money in or out", () => {
    expect(parseMeaning("updated")).toEqual({ ok: true, value: { direction: "in", status: null } });
    expect(parseMeaning("payout.updated")).toEqual({ ok: true, value: { direction: "out", status: null } });
  });

  it.each(["paid", "", "payout.", "payout.payout.confirmed", "Confirmed", "toString"])(
    "%j is none",
    (word) => {
      expect(parseMeaning(word).ok).toBe(false);
    },
  );
});

describe("a table of words", () => {
  it("is of money in unless it says otherwise, and knows no word but its own", () => {
    const words = statusWords({ PAID: "confirmed", NOTED: null });
    expect(words.get("PAID")).toEqual({ direction: "in", status: "confirmed" });
    expect(words.get("NOTED")).toEqual({ direction: "in", status: null });
    expect(words.get("toString")).toBeUndefined();
    expect(statusWords({ SENT: "confirmed" }, "out").get("SENT")).toEqual({
      direction: "out",
      status: "confirmed",
    });
  });

  it("makes a state, news without one, or the provider's own word", () => {
    expect(kindOf({ direction: "in", status: "confirmed" })).toBe("status");
    expect(kindOf({ direction: "in", status: null })).toBe("updated");
    expect(kindOf(null)).toBe("provider");
  });
});
