/** Hex and base64: one spelling of each value, and null for every other. */
import { describe, expect, it } from "vitest";
import { fromBase64, fromHex, toBase64, toHex } from "../../src/parse/encoding.ts";

const ALL = Uint8Array.from({ length: 256 }, (_, i) => i);

describe("hex", () => {
  it("of every byte is two digits, read back in either case", () => {
    const text = toHex(ALL);
    expect(text).toHaveLength(512);
    expect(text.slice(0, 8)).toBe("00010203");
    expect(text.slice(-8)).toBe("fcfdfeff");
    expect(fromHex(text)).toEqual(ALL);
    expect(fromHex(text.toUpperCase())).toEqual(ALL);
  });

  it("of nothing is nothing", () => {
    expect(toHex(new Uint8Array())).toBe("");
    expect(fromHex("")).toEqual(new Uint8Array());
  });

  it.each(["0", "000", "0g", "g0", "zz00", "00zz", " 00", "00\n", "0x00", "+1", "-1", "é0", "٠٠"])(
    "%j is none",
    (text) => {
      expect(fromHex(text)).toBeNull();
    },
  );
});

describe("base64", () => {
  it.each([
    ["", ""],
    ["f", "Zg=="],
    ["fo", "Zm8="],
    ["foo", "Zm9v"],
    ["foob", "Zm9vYg=="],
    ["fooba", "Zm9vYmE="],
    ["foobar", "Zm9vYmFy"],
  ])("of %j is %j, as in RFC 4648", (plain, text) => {
    const bytes = new TextEncoder().encode(plain);
    expect(toBase64(bytes)).toBe(text);
    expect(fromBase64(text)).toEqual(bytes);
  });

  it("takes every byte, and more of them than are converted at once", () => {
    const many = Uint8Array.from({ length: 30_000 }, (_, i) => (i * 7) % 256);
    expect(fromBase64(toBase64(ALL))).toEqual(ALL);
    expect(fromBase64(toBase64(many))).toEqual(many);
    expect(toBase64(many)).toHaveLength(40_000);
  });

  it.each([
    "Zg",
    "Zg=",
    "Zg===",
    "Zm9vYg=",
    "Zh==", // Bits that are not used are not zero.
    "Zm9=",
    "Zg==Zg==",
    "=Zg=",
    "====",
    "Zm 9v",
    "Zm9v\n",
    "\nZm9",
    "Zm9vZm\n=",
    "Zm9-",
    "Zm9_",
    "!m9v",
    "Zm9é",
  ])("%j is none", (text) => {
    expect(fromBase64(text)).toBeNull();
  });
});
