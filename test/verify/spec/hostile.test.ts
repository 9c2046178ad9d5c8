/** Verifications that could never prove what they claim refuse to start, and say what to write instead. */
import { describe, expect, it } from "vitest";
import { secretProblem, type WrittenVerifySpec } from "../../../src/verify/spec/spec.ts";
import { problemsOf, specOf } from "./support.ts";

const HMAC = { alg: "hmac-sha256", sig: "header:x-signature" };

describe("a verification refuses to start", () => {
  it.each<readonly [why: string, written: object, path: string, says: RegExp]>([
    [
      "whose content leaves out the time it bounds",
      { ...HMAC, content: "{raw}", time: { from: "header:x-time" } },
      "time",
      /put \{header:x-time\} into content/,
    ],
    [
      "whose signature's own time is not in the content",
      { ...HMAC, format: "kv:comma:v1", content: "{raw}", time: { from: "sig:t" } },
      "time",
      /put \{sig:t\} into content/,
    ],
    [
      "that bounds a time under static, which signs none",
      { alg: "static", sig: "json:/token", time: { from: "json:/time" } },
      "time",
      /leave time out/,
    ],
    [
      "with an unknown part",
      { ...HMAC, content: "{body}" },
      "content",
      /unknown part \{body\}: the parts are \{raw\}/,
    ],
    ["with a part that calls something", { ...HMAC, content: "{sha256(raw)}" }, "content", /unknown part/],
    ["with half a brace", { ...HMAC, content: "{raw" }, "content", /brace without its other half/],
    ["with braces in braces", { ...HMAC, content: "{{raw}}" }, "content", /brace without its other half/],
    ["with no content", { ...HMAC, content: "" }, "content", /write \{raw\} for the whole body/],
    ["that repeats the body", { ...HMAC, content: "{raw}{raw}{raw}" }, "content", /repeats the whole body/],
    ["with an endless template", { ...HMAC, content: "x".repeat(1_025) }, "content", /longer than 1024/],
    ["of many parts", { ...HMAC, content: "{method}".repeat(33) }, "content", /more than 32 parts/],
    [
      "with a pointer to many values",
      { ...HMAC, content: "{json:/items/*/id}" },
      "content",
      /write one pointer for each, like json:\/items\/0/,
    ],
    [
      "with a pointer deeper than any document",
      { ...HMAC, content: `{json:${"/a".repeat(33)}}` },
      "content",
      /no JSON pointer/,
    ],
    ["with a path instead of a pointer", { ...HMAC, sig: "json:data.sign" }, "sig", /write json:\/data\/id/],
    ["with a place of no kind", { ...HMAC, sig: "x-signature" }, "sig", /write header:<name>/],
    ["with a header that is none", { ...HMAC, sig: "header:x sig" }, "sig", /no header name/],
    ["with an unknown format", { ...HMAC, format: "kv:pipe:v1" }, "format", /write plain, prefix:<text>/],
    [
      "that names a part of a plain signature",
      { ...HMAC, content: "{sig:t}.{raw}" },
      "content",
      /write kv:comma:<name>/,
    ],
    [
      "of md5 without the secret",
      { ...HMAC, alg: "md5" },
      "content",
      /leaves out \{secret\}.*put \{secret\}/,
    ],
    ["of sha512 without the secret", { ...HMAC, alg: "sha512" }, "content", /anybody can compute sha512/],
    [
      "of an HMAC with the secret in its content",
      { ...HMAC, content: "{raw}{secret}" },
      "content",
      /the key of hmac-sha256 already/,
    ],
    [
      "of a token that signs content",
      { alg: "static", sig: "json:/t", content: "{raw}" },
      "content",
      /leave it out/,
    ],
    [
      "of a token in an encoding",
      { alg: "static", sig: "json:/t", encoding: "hex" },
      "encoding",
      /leave it out/,
    ],
    ["of a token with a key form", { alg: "static", sig: "json:/t", key: "hex" }, "key", /write utf8/],
    [
      "of a token among others",
      { alg: "static", sig: "json:/t", format: "list:v1" },
      "format",
      /plain or prefix/,
    ],
    ["of an HMAC by a public key", { ...HMAC, key: "pem" }, "key", /no form of a key of hmac-sha256/],
    ["of RSA by a shared secret", { ...HMAC, alg: "rsa-sha256", key: "utf8" }, "key", /write pem/],
    [
      "that claims the body of a partial signature",
      { ...HMAC, content: "{json:/id}", covers: ["body"] },
      "covers",
      /claims body.*covers field:\/id/,
    ],
    [
      "that claims a field it leaves out",
      { ...HMAC, content: "{json:/id}", covers: ["field:/amount"] },
      "covers",
      /claims field:\/amount/,
    ],
    [
      "that claims a time it does not bound",
      { ...HMAC, covers: ["timestamp"] },
      "covers",
      /claims timestamp/,
    ],
    [
      "that claims a header beside the body",
      { ...HMAC, covers: ["field:header:x-id"] },
      "covers",
      /claims field:header/,
    ],
    [
      "that claims contents of a token",
      { alg: "static", sig: "json:/t", covers: ["body"] },
      "covers",
      /covers sender/,
    ],
    [
      "that leaves a member out of the body that is not its signature",
      { ...HMAC, content: "{canon:json-without:amount}" },
      "content",
      /Only the member that sig names/,
    ],
    ["of an unknown algorithm", { ...HMAC, alg: "crc32" }, "alg", /hmac-sha256/],
    ["that the header may choose", { ...HMAC, alg: "header:x-algorithm" }, "alg", /hmac-sha256/],
    ["with an option nobody knows", { ...HMAC, secret: "plain" }, "", /secret/],
    [
      "with a day's tolerance",
      { ...HMAC, content: "{header:t}{raw}", time: { from: "header:t", tolerance: 86400 } },
      "time.tolerance",
      /300/,
    ],
    [
      "with no tolerance",
      { ...HMAC, content: "{header:t}{raw}", time: { from: "header:t", tolerance: 0 } },
      "time.tolerance",
      /1/,
    ],
  ])("%s", (_, written, path, says) => {
    const line = problemsOf(written)
      .split("\n")
      .find((one) => one.startsWith(`${path}:`) && says.test(one));
    expect(line ?? problemsOf(written)).toMatch(says);
    expect(line).toBeDefined();
  });
});

describe("a secret is refused when the configuration is read", () => {
  it.each<readonly [why: string, written: WrittenVerifySpec, value: string]>([
    ["that is empty", { alg: "hmac-sha256", sig: "header:x" }, ""],
    ["that is not hex", { alg: "hmac-sha256", sig: "header:x", key: "hex" }, "not hex"],
    ["that is not base64", { alg: "hmac-sha256", sig: "header:x", key: "base64" }, "*"],
    ["that is whsec_ and nothing", { alg: "hmac-sha256", sig: "header:x", key: "whsec" }, "whsec_"],
    ["that is no PEM", { alg: "rsa-sha256", sig: "header:x" }, "a public key"],
    ["that is no key of Ed25519", { alg: "ed25519", sig: "header:x", key: "hex" }, "00ff"],
  ])("%s", (_, written, value) => {
    const problem = secretProblem(specOf(written), { id: "ACME_SECRET", value });
    expect(problem).toContain("ACME_SECRET");
    if (value !== "") expect(problem).not.toContain(`secret ${value}`);
  });

  it("unless it is of the declared form", () => {
    const hex = specOf({ alg: "hmac-sha256", sig: "header:x", key: "hex" });
    expect(secretProblem(hex, { id: "A", value: "00ff" })).toBeNull();
  });
});
