/** JSON pointers: one value or none, whatever the document holds. */
import { describe, expect, it } from "vitest";
import { MAX_JSON_DEPTH, MAX_POINTER_CHARS } from "../../src/limits.ts";
import { parsePointer, valueAt } from "../../src/parse/pointer.ts";
import { parseJson } from "../../src/parse/strict-json.ts";

describe("a pointer", () => {
  it.each([
    ["/a", ["a"]],
    ["/data/0/id", ["data", "0", "id"]],
    ["/a~1b/c~0d", ["a/b", "c~d"]],
    // RFC 6901 section 4: an escaped tilde before a 1 is no slash.
    ["/~01", ["~1"]],
    ["/ /é", [" ", "é"]],
    ["/a".repeat(MAX_JSON_DEPTH), Array.from({ length: MAX_JSON_DEPTH }, () => "a")],
    [`/${"a".repeat(MAX_POINTER_CHARS - 1)}`, ["a".repeat(MAX_POINTER_CHARS - 1)]],
  ])("is read from %.20j", (text, names) => {
    expect(parsePointer(text)).toEqual(names);
  });

  it.each([
    "",
    "a",
    "ab",
    "a/b",
    "/",
    "/a/",
    "//a",
    "/a//b",
    "/~",
    "/a~",
    "/~2",
    "/a~b/c",
    "/a".repeat(MAX_JSON_DEPTH + 1),
    `/${"a".repeat(MAX_POINTER_CHARS)}`,
  ])("is none in %.20j", (text) => {
    expect(parsePointer(text)).toBeNull();
  });
});

describe("the value at a pointer", () => {
  const text = '{"a":{"b":[true,{"c":"x"}],"n":null},"size":"own","0":"zero"}';

  it.each([
    [["a", "b", "0"], true],
    [["a", "b", "1", "c"], "x"],
    [["a", "n"], null],
    [["size"], "own"],
    [["0"], "zero"],
    [["b"], undefined],
    [["a", "b", "2"], undefined],
    [["a", "b", "01"], undefined],
    [["a", "b", "1x"], undefined],
    [["a", "b", "x1"], undefined],
    [["a", "b", "-1"], undefined],
    [["a", "b", "length"], undefined],
    [["a", "n", "x"], undefined],
    [["a", "b", "0", "x"], undefined],
    [["size", "length"], undefined],
    [["size", "0"], undefined],
    [["constructor"], undefined],
  ])("%j is %j", (pointer, value) => {
    const parsed = parseJson(new TextEncoder().encode(text));
    if (!parsed.ok) throw new Error(parsed.error.reason);
    expect(valueAt(parsed.value.root, pointer)).toBe(value);
  });

  it("of many digits is found where there are as many values", () => {
    const parsed = parseJson(
      new TextEncoder().encode(`{"a":[${Array.from({ length: 101 }, (_, i) => i).join(",")}]}`),
    );
    if (!parsed.ok) throw new Error(parsed.error.reason);
    expect(valueAt(parsed.value.root, ["a", "10"])).toMatchObject({ token: "10" });
    expect(valueAt(parsed.value.root, ["a", "100"])).toMatchObject({ token: "100" });
  });
});
