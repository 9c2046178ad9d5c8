/** Verifications that could never prove what they claim refuse to start, and say what to write instead. */
import { describe, expect, it } from "vitest";
import { secretProblem, type WrittenVerifySpec } from "../../../src/verify/spec/spec.ts";
import { problemsOf, specOf } from "./support.ts";

const HMAC: WrittenVerifySpec = { alg: "hmac-sha256", sig: "header:x-signature" };
/** An Ed25519 public key (RFC 8410 section 10.1). */
const PEM = `-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=
-----END PUBLIC KEY-----`;

describe("a verification refuses to start", () => {
  it.each<readonly [why: string, written: object, path: string, says: RegExp]>([
    [
      "whose content leaves out the time it bounds",
      { ...HMAC, content: "{raw}", time: { from: "header:x-time" } },
      "time",
      /bounds header:x-time although the content leaves it out.*: put \{header:x-time\} into content/,
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
    [
      "with an unknown part, and says which there are",
      { ...HMAC, content: "{x}" },
      "content",
      /\{query:<name>\}.*b64:/,
    ],
    ["with a place of no kind in a part", { ...HMAC, content: "{xheader:y}" }, "content", /unknown part/],
    [
      "with more than a name of the signature's part",
      { ...HMAC, content: "{sig:t!}" },
      "content",
      /unknown part/,
    ],
    ["with less than that", { ...HMAC, content: "{xsig:t}" }, "content", /unknown part/],
    [
      "with more than a form's name",
      { ...HMAC, content: "{xphp-json-without:a}" },
      "content",
      /unknown part/,
    ],
    ["with half a brace", { ...HMAC, content: "{raw" }, "content", /brace without its other half/],
    ["with the other half", { ...HMAC, content: "raw}" }, "content", /brace without its other half/],
    ["with braces in braces", { ...HMAC, content: "{{raw}}" }, "content", /brace without its other half/],
    ["with no content", { ...HMAC, content: "" }, "content", /write \{raw\} for the whole body/],
    ["that repeats the body", { ...HMAC, content: "{raw}{raw}{raw}" }, "content", /repeats the whole body/],
    [
      "that repeats the body in another form",
      { ...HMAC, content: "{json-sorted}{json-sorted}{json-sorted}" },
      "content",
      /repeats the whole body/,
    ],
    ["with an endless template", { ...HMAC, content: "x".repeat(1_025) }, "content", /longer than 1024/],
    ["of many parts", { ...HMAC, content: "{method}".repeat(33) }, "content", /more than 32 parts/],
    [
      "with a pointer to many values",
      { ...HMAC, content: "{json:/items/*/id}" },
      "content",
      /write one pointer for each, like json:\/items\/0/,
    ],
    [
      "with a pointer to values at any depth",
      { ...HMAC, content: "{json:/items/**}" },
      "content",
      /write one pointer for each/,
    ],
    [
      "with a pointer deeper than any document",
      { ...HMAC, content: `{json:${"/a".repeat(33)}}` },
      "content",
      /no JSON pointer/,
    ],
    ["with a path instead of a pointer", { ...HMAC, sig: "json:data.sign" }, "sig", /write json:\/data\/id/],
    ["with a place of no kind", { ...HMAC, sig: "x-signature" }, "sig", /write header:<name>/],
    ["with more than a kind of place", { ...HMAC, sig: "Xheader:x-signature" }, "sig", /write header:<name>/],
    [
      "with a time from a place of no kind",
      { ...HMAC, content: "{header:x-time}{raw}", time: { from: "x-time" } },
      "time.from",
      /x-time is no place.*, or sig:<name>/,
    ],
    [
      "with a time from more than a part's name",
      { ...HMAC, time: { from: "sig:t!" } },
      "time.from",
      /no place/,
    ],
    ["with a time from less than that", { ...HMAC, time: { from: "xsig:t" } }, "time.from", /no place/],
    [
      "that takes a time from a part of a plain signature",
      { ...HMAC, time: { from: "sig:t" } },
      "time",
      /is from sig:, .*write kv:comma:<name>/,
    ],
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
    ["of an HMAC by a public key", { ...HMAC, key: "pem" }, "key", /hmac-sha256: write utf8 or hex or /],
    ["of RSA by a shared secret", { ...HMAC, alg: "rsa-sha256", key: "utf8" }, "key", /write pem/],
    ["of RSA by bytes that only Ed25519 has", { ...HMAC, alg: "rsa-sha256", key: "hex" }, "key", /write pem/],
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
      "that claims what is no kind of claim",
      { ...HMAC, covers: ["claim:/id"] },
      "covers",
      /claims claim:\/id/,
    ],
    ["that claims a field of no kind", { ...HMAC, covers: ["field:id"] }, "covers", /claims field:id/],
    [
      "that claims a part of what it covers",
      { ...HMAC, content: "{header:x-time}.{raw}", time: { from: "header:x-time" }, covers: ["url"] },
      "covers",
      /covers body, timestamp$/,
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
      /leaves amount out of the body.*Only the member that sig names/,
    ],
    [
      "that leaves another member out of the body than its signature",
      { ...HMAC, sig: "json:/sign", content: "{canon:json-without:amount}" },
      "content",
      /Only the member that sig names/,
    ],
    [
      "that leaves out more than its signature",
      { ...HMAC, sig: "json:/proof/sign", content: "{canon:json-without:proof}" },
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

describe("a verification with mistakes", () => {
  it("names a content that cannot be read, and nothing that would follow from it", () => {
    expect(problemsOf({ ...HMAC, alg: "md5", content: "{body}" })).toMatch(
      /^content: has the unknown part.*$/,
    );
    expect(problemsOf({ ...HMAC, content: "{body}", covers: ["body"] })).toMatch(/^content: .*$/);
  });

  it("names a time that cannot be read, and nothing that would follow from it", () => {
    expect(problemsOf({ ...HMAC, time: { from: "t" }, covers: ["timestamp"] })).toMatch(/^time\.from: .*$/);
  });

  it("names every one of them", () => {
    const written = { alg: "crc32", sig: "header:x", encoding: "base32" };
    expect(problemsOf(written).split("\n")).toHaveLength(2);
    const both = problemsOf({
      ...HMAC,
      sig: "sign",
      content: "{canon:json-without:sign}",
      time: { from: "t" },
    });
    expect(both.split("\n").map((line) => line.split(":")[0])).toEqual(["sig", "time.from"]);
  });
});

describe("a verification starts", () => {
  it.each<readonly [why: string, written: WrittenVerifySpec]>([
    ["with as long a template as there may be", { ...HMAC, content: `{raw}${"x".repeat(1_019)}` }],
    ["with as many parts", { ...HMAC, content: "{method}".repeat(32) }],
    ["with the body twice", { ...HMAC, content: "{raw}{json-sorted}" }],
    ["of a token behind a word", { alg: "static", sig: "header:authorization", format: "prefix:Bearer " }],
    ["of a token for the body's sender", { alg: "static", sig: "json:/t", covers: ["sender"] }],
    ["with claims it keeps", { ...HMAC, covers: ["body", "field:/data/id", "field:form:id"] }],
    [
      "that leaves out the member its signature is",
      { ...HMAC, sig: "json:/a", content: "{canon:json-without:a}" },
    ],
    ["of Ed25519 by bytes in base64", { ...HMAC, alg: "ed25519", key: "base64" }],
  ])("%s", (_, written) => {
    expect(problemsOf(written)).toBe("");
  });

  it("with what it leaves out filled in", () => {
    expect(specOf(HMAC)).toMatchObject({
      format: { kind: "plain" },
      encoding: "hex",
      key: "utf8",
      time: null,
    });
    expect(specOf({ ...HMAC, alg: "ed25519" }).key).toBe("pem");
    const { time } = specOf({ ...HMAC, content: "{header:t}{raw}", time: { from: "header:t" } });
    expect(time).toMatchObject({ unit: "s", toleranceSeconds: 300 });
    expect(specOf({ ...HMAC, time: { from: "json:/at", unit: "s" } }).time?.unit).toBe("s");
  });

  it("knowing what it has to read", () => {
    const { headers, needs } = specOf({
      ...HMAC,
      content: "{header:X-Id}.{header:x-signature}.{json:/a}.{raw}",
      time: { from: "json:/at" },
    });
    expect(headers).toEqual(["x-signature", "x-id"]);
    expect(needs).toEqual(new Set(["json"]));
    expect(specOf({ ...HMAC, sig: "form:sign", content: "{query:a}" }).needs).toEqual(
      new Set(["query", "form"]),
    );
    expect(specOf({ ...HMAC, content: "{json-sorted}" }).needs).toEqual(new Set(["json"]));
    expect(specOf(HMAC).needs).toEqual(new Set());
    const timed = { ...HMAC, content: "{header:x-time}{raw}", time: { from: "header:x-time" } } as const;
    expect(specOf(timed).headers).toEqual(["x-signature", "x-time"]);
  });
});

describe("a secret is refused when the configuration is read", () => {
  it.each<readonly [why: string, written: WrittenVerifySpec, value: string]>([
    ["that is empty", { alg: "hmac-sha256", sig: "header:x" }, ""],
    ["that is not hex", { alg: "hmac-sha256", sig: "header:x", key: "hex" }, "not hex"],
    ["that is not base64", { alg: "hmac-sha256", sig: "header:x", key: "base64" }, "*"],
    ["that is whsec_ and nothing", { alg: "hmac-sha256", sig: "header:x", key: "whsec" }, "whsec_"],
    ["that is base64 behind whsec_", { alg: "hmac-sha256", sig: "header:x", key: "base64" }, "whsec_AP8Q"],
    ["that has whsec_ inside", { alg: "hmac-sha256", sig: "header:x", key: "whsec" }, "AP8Qwhsec_AP8Q"],
    ["that is more than a PEM", { alg: "ed25519", sig: "header:x" }, `${PEM}\nAAAA`],
    ["that is a PEM behind something", { alg: "ed25519", sig: "header:x" }, `key:${PEM}`],
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
    const ed25519 = { alg: "ed25519", sig: "header:x" } as const;
    expect(secretProblem(specOf(ed25519), { id: "A", value: PEM })).toBeNull();
    expect(secretProblem(specOf(ed25519), { id: "A", value: `${PEM}\n` })).toBeNull();
    expect(secretProblem(specOf({ ...ed25519, key: "hex" }), { id: "A", value: "00".repeat(32) })).toBeNull();
  });
});
