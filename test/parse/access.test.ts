import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MAX_IDENTIFIER_CHARS } from "../../src/limits.ts";
import {
  asIdentifier,
  asIdentifierOrInteger,
  asNumberToken,
  asObject,
  asText,
  identifiers,
  member,
  statusWord,
} from "../../src/parse/access.ts";
import { JsonNumber, type JsonValue } from "../../src/parse/strict-json.ts";

const number = (token: string) => new JsonNumber(token);
const object = new Map<string, JsonValue>([
  ["a", "text"],
  ["none", null],
]);

describe("member", () => {
  it("reads a member, and undefined where there is none", () => {
    expect(member(object, "a")).toBe("text");
    expect(member(object, "none")).toBeNull();
    expect(member(object, "b")).toBeUndefined();
    expect(member(null, "a")).toBeUndefined();
    expect(member(undefined, "a")).toBeUndefined();
  });

  it.each(["constructor", "toString", "size", "get", "__proto__"])(
    "does not find %s on the Map itself",
    (key) => {
      expect(member(object, key)).toBeUndefined();
    },
  );
});

describe("types", () => {
  const values: [string, JsonValue | undefined][] = [
    ["undefined", undefined],
    ["null", null],
    ["true", true],
    ["a string", "5"],
    ["a number", number("5")],
    ["an array", ["5"]],
    ["an object", object],
  ];

  it.each(values)("reads %s as its own type only", (name, value) => {
    expect(asObject(value)).toBe(name === "an object" ? value : null);
    expect(asNumberToken(value)).toBe(name === "a number" ? "5" : null);
    expect(asText(value)).toBe(name === "a string" ? "5" : null);
    expect(asIdentifier(value)).toBe(name === "a string" ? "5" : null);
    expect(asIdentifierOrInteger(value)).toBe(name === "a string" || name === "a number" ? "5" : null);
  });

  it("reads an empty string as text", () => {
    expect(asText("")).toBe("");
  });
});

describe("asIdentifier", () => {
  it.each(["evt_123", "0x52e5", " ", "ключ", "\ud83d\ude00", "x".repeat(MAX_IDENTIFIER_CHARS)])(
    "accepts %j",
    (text) => {
      expect(asIdentifier(text)).toBe(text);
    },
  );

  it.each([
    ["an empty string", ""],
    ["one character too many", "x".repeat(MAX_IDENTIFIER_CHARS + 1)],
    ["a lone high surrogate", "a\ud800"],
    ["a lone low surrogate", "\udc00a"],
    ["a NUL", "a\u0000"],
    ["a line feed", "a\nb"],
    ["an escape character", "\u001b[31m"],
    ["DEL", "a\u007f"],
    ["a C1 control", "a\u0085"],
  ])("refuses %s", (_, text) => {
    expect(asIdentifier(text)).toBeNull();
  });

  it("keeps the two Unicode forms of a name apart", () => {
    expect(asIdentifier("\u00e9")).not.toBe(asIdentifier("e\u0301"));
  });

  it("returns the text as it is, or nothing, and then it survives UTF-8", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const id = asIdentifier(text);
        if (id === null) return;
        expect(id).toBe(text);
        expect(
          new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(new TextEncoder().encode(id)),
        ).toBe(id);
      }),
    );
  });
});

describe("asIdentifierOrInteger", () => {
  it.each(["0", "95", "848151", "9007199254740991"])("accepts the number %s as its text", (token) => {
    expect(asIdentifierOrInteger(number(token))).toBe(token);
  });

  it.each(["-1", "-0", "1.0", "1e3", "9007199254740992", "10000000000000000", "9".repeat(1_000)])(
    "refuses the number %.20s",
    (token) => {
      expect(asIdentifierOrInteger(number(token))).toBeNull();
    },
  );

  it("holds strings to the rules of identifiers, not of numbers", () => {
    expect(asIdentifierOrInteger("007")).toBe("007");
    expect(asIdentifierOrInteger("")).toBeNull();
  });

  it("accepts exactly the integers a float holds", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 55n }), (n) => {
        const expected = n <= BigInt(Number.MAX_SAFE_INTEGER) ? String(n) : null;
        expect(asIdentifierOrInteger(number(String(n)))).toBe(expected);
      }),
    );
  });
});

describe("identifiers", () => {
  const of = (values: Record<string, JsonValue>) => identifiers((name) => values[name], ["a", "b"]);

  it.each([[{}], [{ a: null }], [{ a: "" }]])("what is absent in %j is null", (values) => {
    expect(of(values)).toEqual({ ok: true, value: { a: null, b: null } });
  });

  it("reads texts and integers", () => {
    expect(of({ a: "007", b: number("7") })).toEqual({ ok: true, value: { a: "007", b: "7" } });
  });

  it.each<JsonValue>(["\ud800", "a\u0000", "a".repeat(257), number("1.5"), true, [], new Map()])(
    "what is there and is none fails by its name",
    (value) => {
      expect(of({ a: "x", b: value })).toEqual({ ok: false, error: "b" });
    },
  );
});

describe("statusWord", () => {
  it.each<[JsonValue | undefined, string | null]>([
    [undefined, null],
    [null, null],
    ["SUCCESS", "SUCCESS"],
    [number("1"), "1"],
    [number("1.0"), "1.0"],
    ["", "unreadable"],
    [true, "unreadable"],
    [[], "unreadable"],
    ["a\n", "unreadable"],
    [number("1".repeat(1_000)), "unreadable"],
  ])("of %j is %j", (value, word) => {
    expect(statusWord(value)).toBe(word);
  });
});
