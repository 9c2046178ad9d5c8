/** Multipart: what the platform's parser reads and the one strict spelling agree on, and nothing else. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readContentType, type ContentType } from "../../src/parse/content-type.ts";
import { parseMultipart, scanMultipart } from "../../src/parse/strict-multipart.ts";
import { MAX_FORM_FIELDS } from "../../src/limits.ts";

const utf8 = new TextEncoder();
const typeOf = (header: string): ContentType => {
  const type = readContentType(header);
  if (type === null) throw new Error(header);
  return type;
};
const TYPE = typeOf("multipart/form-data; boundary=b");

function body(fields: readonly (readonly [string, string])[]): string {
  const parts = fields.map(
    ([name, value]) => `--b\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
  );
  return `${parts.join("")}--b--\r\n`;
}

const parse = (text: string) => parseMultipart(utf8.encode(text), TYPE, { duplicates: "report" });

describe("parseMultipart", () => {
  it("reads fields, and says where each value stands", async () => {
    const text = body([
      ["a", "1"],
      ["token", "tkn9f2c0001"],
      ["ü", ""],
    ]);
    const parsed = await parse(text);
    if (!parsed.ok) throw new Error(parsed.error.reason);
    expect([...parsed.value.values]).toEqual([
      ["a", "1"],
      ["token", "tkn9f2c0001"],
      ["ü", ""],
    ]);
    expect(parsed.value.spans("token").map(([start, end]) => text.slice(start, end))).toEqual([
      "tkn9f2c0001",
    ]);
    expect(parsed.value.duplicates).toEqual([]);
  });

  it("reports a name given twice, with both values and both places", async () => {
    const parsed = await parse(
      body([
        ["a", "1"],
        ["a", "2"],
      ]),
    );
    expect(parsed).toMatchObject({ ok: true, value: { duplicates: [{ name: "a", values: ["1", "2"] }] } });
    expect(parsed.ok && parsed.value.spans("a")).toHaveLength(2);
  });

  it("reads every form it could have been sent, whatever the values hold", async () => {
    const name = fc.stringMatching(/^[A-Za-z_[\]]{1,12}$/);
    const value = fc.string({ unit: fc.constantFrom("a", "-", "\n", "\r", "é", "%", "&", "=", '"') });
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.tuple(name, value), { selector: ([n]) => n, maxLength: 6 }),
        async (fields) => {
          const usable = fields.filter(([n]) => n !== "__proto__");
          const parsed = await parse(body(usable));
          // A value may happen to hold a line break and dashes; what is read is then nothing, never something else.
          if (parsed.ok) expect([...parsed.value.values]).toEqual(usable);
          else expect(parsed.error.reason).toBe("encoding");
        },
      ),
      { numRuns: 200 },
    );
  });

  it.each([
    ["a file", body([["a", "1"]]).replace('"a"', '"a"; filename="x"')],
    ["text in front", `x\r\n${body([["a", "1"]])}`],
    ["text behind", `${body([["a", "1"]])}x`],
    ["line feeds", body([["a", "1"]]).replaceAll("\r\n", "\n")],
    ["no end", body([["a", "1"]]).replace("--b--", "--b")],
    ["a header of another kind", body([["a", "1"]]).replace('"a"\r\n', '"a"\r\nx-header: 1\r\n')],
    [
      "two types",
      body([["a", "1"]]).replace(
        '"a"\r\n',
        '"a"\r\ncontent-type: text/plain\r\ncontent-type: text/plain\r\n',
      ),
    ],
    [
      "a part in another charset",
      body([["a", "1"]]).replace('"a"\r\n', '"a"\r\ncontent-type: text/plain; charset=iso-8859-1\r\n'),
    ],
    [
      "a part without a disposition",
      body([["a", "1"]]).replace(/content-disposition[^\r]*/, "content-type: text/plain"),
    ],
  ])("refuses %s", async (_, text) => {
    expect(await parse(text)).toEqual({ ok: false, error: { reason: "encoding" } });
    // By the strict spelling alone, whatever the platform thinks of it.
    expect(scanMultipart(utf8.encode(text), TYPE)).toEqual({ ok: false, error: { reason: "encoding" } });
  });

  const withHeader = (header: string) => body([["a", "1"]]).replace('"a"\r\n', `"a"\r\n${header}\r\n`);

  it.each([
    "content-type: text/plain",
    "Content-Type: text/plain; charset=UTF-8",
    "content-type:\ttext/plain",
    "content-type:text/plain",
    "content-type:  text/plain",
    "content-length: 1",
    "Content-Length: 12",
    "content-type: text/plain\r\ncontent-length: 1",
  ])("reads a part with %j", async (header) => {
    const parsed = await parse(withHeader(header));
    expect(parsed.ok && parsed.value.values.get("a")).toBe("1");
  });

  it.each([
    "content-length: x1",
    "content-length: 1x",
    "content-length: ",
    "content-length: x",
    "content-length: 1\r\ncontent-length: 1",
    "content-type: text/html",
    "content-type: text/plain; charset=windows-1252",
    "content-type: text/plain, text/plain",
    "no header",
    " content-type: text/plain",
    "content-type: text/plain\nx-header: 1",
    "1: content-length: 1",
  ])("refuses a part with %j", async (header) => {
    expect(await parse(withHeader(header))).toEqual({ ok: false, error: { reason: "encoding" } });
    expect(scanMultipart(utf8.encode(withHeader(header)), TYPE).ok).toBe(false);
  });

  it.each(['form-data;name="a"', 'form-data;  name="a"'])("reads a part under %j", async (disposition) => {
    const parsed = await parse(body([["a", "1"]]).replace('form-data; name="a"', disposition));
    expect(parsed.ok && parsed.value.values.get("a")).toBe("1");
  });

  it("refuses a part under another disposition", () => {
    for (const disposition of ['attachment; name="a"', 'x-form-data; name="a"', 'form-data; name="a"; x=1']) {
      const text = body([["a", "1"]]).replace('form-data; name="a"', disposition);
      expect(scanMultipart(utf8.encode(text), TYPE).ok).toBe(false);
    }
  });

  it("reads a body that ends with its last boundary, with a line break or without", async () => {
    expect((await parse(body([["a", "1"]]).trimEnd())).ok).toBe(true);
    expect((await parse(`${body([["a", "1"]])}\r\n`)).ok).toBe(false);
  });

  it("refuses bytes that are not of the charset, and a boundary or charset it was not told", async () => {
    const latin = Uint8Array.from(body([["a", "\u00e9"]]), (char) => char.charCodeAt(0));
    expect((await parseMultipart(latin, TYPE)).ok).toBe(false);
    expect((await parseMultipart(latin, { ...TYPE, charset: null })).ok).toBe(false);
    expect((await parseMultipart(utf8.encode(body([])), { ...TYPE, boundary: null })).ok).toBe(false);
    expect(scanMultipart(latin, { ...TYPE, charset: null }).ok).toBe(false);
    expect(scanMultipart(utf8.encode(body([]).replaceAll("b", "null")), { ...TYPE, boundary: null }).ok).toBe(
      false,
    );
    const parsed = await parseMultipart(latin, { ...TYPE, charset: "windows-1252" });
    expect(parsed.ok && parsed.value.values.get("a")).toBe("\u00e9");
  });

  it("bounds fields and names, and refuses __proto__ and, unless they are to be reported, repeats", async () => {
    const many = (count: number) => body(Array.from({ length: count }, (_, i) => [`f${i}`, ""] as const));
    expect((await parse(many(MAX_FORM_FIELDS))).ok).toBe(true);
    expect(await parse(many(MAX_FORM_FIELDS + 1))).toMatchObject({
      error: { reason: "too_large", detail: "too_many_fields" },
    });
    expect(await parse(body([["__proto__", ""]]))).toMatchObject({ error: { reason: "forbidden_key" } });
    const twice = utf8.encode(
      body([
        ["a", "1"],
        ["a", "1"],
      ]),
    );
    expect(scanMultipart(twice, TYPE)).toMatchObject({ error: { reason: "duplicate_key", detail: "a" } });
  });
});
