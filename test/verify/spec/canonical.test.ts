/** JSON as other signers write it, against the writers themselves where they are at hand. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseJson } from "../../../src/parse/strict-json.ts";
import { writeJson, type JsonForm } from "../../../src/verify/spec/canonical.ts";

function written(text: string, form: JsonForm): string {
  const parsed = parseJson(new TextEncoder().encode(text));
  if (!parsed.ok) throw new Error(parsed.error.reason);
  return writeJson(parsed.value.root, form);
}

/** `JSON.stringify` of a deep copy with sorted keys, as providers' samples do it. */
function sortedByRecursion(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortedByRecursion);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, member]) => [key, sortedByRecursion(member)]));
}

/** Keys that no engine moves to the front, and that are not refused. */
const key = fc.string({ minLength: 1, maxLength: 5 }).map((text) => `k${text}`);
const tree = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.string(),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(key, tie("value"), { maxKeys: 4 }),
  ),
}));
const object = fc.dictionary(key, tree.value, { maxKeys: 5 });

describe("JSON written as its signer wrote it", () => {
  it("sorted, is what a recursive sort and JSON.stringify give", () => {
    fc.assert(
      fc.property(object, (value) => {
        expect(written(JSON.stringify(value), { kind: "sorted" })).toBe(
          JSON.stringify(sortedByRecursion(value)),
        );
      }),
    );
  });

  it("sorted at the top level, is what JSON.stringify with a list of keys gives", () => {
    fc.assert(
      fc.property(object, (value) => {
        const list = Object.keys(value).toSorted((a, b) => (a < b ? -1 : 1));
        expect(written(JSON.stringify(value), { kind: "sorted-top-level" })).toBe(
          JSON.stringify(value, list),
        );
      }),
    );
  });

  it("without a member, keeps the order of the others", () => {
    expect(written('{ "b": 1, "sign": "x", "a": [true, null] }', { kind: "without", member: "sign" })).toBe(
      '{"b":1,"a":[true,null]}',
    );
  });

  it("leaves a member of that name alone inside others", () => {
    expect(written('{"a":{"sign":1},"sign":2}', { kind: "without", member: "sign" })).toBe(
      '{"a":{"sign":1}}',
    );
  });

  it.each(["0.10", "1e-8", "1.0E-5", "100000000000000000001", "-0"])(
    "keeps the number %s as it was sent",
    (token) => {
      expect(written(`{"n": ${token}}`, { kind: "sorted" })).toBe(`{"n":${token}}`);
    },
  );

  it("keeps keys that look like numbers where they stood", () => {
    expect(written('{"b":1,"2":2,"1":3}', { kind: "without", member: "sign" })).toBe('{"b":1,"2":2,"1":3}');
  });

  // What PHP 8.2's json_encode gives for these, by its documented flags.
  it.each([
    ["https://x/é", false, String.raw`"https:\/\/x\/\u00e9"`],
    ["https://x/é", true, String.raw`"https:\/\/x\/é"`],
    ["\u20bf \ud83d\ude00", false, String.raw`"\u20bf \ud83d\ude00"`],
    ["a\u2028b", true, String.raw`"a\u2028b"`],
    ['"\\\b\f\n\r\t\u0001', false, String.raw`"\"\\\b\f\n\r\t\u0001"`],
  ])("writes %j as PHP does (unescaped Unicode: %s)", (text, unicode, expected) => {
    const form: JsonForm = { kind: "php-without", member: "sign", unicode };
    expect(written(JSON.stringify({ v: text, sign: "" }), form)).toBe(`{"v":${expected}}`);
  });
});
