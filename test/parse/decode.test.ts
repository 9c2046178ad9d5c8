import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeUtf8 } from "../../src/parse/decode.ts";

const utf8 = (text: string) => new TextEncoder().encode(text);

describe("decodeUtf8", () => {
  it.each([
    ["a byte order mark", [0xef, 0xbb, 0xbf, 0x7b]],
    ["only a byte order mark", [0xef, 0xbb, 0xbf]],
    ["a stray continuation byte", [0x61, 0x80]],
    ["Latin-1", [0x74, 0xf6]],
    ["a character cut short", [0xe2, 0x82]],
    ["an overlong slash", [0xc0, 0xaf]],
    ["a surrogate encoded as UTF-8", [0xed, 0xa0, 0x80]],
    ["a code point above U+10FFFF", [0xf4, 0x90, 0x80, 0x80]],
  ])("refuses %s", (_, bytes) => {
    expect(decodeUtf8(Uint8Array.from(bytes))).toBeNull();
  });

  it("keeps U+FEFF where it is no byte order mark", () => {
    expect(decodeUtf8(utf8("a\ufeff"))).toBe("a\ufeff");
  });

  it("does not normalise", () => {
    expect(decodeUtf8(utf8("e\u0301"))).not.toBe(decodeUtf8(utf8("\u00e9")));
  });

  it("is none the worse for the body before", () => {
    expect(decodeUtf8(Uint8Array.of(0xe2, 0x82))).toBeNull();
    expect(decodeUtf8(utf8("\u00ac"))).toBe("\u00ac");
  });

  it("returns a text that encodes back to the very bytes, or nothing", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        const text = decodeUtf8(bytes);
        if (text !== null) expect(utf8(text)).toEqual(bytes);
      }),
    );
  });

  it("reads every text that was UTF-8", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(decodeUtf8(utf8(text))).toBe(text.startsWith("\ufeff") ? null : text);
      }),
    );
  });
});
