import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MAX_JSON_DEPTH, MAX_JSON_KEYS, MAX_JSON_VALUES, MAX_POINTER_CHARS } from "../../src/limits.ts";
import {
  canonicalJson,
  JsonNumber,
  type JsonDocument,
  type JsonValue,
  parseJson,
} from "../../src/parse/strict-json.ts";

const utf8 = (text: string) => new TextEncoder().encode(text);
const parse = (text: string) => parseJson(utf8(text));
const report = (text: string) => parseJson(utf8(text), { duplicates: "report" });

function accepted(result: ReturnType<typeof parseJson>): JsonDocument {
  if (!result.ok) throw new Error(`refused: ${JSON.stringify(result.error)}`);
  return result.value;
}

/** What `JSON.parse` would have made of it, floats and all: for comparison only. */
function plain(value: JsonValue): unknown {
  if (value instanceof JsonNumber) return Number(value.token);
  if (value instanceof Map) {
    return Object.fromEntries([...value].map(([key, member]) => [key, plain(member)]));
  }
  return Array.isArray(value) ? value.map(plain) : value;
}

function stockParser(text: string): { readonly value: unknown } | null {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return null;
  }
}

/** Our parser and the stock one side by side; ours may refuse more, but only for a stated reason. */
function agrees(given: string): void {
  // A lone surrogate would be repaired on its way to bytes, and the two parsers see two texts.
  const text = given.toWellFormed();
  const ours = parse(text);
  const theirs = stockParser(text);
  if (ours.ok) {
    expect(theirs).not.toBeNull();
    expect(plain(ours.value.root)).toEqual(theirs?.value);
    return;
  }
  if (theirs === null) return;
  const isObject = typeof theirs.value === "object" && theirs.value !== null && !Array.isArray(theirs.value);
  if (ours.error.reason === "not_an_object") expect(isObject).toBe(false);
  else expect(["duplicate_key", "forbidden_key"]).toContain(ours.error.reason);
}

describe("parseJson", () => {
  it.each([
    ["an empty body", ""],
    ["white space alone", " \n"],
    ["a trailing comma in an object", '{"a":1,}'],
    ["a trailing comma in an array", '{"a":[1,]}'],
    ["a leading comma", '{,"a":1}'],
    ["a missing comma", '{"a":1 "b":2}'],
    ["a missing colon", '{"a" 1}'],
    ["a missing value", '{"a":}'],
    ["an object left open", '{"a":1'],
    ["an array left open", '{"a":[1'],
    ["a string left open", '{"a":"b'],
    ["a string that ends in its escape", '{"a":"\\'],
    ["a bracket closed by a brace", '{"a":[1}'],
    ["a second document", "{}{}"],
    ["text after the document", "{} x"],
    ["a comment", "{/**/}"],
    ["single quotes", "{'a':1}"],
    ["a key without quotes", "{a:1}"],
    ["a number as a key", "{1:1}"],
    ["a leading zero", '{"a":01}'],
    ["a negative leading zero", '{"a":-01}'],
    ["a plus sign", '{"a":+1}'],
    ["a minus alone", '{"a":-}'],
    ["a point without digits before it", '{"a":.5}'],
    ["a point without digits after it", '{"a":1.}'],
    ["an exponent without digits", '{"a":1e}'],
    ["an exponent with a sign alone", '{"a":1e+}'],
    ["hexadecimal", '{"a":0x10}'],
    ["NaN", '{"a":NaN}'],
    ["Infinity", '{"a":-Infinity}'],
    ["non-ASCII digits", '{"a":\u0663}'],
    ["a word in capitals", '{"a":True}'],
    ["half a word", '{"a":tru}'],
    ["a word too long", '{"a":nullx}'],
    ["an unknown escape", '{"a":"\\x41"}'],
    ["a short unicode escape", '{"a":"\\u12"}'],
    ["a unicode escape that is no hex", '{"a":"\\u12g4"}'],
    ["a unicode escape with a sign", '{"a":"\\u+123"}'],
    ["a raw line feed in a string", '{"a":"\n"}'],
    ["a raw NUL in a string", '{"a":"\u0000"}'],
    ["a raw tab in a key", '{"\t":1}'],
    ["a no-break space as white space", '{\u00a0"a":1}'],
    ["a vertical tab as white space", '{\u000b"a":1}'],
    ["a line separator as white space", '\u2028{"a":1}'],
    ["iqpay's printed sample", "{\n'status': 200,\n'currency': 'BTC'\n}"],
  ])("refuses %s as json", (_, text) => {
    expect(stockParser(text)).toBeNull();
    expect(parse(text)).toEqual({ ok: false, error: { reason: "json" } });
  });

  it.each(["[]", '[{"a":1}]', '"a"', "1", "-0.5e3", "true", "false", "null", " [ ] "])(
    "refuses %s as not_an_object",
    (text) => {
      expect(parse(text)).toEqual({ ok: false, error: { reason: "not_an_object" } });
    },
  );

  it.each([
    ["a byte order mark", [0xef, 0xbb, 0xbf, 0x7b, 0x7d]],
    ["invalid UTF-8 in a string", [0x7b, 0x22, 0x61, 0x22, 0x3a, 0x22, 0xff, 0x22, 0x7d]],
  ])("refuses %s as encoding", (_, bytes) => {
    expect(parseJson(Uint8Array.from(bytes))).toEqual({ ok: false, error: { reason: "encoding" } });
  });

  it.each([
    ['{"token":"a","token":"a"}', "/token"],
    ['{"token":"a","tok\\u0065n":"b"}', "/token"],
    ['{"data":{"object":{"amount":1,"amount":2}}}', "/data/object/amount"],
    ['{"list":[0,{"a":1,"a":2}]}', "/list/1/a"],
    ['{"a/b~":{"x":1,"x":2}}', "/a~1b~0/x"],
    ['{"":1,"":2}', "/"],
  ])("refuses %s as a duplicate key %s", (text, detail) => {
    expect(parse(text)).toEqual({ ok: false, error: { reason: "duplicate_key", detail } });
  });

  it("does not take the same key of two objects for a duplicate", () => {
    expect(parse('{"a":{"id":1},"b":{"id":2},"id":3}').ok).toBe(true);
  });

  it("does not take two Unicode forms of a key for a duplicate", () => {
    expect(parse('{"\u00e9":1,"e\u0301":2}').ok).toBe(true);
  });

  it.each([
    '{"__proto__":{"status":"SUCCESS"}}',
    '{"a":[{"__proto__":1}]}',
    '{"\\u005f_proto__":1}',
    '{"__prot\\u006f__":null}',
  ])("refuses %s as a forbidden key", (text) => {
    expect(parse(text)).toEqual({ ok: false, error: { reason: "forbidden_key" } });
    expect(report(text)).toEqual({ ok: false, error: { reason: "forbidden_key" } });
  });

  it("holds keys that would meet a prototype in an object", () => {
    const { root } = accepted(parse('{"constructor":"a","toString":"b"}'));
    expect([...root]).toEqual([
      ["constructor", "a"],
      ["toString", "b"],
    ]);
    expect(root.get("hasOwnProperty")).toBeUndefined();
  });

  it.each([
    ["0.123456789012345678"],
    ["1e400"],
    ["0.10"],
    ["-0"],
    ["9007199254740993"],
    ["1.124e-05"],
    ["1E+2"],
  ])("keeps the number %s as its source text", (token) => {
    const { root } = accepted(parse(`{"a":${token} }`));
    expect(root.get("a")).toEqual(new JsonNumber(token));
  });

  it("unescapes strings", () => {
    const { root } = accepted(parse('{"a":"\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\uD83D\\ude00x"}'));
    expect(root.get("a")).toBe('"\\/\b\f\n\r\t\u00e9\ud83d\ude00x');
  });

  it("leaves lone surrogate escapes to those who read identifiers", () => {
    expect(accepted(parse('{"a":"\\ud800"}')).root.get("a")).toBe("\ud800");
  });

  describe("limits", () => {
    const nested = (depth: number) => `{"a":${"[".repeat(depth - 1)}${"]".repeat(depth - 1)}}`;
    const keys = (count: number) => `{${Array.from({ length: count }, (_, i) => `"k${i}":0`).join(",")}}`;

    it("allows the greatest depth and refuses one more", () => {
      expect(parse(nested(MAX_JSON_DEPTH)).ok).toBe(true);
      expect(parse(nested(MAX_JSON_DEPTH + 1))).toEqual({
        ok: false,
        error: { reason: "json", detail: "too_deep" },
      });
    });

    it.each([
      ["arrays, closed", `${"[".repeat(200_000)}${"]".repeat(200_000)}`],
      ["arrays, left open", "[".repeat(200_000)],
      ["objects", '{"a":'.repeat(200_000)],
    ])("refuses 200,000 nested %s without a stack overflow", (_, text) => {
      expect(parse(text)).toEqual({ ok: false, error: { reason: "json", detail: "too_deep" } });
    });

    it("allows the greatest number of keys and refuses one more", () => {
      expect(parse(keys(MAX_JSON_KEYS)).ok).toBe(true);
      expect(parse(keys(MAX_JSON_KEYS + 1))).toEqual({
        ok: false,
        error: { reason: "json", detail: "too_many_keys" },
      });
    });

    it("counts keys over the whole document", () => {
      const half = keys(MAX_JSON_KEYS / 2);
      expect(parse(`{"a":${half},"b":${half}}`)).toEqual({
        ok: false,
        error: { reason: "json", detail: "too_many_keys" },
      });
    });

    it("counts array elements, which no key bounds", () => {
      const elements = (count: number) => `{"a":[${Array(count).fill("0").join(",")}]}`;
      // The object and the array are values as well.
      expect(parse(elements(MAX_JSON_VALUES - 2)).ok).toBe(true);
      expect(parse(elements(MAX_JSON_VALUES - 1))).toEqual({
        ok: false,
        error: { reason: "json", detail: "too_many_values" },
      });
    });

    it.each([
      ["one long string", `{"a":"${"x".repeat(1_000_000)}"}`],
      ["a string of escapes", `{"a":"${"\\n".repeat(500_000)}"}`],
      ["one long number", `{"a":${"9".repeat(1_000_000)}}`],
      ["white space", `${" ".repeat(1_000_000)}{}`],
      ["one long key over many", `{"${"k".repeat(900_000)}":[${Array(9_000).fill("{}").join(",")}]}`],
    ])("reads a megabyte of %s in linear time", (_, text) => {
      // Quadratic work here takes minutes: the test runner's time-out is the assertion.
      expect(parse(text).ok).toBe(true);
    });

    it("cuts a pointer that is as long as the body", () => {
      const key = "k".repeat(500_000);
      const refused = parse(`{"${key}":{"a":1,"a":2}}`);
      expect(refused).toMatchObject({ ok: false, error: { reason: "duplicate_key" } });
      const detail = refused.ok ? "" : (refused.error.detail ?? "");
      expect(detail).toHaveLength(MAX_POINTER_CHARS);
      expect(detail.endsWith("…")).toBe(true);
      const longest = "k".repeat(MAX_POINTER_CHARS - 1);
      expect(parse(`{"${longest}":1,"${longest}":2}`)).toEqual({
        ok: false,
        error: { reason: "duplicate_key", detail: `/${longest}` },
      });
    });
  });

  describe("reporting duplicates", () => {
    it("reports iqpay's two status keys with all values and keeps the last", () => {
      const { root, duplicates } = accepted(report('{"status":200,"a":0,"status":1}'));
      expect(root.get("status")).toEqual(new JsonNumber("1"));
      expect(duplicates).toEqual([
        { pointer: "/status", values: [new JsonNumber("200"), new JsonNumber("1")] },
      ]);
    });

    it("reports them at any depth, the innermost first", () => {
      const { duplicates } = accepted(report('{"a":{"x":1,"\\u0078":true,"x":null},"a":3}'));
      expect(duplicates.map(({ pointer }) => pointer)).toEqual(["/a/x", "/a"]);
      expect(duplicates[0]?.values).toEqual([new JsonNumber("1"), true, null]);
    });

    it("reports nothing when there is nothing", () => {
      expect(accepted(report('{"a":{"a":1}}')).duplicates).toEqual([]);
    });
  });

  describe("spans", () => {
    const cut = (document: JsonDocument, pointer: string) =>
      document.spans(pointer).map(([start, end]) => document.text.slice(start, end));

    it.each([
      ["", ['{ "t" : "s\\u0065c" ,"n":-1.50e2,"o":{"a/b":{"~":[ 1 ,null]}},"é😀":true }']],
      ["/t", ['"s\\u0065c"']],
      ["/n", ["-1.50e2"]],
      ["/o/a~1b/~0", ["[ 1 ,null]"]],
      ["/o/a~1b/~0/0", ["1"]],
      ["/o/a~1b/~0/1", ["null"]],
      ["/é😀", ["true"]],
      ["/o/a~1b/~0/2", []],
      ["/o/a~1b/~0/01", []],
      ["/o/a~1b/~0/length", []],
      ["/missing", []],
      ["/t/0", []],
      ["/", []],
      ["t", []],
      ["xt", []],
      ["/constructor", []],
    ])("finds %j", (pointer, found) => {
      const text = '{ "t" : "s\\u0065c" ,"n":-1.50e2,"o":{"a/b":{"~":[ 1 ,null]}},"é😀":true }';
      expect(cut(accepted(parse(text)), pointer)).toEqual(found);
    });

    it("finds elements behind the tenth", () => {
      const document = accepted(parse(`{"a":[${Array.from({ length: 12 }, (_, i) => i).join(",")}]}`));
      expect(["/a/9", "/a/10", "/a/11", "/a/12", "/a/1x"].map((pointer) => cut(document, pointer))).toEqual([
        ["9"],
        ["10"],
        ["11"],
        [],
        [],
      ]);
    });

    it("finds every occurrence of a key given twice, also below it", () => {
      const text = '{"token":"a","x":{"s":1},"tok\\u0065n":"b","x":{"s":2,"s":3}}';
      const document = accepted(report(text));
      expect(cut(document, "/token")).toEqual(['"a"', '"b"']);
      expect(cut(document, "/x/s")).toEqual(["1", "2", "3"]);
    });

    it("reads ~01 as ~1 and not as a slash", () => {
      const document = accepted(parse('{"~1":1,"/":2}'));
      expect(cut(document, "/~01")).toEqual(["1"]);
      expect(cut(document, "/~1")).toEqual(["2"]);
    });
  });

  describe("beside JSON.parse", () => {
    it("reads what JSON.stringify writes", () => {
      fc.assert(
        fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.boolean(), (value, pretty) => {
          const text = JSON.stringify(value, null, pretty ? 2 : 0);
          if (!text.includes("__proto__")) expect(parse(text).ok).toBe(true);
          agrees(text);
        }),
      );
    });

    const hex4 = fc.integer({ min: 0, max: 0xffff }).map((code) => {
      const digits = code.toString(16).padStart(4, "0");
      return `\\u${code % 2 === 0 ? digits : digits.toUpperCase()}`;
    });
    const character = fc.oneof(
      fc.string({ unit: "binary", minLength: 1, maxLength: 1 }).map((c) => JSON.stringify(c).slice(1, -1)),
      fc.constantFrom("\\/", "\\b", "\\f", "\\n", "\\r", "\\t", '\\"', "\\\\", "a", "b"),
      hex4,
    );
    const jsonString = fc.array(character, { maxLength: 5 }).map((all) => `"${all.join("")}"`);
    const jsonNumber = fc.stringMatching(/^-?(0|[1-9][0-9]{0,20})(\.[0-9]{1,20})?([eE][+-]?[0-9]{1,3})?$/);
    const space = fc.string({ unit: fc.constantFrom(" ", "\t", "\n", "\r"), maxLength: 2 });
    const spaced = (inner: fc.Arbitrary<string>) => fc.tuple(space, inner, space).map((all) => all.join(""));
    const { object } = fc.letrec<{ value: string; object: string; array: string }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 4, withCrossShrink: true },
        fc.constantFrom("true", "false", "null"),
        jsonNumber,
        jsonString,
        tie("array"),
        tie("object"),
      ),
      array: fc.array(spaced(tie("value")), { maxLength: 4 }).map((elements) => `[${elements.join(",")}]`),
      object: fc
        .array(fc.tuple(spaced(jsonString), spaced(tie("value"))), { maxLength: 4 })
        .map((members) => `{${members.map((member) => member.join(":")).join(",")}}`),
    }));

    it("agrees on every way of writing a document", () => {
      fc.assert(
        fc.property(spaced(object), (text) => {
          expect(stockParser(text)).not.toBeNull();
          agrees(text);
          const reported = report(text);
          if (reported.ok) expect(plain(reported.value.root)).toEqual(JSON.parse(text));
          else expect(reported.error.reason).toBe("forbidden_key");
        }),
      );
    });

    it("accepts nothing that JSON.parse refuses, one slip away from a document", () => {
      const slip = fc.record({
        at: fc.nat({ max: 200 }),
        remove: fc.nat({ max: 2 }),
        insert: fc.string({
          unit: fc.constantFrom(..."{}[]\",:\\u0019.eE+-tfn \n\u0000\u00a0'/*"),
          maxLength: 2,
        }),
      });
      fc.assert(
        fc.property(spaced(object), slip, (text, { at, remove, insert }) => {
          const start = at % (text.length + 1);
          agrees(text.slice(0, start) + insert + text.slice(start + remove));
        }),
        { numRuns: 1_000 },
      );
    });

    it("never throws, whatever the bytes", () => {
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
          expect(typeof parseJson(bytes).ok).toBe("boolean");
        }),
      );
      fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => agrees(text)));
    });

    it("gives every number as its source text", () => {
      fc.assert(
        fc.property(jsonNumber, (token) => {
          const document = accepted(parse(`{"a":[${token}]}`));
          expect(document.root.get("a")).toEqual([new JsonNumber(token)]);
          expect(document.spans("/a/0")).toEqual([[6, 6 + token.length]]);
        }),
      );
    });
  });
});

describe("canonicalJson", () => {
  const canonical = (text: string) => canonicalJson(accepted(parse(text)).root);

  it("is one text for one contents, however they were written", () => {
    const compact = '{"a":[1,0.1,"\u00e9"],"b":{"x":null,"y":true}}';
    const other = '{ "b": {"y":true, "x":null},\n "a": [1.0, 1e-1, "\\u00E9"] }';
    expect(canonical(other)).toBe(canonical(compact));
    expect(canonical(compact)).toBe(compact);
  });

  it.each([
    ['{"a":1}', '{"a":"1"}'],
    ['{"a":1}', '{"a":1.0000000000000000001}'],
    ['{"a":[1,2]}', '{"a":[2,1]}'],
    ['{"a":"\\ud800"}', '{"a":"\\ufffd"}'],
    ['{"a":"\\ud800"}', '{"a":"\\\\ud800"}'],
    ['{"a":null}', '{"a":false}'],
    ['{"a":{}}', '{"a":[]}'],
    ['{"a":1e400}', '{"a":1e401}'],
    ['{"a,b":1}', '{"a":1,"b":1}'],
  ])("tells %s from %s", (one, other) => {
    expect(canonical(one)).not.toBe(canonical(other));
  });

  it("keeps the token of a number beyond the limits of a decimal", () => {
    expect(canonical('{"a":1e400,"b":-0}')).toBe('{"a":1e400,"b":0}');
  });

  it("means the same as what was parsed, and is its own canonical form", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
        const text = JSON.stringify(value);
        const result = parse(text);
        if (!result.ok) return;
        const once = canonicalJson(result.value.root);
        expect(canonical(once)).toBe(once);
        expect(plain(accepted(parse(once)).root)).toEqual(plain(result.value.root));
      }),
    );
  });
});
