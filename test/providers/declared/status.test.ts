/** The word for a state: where it stands, how several make one, and what it means. */
import { describe, expect, it } from "vitest";
import { meaningOf, wordOf, type StatusTable } from "../../../src/providers/declared/status.ts";
import type { Meaning } from "../../../src/providers/meaning.ts";
import { contentsOf, value } from "./made.ts";

const PENDING: Meaning = { direction: "in", status: "pending" };
const FAILED: Meaning = { direction: "out", status: "failed" };

function table(at: readonly string[], absent: StatusTable["absent"] = null): StatusTable {
  const words = new Map([
    ["waiting", PENDING],
    ["PAID:false", FAILED],
  ]);
  return { at: at.map(value), words, absent, warnings: new Map() };
}

describe("the word", () => {
  it.each([
    ["of one place, as sent", ["json:/a"], { a: " Paid" }, " Paid"],
    ["that is a number, by its source text", ["json:/a"], '{"a":1.0}', "1.0"],
    ["that is no identifier", ["json:/a"], { a: { b: 1 } }, "unreadable"],
    ["of no place that has one", ["json:/a"], {}, null],
    ["of an empty place", ["json:/a"], { a: "" }, null],
    ["of two places", ["json:/a", "json:/b"], { a: "PAID", b: "false" }, "PAID:false"],
    ["of two places, the first without one", ["json:/a", "json:/b"], { b: "false" }, ":false"],
    ["of two places, the second without one", ["json:/a", "json:/b"], { a: "PAID" }, "PAID:"],
    ["of two places without one", ["json:/a", "json:/b"], { a: "", b: null }, null],
  ])("%s", (_, at, body, word) => {
    expect(wordOf(table(at), contentsOf(body))).toBe(word);
  });
});

describe("the meaning", () => {
  it("of a word is that of the table", () => {
    expect(meaningOf(table([]), "waiting")).toBe(PENDING);
    expect(meaningOf(table([]), "PAID:false")).toBe(FAILED);
  });

  it.each(["Waiting", "", "toString"])("of the word %j, which is in no table, is none", (word) => {
    expect(meaningOf(table([], PENDING), word)).toBeNull();
  });

  it("of no word is what the declaration says it is", () => {
    expect(meaningOf(table([], FAILED), null)).toBe(FAILED);
    expect(meaningOf(table([]), null)).toBeNull();
  });
});
