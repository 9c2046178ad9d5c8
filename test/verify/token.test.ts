import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { matchToken, sameText } from "../../src/verify/token.ts";

const a = { id: "a", value: "tok_live_A" };
const b = { id: "b", value: "tok_live_B" };

describe("matchToken", () => {
  it.each([
    ["tok_live_A", a],
    ["tok_live_B", b],
  ])("finds the secret of %s", async (given, secret) => {
    expect(await matchToken(given, [a, b])).toBe(secret);
  });

  it.each([
    ["undefined", undefined],
    ["null", null],
    ["an empty string", ""],
    ["0", 0],
    ["true", true],
    ["false", false],
    ["an array around the token", ["tok_live_A"]],
    ["an object", {}],
    ["an object that prints as the token", { toString: () => "tok_live_A" }],
    ["a String object", Object("tok_live_A")],
    ["a prefix", "tok_live_"],
    ["the token and more", "tok_live_A "],
    ["the token in capitals", "TOK_LIVE_A"],
    ["a token twice, as the runtime joins headers", "tok_live_A, tok_live_A"],
  ])("does not match %s", async (_, given) => {
    expect(await matchToken(given, [a, b])).toBeNull();
  });

  it("matches nothing without secrets", async () => {
    expect(await matchToken("tok_live_A", [])).toBeNull();
  });

  it("never matches an empty secret", async () => {
    expect(await matchToken("", [{ id: "x", value: "" }])).toBeNull();
  });

  it("does not confuse texts that UTF-8 cannot tell apart", async () => {
    expect(await matchToken("\ud800", [{ id: "x", value: "\ufffd" }])).toBeNull();
    expect(await matchToken("\ud800", [{ id: "x", value: "\ud800" }])).toBeNull();
  });

  it("names the first of two equal secrets", async () => {
    expect(
      await matchToken("s", [
        { id: "1", value: "s" },
        { id: "2", value: "s" },
      ]),
    ).toMatchObject({
      id: "1",
    });
  });
});

describe("sameText", () => {
  it("is equality of well-formed texts", async () => {
    await fc.assert(
      fc.asyncProperty(fc.string(), fc.string(), async (one, other) => {
        expect(await sameText(one, other)).toBe(one === other && one.isWellFormed());
        expect(await sameText(one, one)).toBe(one.isWellFormed());
      }),
    );
  });

  it.each([
    ["two Unicode forms of one name", "\u00e9", "e\u0301"],
    ["a lone surrogate and what UTF-8 makes of it", "\ud800", "\ufffd"],
    ["two lone surrogates", "\ud800", "\ud800"],
  ])("keeps %s apart", async (_, one, other) => {
    expect(await sameText(one, other)).toBe(false);
  });
});
