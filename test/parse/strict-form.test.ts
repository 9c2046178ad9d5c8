import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MAX_FORM_FIELDS, MAX_FORM_NAME_BYTES } from "../../src/limits.ts";
import type { FormFields } from "../../src/parse/form-fields.ts";
import { parseForm } from "../../src/parse/strict-form.ts";

const utf8 = (text: string) => new TextEncoder().encode(text);

function accepted(result: ReturnType<typeof parseForm>): FormFields {
  if (!result.ok) throw new Error(`refused: ${JSON.stringify(result.error)}`);
  return result.value;
}

const entries = (source: string) => [...accepted(parseForm(source)).values];

describe("parseForm", () => {
  it.each<[string, string, [string, string][]]>([
    ["an empty body", "", []],
    [
      "plain fields",
      "a=1&b=2",
      [
        ["a", "1"],
        ["b", "2"],
      ],
    ],
    ["an empty value", "a=", [["a", ""]]],
    ["a name without an equals sign", "a", [["a", ""]]],
    ["an empty name", "=1", [["", "1"]]],
    ["a value with equals signs", "a=b=c==", [["a", "b=c=="]]],
    ["a plus sign as a space", "a+b=c+d", [["a b", "c d"]]],
    ["an escaped plus sign", "a=1%2B1", [["a", "1+1"]]],
    ["escapes in either case", "a=%c3%B6", [["a", "\u00f6"]]],
    ["raw UTF-8", "\u00f6=\u00e4", [["\u00f6", "\u00e4"]]],
    ["an escaped ampersand and equals sign", "a=%26b%3D1", [["a", "&b=1"]]],
    ["a semicolon, which separates nothing", "a=1;b=2", [["a", "1;b=2"]]],
    [
      "brackets, which mean nothing",
      "a%5B%5D=1&a=2&a[0]=3",
      [
        ["a[]", "1"],
        ["a", "2"],
        ["a[0]", "3"],
      ],
    ],
    ["a double escape, once", "a=%252e", [["a", "%2e"]]],
    [
      "empty pieces, which are no fields",
      "&a=1&&b=2&",
      [
        ["a", "1"],
        ["b", "2"],
      ],
    ],
    [
      "keys that would meet a prototype",
      "constructor=1&toString=2",
      [
        ["constructor", "1"],
        ["toString", "2"],
      ],
    ],
  ])("reads %s", (_, source, expected) => {
    expect(entries(source)).toEqual(expected);
    expect([...accepted(parseForm(utf8(source))).values]).toEqual(expected);
  });

  it.each([
    ["a percent sign alone", "a=%"],
    ["a short escape", "a=%4"],
    ["an escape that is no hex", "a=%zz"],
    ["an escape with a sign", "a=%+1"],
    ["a bad escape in a name", "%a=1"],
    ["escapes that are not UTF-8", "a=%ff"],
    ["an escaped character cut short", "a=%e2%82"],
    ["an escaped overlong slash", "a=%c0%af"],
    ["an escaped surrogate", "a=%ed%a0%80"],
    ["a byte order mark", "\ufeffa=1"],
  ])("refuses %s as encoding", (_, source) => {
    expect(parseForm(source)).toEqual({ ok: false, error: { reason: "encoding" } });
    expect(parseForm(utf8(source))).toEqual({ ok: false, error: { reason: "encoding" } });
  });

  it.each([
    ["Latin-1", [0x61, 0x3d, 0xf6]],
    ["half a character completed by an escape", [0x61, 0x3d, 0xc3, ...utf8("%b6")]],
  ])("refuses raw %s as encoding", (_, bytes) => {
    expect(parseForm(Uint8Array.from(bytes))).toEqual({ ok: false, error: { reason: "encoding" } });
  });

  describe("in windows-1252", () => {
    const latin = (text: string) => Uint8Array.from(text, (char) => char.charCodeAt(0));
    const read = (text: string) => parseForm(latin(text), { charset: "windows-1252" });

    it.each([
      // Raw, escaped, beside each other, and what UTF-8 would take for one character.
      ["a=\u00f6", "\u00f6"],
      ["a=%F6", "\u00f6"],
      ["a=x%f6+%80y", "x\u00f6 \u20acy"],
      ["a=%C3%B6", "\u00c3\u00b6"],
      ["a=%25", "%"],
    ])("reads %j as %j", (source, value) => {
      const parsed = read(source);
      expect(parsed.ok && parsed.value.values.get("a")).toBe(value);
    });

    it.each(["a=%", "a=%f", "a=%f6%", "a=%g6", "a=%6g", "%zz=1", "a=1&b=%x"])("refuses %j", (source) => {
      expect(read(source)).toEqual({ ok: false, error: { reason: "encoding" } });
    });
  });

  it("refuses a lone surrogate in a string as encoding", () => {
    expect(parseForm("a=\ud800")).toEqual({ ok: false, error: { reason: "encoding" } });
  });

  it.each([
    ["amount2=1&amount2=1", "amount2"],
    ["amount2=1&%61mount2=2", "amount2"],
    ["a+b=1&a%20b=2", "a b"],
    ["token&token=x", "token"],
    ["=1&=2", ""],
  ])("refuses %s as a duplicate key", (source, detail) => {
    expect(parseForm(source)).toEqual({ ok: false, error: { reason: "duplicate_key", detail } });
  });

  it.each(["__proto__=1", "a=1&%5f_proto__=1", "__proto__"])("refuses %s", (source) => {
    expect(parseForm(source)).toEqual({ ok: false, error: { reason: "forbidden_key" } });
    expect(parseForm(source, { duplicates: "report" })).toMatchObject({ ok: false });
  });

  describe("limits", () => {
    const fields = (count: number) => Array.from({ length: count }, (_, i) => `f${i}=1`).join("&");
    const tooMany = { ok: false, error: { reason: "too_large", detail: "too_many_fields" } };
    const tooLong = { ok: false, error: { reason: "too_large", detail: "name_too_long" } };

    it("allows the greatest number of fields and refuses one more", () => {
      expect(accepted(parseForm(fields(MAX_FORM_FIELDS))).values.size).toBe(MAX_FORM_FIELDS);
      expect(parseForm(fields(MAX_FORM_FIELDS + 1))).toEqual(tooMany);
      expect(accepted(parseForm(`${fields(MAX_FORM_FIELDS)}&`)).values.size).toBe(MAX_FORM_FIELDS);
    });

    it("refuses 10,000 fields before reading what lies beyond the cap", () => {
      expect(parseForm(`${fields(10_000)}&bad=%`)).toEqual(tooMany);
    });

    it("counts empty pieces and repeated names", () => {
      expect(parseForm("&".repeat(MAX_FORM_FIELDS + 1))).toEqual(tooMany);
      expect(parseForm("a=1&".repeat(MAX_FORM_FIELDS + 1), { duplicates: "report" })).toEqual(tooMany);
    });

    it("measures a name in bytes after decoding", () => {
      expect(parseForm(`${"%61".repeat(MAX_FORM_NAME_BYTES)}=1`).ok).toBe(true);
      expect(parseForm(`${"a".repeat(MAX_FORM_NAME_BYTES + 1)}=1`)).toEqual(tooLong);
      expect(parseForm(`${"\u00f6".repeat(MAX_FORM_NAME_BYTES / 2 + 1)}=1`)).toEqual(tooLong);
    });

    it.each([
      ["one long value", `a=${"x".repeat(1_000_000)}`],
      ["escapes", `a=${"%41".repeat(330_000)}`],
      ["equals signs", `a${"=".repeat(1_000_000)}`],
    ])("reads a megabyte of %s in linear time", (_, source) => {
      // Quadratic work here takes minutes: the test runner's time-out is the assertion.
      expect(parseForm(source).ok).toBe(true);
    });
  });

  it("reports duplicates with all values and keeps the last", () => {
    const form = accepted(parseForm("status=200&a=1&st%61tus=1", { duplicates: "report" }));
    expect(form.values.get("status")).toBe("1");
    expect(form.duplicates).toEqual([{ name: "status", values: ["200", "1"] }]);
  });

  it.each<[string, string[]]>([
    ["token", ["t%6b", "", "x+y"]],
    ["a", ["=1"]],
    ["last", [""]],
    ["missing", []],
    ["constructor", []],
  ])("finds the raw values of %s", (name, raw) => {
    const source = "token=t%6b&a==1&tok%65n=&token=x+y&&last";
    const form = accepted(parseForm(utf8(source), { duplicates: "report" }));
    expect(form.spans(name).map(([start, end]) => form.text.slice(start, end))).toEqual(raw);
  });

  const name = fc.string({ unit: "grapheme", maxLength: 8 }).filter((s) => s !== "__proto__");
  const field = fc.tuple(name, fc.string({ unit: "grapheme" }));
  const cleanFields = fc
    .uniqueArray(field, { selector: ([key]) => key, maxLength: 10 })
    .filter((all) => all.every(([key]) => utf8(key).length <= MAX_FORM_NAME_BYTES));

  it("reads what URLSearchParams writes", () => {
    fc.assert(
      fc.property(cleanFields, (fields) => {
        const wellFormed = fields.map(([key, value]) => [key.toWellFormed(), value.toWellFormed()]);
        const source = new URLSearchParams(wellFormed).toString();
        const form = parseForm(source);
        if (form.ok) expect([...form.value.values]).toEqual(wellFormed);
        else expect(form.error.reason).toBe("duplicate_key");
      }),
    );
  });

  it("reads as URLSearchParams does whatever it accepts, and never throws", () => {
    const noise = fc.string({ unit: fc.constantFrom(..."ab=&+%4169cC3;[]\u00f6 ") });
    fc.assert(
      fc.property(noise, (source) => {
        const form = parseForm(utf8(source), { duplicates: "report" });
        if (!form.ok) return;
        expect([...form.value.values]).toEqual([...new Map(new URLSearchParams(source))]);
      }),
      { numRuns: 1_000 },
    );
  });

  it("gives spans that decode to the values", () => {
    fc.assert(
      fc.property(cleanFields, (fields) => {
        const form = parseForm(new URLSearchParams(fields).toString());
        if (!form.ok) return;
        for (const [key, value] of form.value.values) {
          const [start, end] = form.value.spans(key)[0] ?? [0, 0];
          const raw = form.value.text.slice(start, end);
          expect(decodeURIComponent(raw.replaceAll("+", " "))).toBe(value);
        }
      }),
    );
  });
});
