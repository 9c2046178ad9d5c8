/** What a provider is answered: what may be written of it, and the answer at an instant. */
import { createHash, createHmac } from "node:crypto";
import { describe, expect, it } from "vitest";
import { replyAt, replySpec } from "../../../src/providers/declared/reply.ts";
import { issuesOf } from "./made.ts";

const SIGN = { header: "x-signature", alg: "hmac-sha256", content: "{now}" } as const;

describe("a reply as it is written", () => {
  it("is empty where nothing is", () => {
    expect(replySpec.parse(undefined)).toEqual({ body: "" });
  });

  it("is signed in hexadecimal digits unless it says otherwise", () => {
    const { alg: _, ...sign } = SIGN;
    const algorithm = { kind: "hmac", hash: "SHA-256" };
    expect(replySpec.parse({ body: "OK", type: "text/html", sign: SIGN })).toEqual({
      body: "OK",
      type: "text/html",
      sign: { ...sign, encoding: "hex", algorithm },
    });
    expect(replySpec.parse({ sign: { ...SIGN, encoding: "base64url" } })).toEqual({
      body: "",
      sign: { ...sign, encoding: "base64url", algorithm },
    });
  });

  it.each(["", "x signature", "x-signature:", "é-signature", "x-signature\n"])(
    "is not signed in the header %j",
    (header) => {
      expect(issuesOf(replySpec, { sign: { ...SIGN, header } })).toEqual([
        { code: "invalid_format", path: ["sign", "header"], message: "must be a header name" },
      ]);
    },
  );

  it.each<readonly [what: string, changes: object, message: string]>([
    ["a token", { alg: "static" }, "signs with no secret that an account has: write an hmac-… or a hash"],
    [
      "a private key",
      { alg: "ed25519" },
      "signs with no secret that an account has: write an hmac-… or a hash",
    ],
    [
      "an HMAC over its own key",
      { content: "{now}{secret}" },
      "has {secret} in its content exactly where it is a hash, not an hmac-…",
    ],
    [
      "a hash that anybody can make",
      { alg: "sha256" },
      "has {secret} in its content exactly where it is a hash, not an hmac-…",
    ],
  ])("is not signed by %s", (_, changes, message) => {
    expect(issuesOf(replySpec, { sign: { ...SIGN, ...changes } })).toEqual([
      { code: "custom", path: ["sign", "alg"], message },
    ]);
  });

  it.each<readonly [what: string, written: object, code: string, path: readonly string[]]>([
    ["an empty type", { type: "" }, "too_small", ["type"]],
    ["an empty content to sign", { sign: { ...SIGN, content: "" } }, "too_small", ["sign", "content"]],
    ["a status", { status: 201 }, "unrecognized_keys", []],
    ["a key", { sign: { ...SIGN, key: "hex" } }, "unrecognized_keys", ["sign"]],
  ])("has not %s", (_, written, code, path) => {
    expect(issuesOf(replySpec, written)).toEqual([{ code, path, message: expect.any(String) as unknown }]);
  });
});

describe("the reply", () => {
  const SECRET = { id: "NEW", value: "clé" };
  const NOW_MS = 1_700_000_000_999;
  const TEXT = "text/plain; charset=utf-8";
  const at = (written: unknown, secret: typeof SECRET | undefined = SECRET) =>
    replyAt(replySpec.parse(written), secret, NOW_MS);

  it.each([
    ["nothing, of no type", {}, "", null],
    ["a text, which is plain", { body: "OK" }, "OK", TEXT],
    ["a text of a type of its own", { body: "<a/>", type: "text/xml" }, "<a/>", "text/xml"],
    ["nothing, of a type of its own", { type: "text/xml" }, "", "text/xml"],
    ["the time in whole seconds, wherever it stands", { body: "{now}-{now}" }, "1700000000-1700000000", TEXT],
    ["no other part", { body: "{secret}{raw}" }, "{secret}{raw}", TEXT],
  ])("is %s", async (_, written, body, contentType) => {
    expect(await at(written)).toEqual({ status: 200, body, contentType });
  });

  it("is signed by an HMAC whose key is the secret", async () => {
    const signature = createHmac("sha256", "clé").update("at 1700000000, 1700000000").digest("hex");
    expect(await at({ body: "{now}", sign: { ...SIGN, content: "at {now}, {now}" } })).toEqual({
      status: 200,
      body: "1700000000",
      contentType: TEXT,
      headers: { "x-signature": signature },
    });
  });

  it.each([
    ["{secret}{now}", "clé1700000000"],
    ["0{now}{secret}", "01700000000clé"],
    ["{secret}-{now}-{secret}", "clé-1700000000-clé"],
  ])("is signed by a hash of %s, with the secret in it", async (content, hashed) => {
    const signature = createHash("sha384").update(hashed).digest("base64");
    expect(await at({ sign: { header: "x-hash", alg: "sha384", encoding: "base64", content } })).toEqual({
      status: 200,
      body: "",
      contentType: null,
      headers: { "x-hash": signature },
    });
  });

  it("is not signed where no secret is left", async () => {
    const spec = replySpec.parse({ body: "OK", sign: SIGN });
    expect(await replyAt(spec, undefined, NOW_MS)).toEqual({ status: 200, body: "OK", contentType: TEXT });
  });
});
