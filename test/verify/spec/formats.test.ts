/** How signatures are written: one format for each name, one spelling for each signature. */
import { describe, expect, it } from "vitest";
import { decodeSignature, encodeSignature, parseFormat } from "../../../src/verify/spec/formats.ts";

describe("a format", () => {
  it.each([
    ["plain", { kind: "plain" }],
    ["prefix:sha256=", { kind: "prefix", prefix: "sha256=" }],
    ["prefix:Bearer ", { kind: "prefix", prefix: "Bearer " }],
    ["kv:comma:v1", { kind: "kv", separator: ",", name: "v1" }],
    ["kv:semi:h1", { kind: "kv", separator: ";", name: "h1" }],
    ["list:v1", { kind: "list", version: "v1" }],
  ])("is read from %j", (text, format) => {
    expect(parseFormat(text)).toEqual({ ok: true, value: format });
  });

  it.each([
    "",
    "plain ",
    " prefix:sha256=",
    "prefix:",
    "prefix:two words",
    `prefix:${"x".repeat(33)}`,
    "my-list:v1",
    "list:v1,",
    `list:${"v".repeat(17)}`,
    "xkv:comma:v1",
    "kv:comma:v1=",
    `kv:comma:${"v".repeat(33)}`,
    "kv:tab:v1",
  ])("is none in %j", (text) => {
    expect(parseFormat(text)).toEqual({ ok: false, error: expect.stringContaining(`${text} is no format`) });
  });
});

describe("a signature", () => {
  const bytes = Uint8Array.of(0xfb, 0xef, 0xff, 0x01);

  it.each([
    ["hex", "fbefff01"],
    ["base64", "++//AQ=="],
    ["base64url", "--__AQ"],
  ] as const)("in %s is %s, there and back", (encoding, text) => {
    expect(encodeSignature(bytes, encoding)).toBe(text);
    expect(decodeSignature(text, encoding)).toEqual(bytes);
  });

  it.each([
    ["base64", "--__AQ=="],
    ["base64url", "++//AQ"],
    ["base64url", "--__AQ=="],
    ["base64url", "--__AR"],
    ["base64url", "--__A"],
  ] as const)("in %s is none in %j", (encoding, text) => {
    expect(decodeSignature(text, encoding)).toBeNull();
  });
});
