/** Values and parts of keys: what a declaration may write, and what is read where it points. */
import { describe, expect, it } from "vitest";
import {
  parsePart,
  parseValue,
  read,
  readIdentifier,
  readNetwork,
  readPart,
  readText,
  type Part,
} from "../../../src/providers/declared/values.ts";
import { JsonNumber } from "../../../src/parse/strict-json.ts";
import { contentsOf, right, value } from "./made.ts";

const A = { kind: "json", pointer: ["a"], text: "json:/a" } as const;
const B = { kind: "form", name: "b", text: "form:b" } as const;

describe("a value, as it is written", () => {
  it.each([
    ["json:/a", { places: [A], text: null }],
    ["json:/a | form:b", { places: [A, B], text: null }],
    ["text:USD", { places: [], text: "USD" }],
    ["text:", { places: [], text: "" }],
    ["json:/a | text:a b", { places: [A], text: "a b" }],
  ])("%s", (written, expected) => {
    expect(parseValue(written)).toEqual({ ok: true, value: expected });
  });

  it("has eight alternatives at most", () => {
    const places = Array.from({ length: 9 }, (_, index) => `json:/${index}`);
    expect(right(parseValue(places.slice(0, 8).join(" | "))).places).toHaveLength(8);
    expect(parseValue(places.join(" | "))).toEqual({
      ok: false,
      error: "has more than 8 alternatives: name the places where the provider has it",
    });
  });

  it.each([
    ["text:x | json:/a", "text:x is always there: put it last"],
    [
      "id",
      "id is no place: write header:<name>, json:/<pointer>, form:<name> or query:<name>, or text:<a text of your own>",
    ],
  ])("%s is refused", (written, error) => {
    expect(parseValue(written)).toEqual({ ok: false, error });
  });
});

describe("what is read", () => {
  it.each([
    ["of the first place", "json:/a | json:/b", { a: "1", b: "2" }, "1"],
    ["of the second, the first absent", "json:/a | json:/b", { b: "2" }, "2"],
    ["of the second, the first null", "json:/a | json:/b", { a: null, b: "2" }, "2"],
    ["of the second, the first empty", "json:/a | json:/b", { a: "", b: "2" }, "2"],
    ["of a place with false", "json:/a | json:/b", { a: false, b: "2" }, false],
    ["of no place, but a text", "json:/a | text:none", { a: "" }, "none"],
    ["of a place before the text", "json:/a | text:none", { a: "1" }, "1"],
    ["of no place", "json:/a | json:/b", { a: "" }, undefined],
  ])("%s", (_, written, body, expected) => {
    expect(read(value(written), contentsOf(body))).toBe(expected);
  });

  it("of a value that is not declared is nothing", () => {
    const contents = contentsOf({ a: "1" });
    expect(read(null, contents)).toBeUndefined();
    expect(readText(null, contents)).toBeNull();
    expect(readIdentifier(null, contents)).toEqual({ id: null });
    expect(readNetwork(null, contents)).toBeNull();
  });

  it("of a number is its source text", () => {
    const contents = contentsOf('{"a":1.50}');
    expect(read(value("json:/a"), contents)).toEqual(new JsonNumber("1.50"));
    expect(readText(value("json:/a"), contents)).toBe("1.50");
  });

  it.each([[true], [["1"]], [{ b: "1" }]])("of %j is no text", (a) => {
    expect(readText(value("json:/a"), contentsOf({ a }))).toBeNull();
  });

  it("of headers, a form and a query is what they say", () => {
    const contents = contentsOf("{}", {
      headers: new Map([["x-id", "h"]]),
      form: new Map([["id", "f"]]),
      query: new Map([["id", "q"]]),
    });
    const texts = ["header:X-Id", "form:id", "query:id"].map((place) => readText(value(place), contents));
    expect(texts).toEqual(["h", "f", "q"]);
  });
});

describe("an identifier", () => {
  it.each([
    ["a text", { a: "A-1" }, { id: "A-1" }],
    ["a whole number", '{"a":12}', { id: "12" }],
    ["not there", {}, { id: null }],
    ["empty", { a: "" }, { id: null }],
    ["no whole number", '{"a":1.0}', "unreadable"],
    ["an object", { a: {} }, "unreadable"],
    ["a text of two lines", { a: "x\ny" }, "unreadable"],
  ])("that is %s", (_, body, expected) => {
    expect(readIdentifier(value("json:/a"), contentsOf(body))).toEqual(expected);
  });
});

describe("a network", () => {
  it.each([
    ["ERC20", "ethereum"],
    ["Own-Chain", "own-chain"],
    ["two words", null],
    [{}, null],
    [undefined, null],
  ])("%j is %j", (a, expected) => {
    expect(readNetwork(value("json:/a"), contentsOf({ a }))).toBe(expected);
  });
});

describe("a part of a key, as it is written", () => {
  const of = (as: "amount" | "ticker" | "txid" | null, optional: boolean) => ({
    kind: "value",
    value: { places: [A], text: null },
    as,
    optional,
  });

  it.each([
    ["state", { kind: "state" }],
    ["json:/a", of(null, false)],
    ["json:/a?", of(null, true)],
    ["amount(json:/a)", of("amount", false)],
    ["ticker(json:/a)", of("ticker", false)],
    ["txid(json:/a)?", of("txid", true)],
  ])("%s", (written, expected) => {
    expect(parsePart(written)).toEqual({ ok: true, value: expected });
  });

  it.each(["my-amount(json:/a)", "amount(json:/a).x", "amount()", "AMOUNT(json:/a)", "state?", ""])(
    "%j is refused",
    (written) => {
      const parsed = parsePart(written);
      expect(parsed.ok ? parsed.value : parsed.error).toMatch(
        /is no place: .*; a part of a key is such a place, amount\(…\), ticker\(…\), txid\(…\) or state$/,
      );
    },
  );
});

describe("what stands for a part", () => {
  const part = (written: string) => right(parsePart(written)) as Extract<Part, { kind: "value" }>;

  it.each([
    ["an identifier as it was sent", "json:/a", { a: "0.50" }, { part: "0.50" }],
    ["a number's source text", "json:/a", '{"a":7}', { part: "7" }],
    ["an amount by value", "amount(json:/a)", '{"a":0.50}', { part: "0.5" }],
    ["an amount that is none, as it was sent", "amount(json:/a)", { a: "much" }, { part: "much" }],
    ["a ticker without its chain", "ticker(json:/a)", { a: "usdt.trc20" }, { part: "USDT" }],
    ["a transaction id without case", "txid(json:/a)", { a: "0xAB" }, { part: "0xab" }],
    ["nothing where it may be missing", "json:/a?", {}, { part: null }],
    ["nothing where an amount may be missing", "amount(json:/a)?", {}, { part: null }],
    ["nothing where a ticker may be missing", "ticker(json:/a)?", { a: "" }, { part: null }],
    ["an amount that may be missing and is not", "amount(json:/a)?", { a: "1.0" }, { part: "1" }],
    ["what must be there", "json:/a", {}, "missing"],
    ["an amount that must be there", "amount(json:/a)", { a: null }, "missing"],
    ["what is no identifier", "json:/a", { a: ["x"] }, "unreadable"],
    ["what is no identifier and may be missing", "txid(json:/a)?", { a: ["x"] }, "unreadable"],
  ])("%s", (_, written, body, expected) => {
    expect(readPart(part(written), contentsOf(body))).toEqual(expected);
  });
});
