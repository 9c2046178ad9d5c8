/** A declared verification at its edges: times, secrets, encodings, doubled parts, and every part of a template. */
import { describe, expect, it } from "vitest";
import { toBase64, toHex } from "../../../src/parse/encoding.ts";
import type { WrittenVerifySpec } from "../../../src/verify/spec/spec.ts";
import { verifyDeclared } from "../../../src/verify/spec/verify.ts";
import { hmacSha256 } from "../../../src/verify/hmac.ts";
import { callbackOf } from "../../support/callbacks.ts";
import { outcomeOf, proofOf, specOf } from "./support.ts";

const utf8 = new TextEncoder();
const SECRET = "acme-secret";
const NOW_S = 1_790_000_000;

const mac = async (text: string, secret = SECRET) => await hmacSha256(utf8.encode(secret), utf8.encode(text));
const hex = async (text: string, secret = SECRET) => toHex(await mac(text, secret));

const HMAC: WrittenVerifySpec = { alg: "hmac-sha256", sig: "header:x-signature" };

/** The outcome of a callback that signs `content`, under a template. */
async function signedOver(
  content: string,
  written: Partial<WrittenVerifySpec>,
  body = '{"id":"a"}',
  more: Parameters<typeof outcomeOf>[4] = {},
  headers: Readonly<Record<string, string>> = {},
): Promise<string> {
  const request = { headers: { "x-signature": await hex(content), ...headers }, body };
  return await outcomeOf({ ...HMAC, ...written }, request, [SECRET], NOW_S * 1_000, more);
}

describe("the parts of a template", () => {
  it.each<readonly [template: string, content: string]>([
    ["{json:/id}", "a"],
    ["{json:/n}", "1.10"],
    ["{json:/yes}", "true"],
    ["{json:/none?}|{json:/nil?}", "|"],
    ["{json:/list/1/x}", "b"],
    ["{method} {path}", "POST /in/acme/shop"],
    ["{url}", "https://relay.test/in/acme/shop?a=1"],
    ["{query:a}{header:x-id}", "1id-1"],
    ["{b64:raw}", btoa('{"id":"a","n":1.10,"yes":true,"nil":null,"list":[0,{"x":"b"}]}')],
    ["{b64:json-sorted}", btoa('{"id":"a","list":[0,{"x":"b"}],"n":1.10,"nil":null,"yes":true}')],
  ])("%s is %j", async (content, signed) => {
    const body = '{"id":"a","n":1.10,"yes":true,"nil":null,"list":[0,{"x":"b"}]}';
    const url = "https://relay.test/in/acme/shop?a=1";
    expect(await signedOver(signed, { content }, body, { url, query: "a=1" }, { "x-id": "id-1" })).toBe("ok");
    expect(await signedOver(`${signed}!`, { content }, body, { url, query: "a=1" }, { "x-id": "id-1" })).toBe(
      "bad_signature",
    );
  });

  it.each([
    ["absent", "{json:/nothing}"],
    ["an object", "{json:/inner}"],
    ["a lone surrogate", "{json:/odd}"],
  ])("that is %s cannot have been signed", async (_, content) => {
    const body = '{"id":"a","inner":{},"odd":"\\ud800"}';
    expect(await signedOver("", { content }, body)).toBe("bad_signature");
    expect(await signedOver("\ufffd", { content }, body)).toBe("bad_signature");
  });

  it.each([
    ["value that is absent", "{json:/nothing}", "unsigned:json:/nothing"],
    ["address that is not known any more", "{url}", "unsigned:url"],
    ["path of it", "{path}", "unsigned:path"],
  ])("are named where one is a %s", async (_, content, detail) => {
    const request = { headers: { "x-signature": await hex("null") }, body: "{}" };
    expect(await proofOf({ ...HMAC, content }, request, [SECRET])).toEqual({
      ok: false,
      reason: "bad_signature",
      detail,
    });
  });

  it("write the body again without its signature, letters as PHP escapes them", async () => {
    const spec = { ...HMAC, sig: "json:/sign" };
    for (const [content, signed] of [
      ["{canon:json-without:sign}", '{"v":"é/"}'],
      ["{php-json-without:sign}", String.raw`{"v":"\u00e9\/"}`],
      ["{php-json-unicode-without:sign}", String.raw`{"v":"é\/"}`],
    ] as const) {
      const body = JSON.stringify({ v: "é/", sign: await hex(signed) });
      expect(await outcomeOf({ ...spec, content }, { headers: {}, body }, [SECRET])).toBe("ok");
    }
  });

  it.each([
    ["json", { content: "{json:/id}" }, "{", {}],
    ["encoding", { content: "{form:id}" }, "id=%ff", { contentType: "application/x-www-form-urlencoded" }],
    ["encoding", { content: "{query:id}" }, "{}", { query: "id=%ff" }],
  ] as const)("are refused as %s with contents that cannot be read", async (reason, written, body, more) => {
    expect(await signedOver("", written, body, more)).toBe(reason);
  });

  it("take nothing from the prototype of an object", async () => {
    expect(await signedOver("", { content: "{json:/constructor?}" })).toBe("ok");
    expect(await signedOver("function", { content: "{json:/constructor/name?}" })).toBe("bad_signature");
  });

  it("refuse a key that is given twice, before anything is compared", async () => {
    expect(await signedOver("a", { content: "{json:/id}" }, '{"id":"b","id":"a"}')).toBe("duplicate_key");
    const form = { ...HMAC, sig: "form:sign", content: "{form:id}" };
    const body = `id=1&id=2&sign=${await hex("2")}`;
    const contentType = "application/x-www-form-urlencoded";
    expect(await outcomeOf(form, { headers: { "content-type": contentType }, body }, [SECRET])).toBe(
      "duplicate_key",
    );
  });
});

describe("a signed time", () => {
  const written: WrittenVerifySpec = {
    ...HMAC,
    format: "kv:comma:v1",
    content: "{sig:t}.{raw}",
    time: { from: "sig:t" },
  };
  const at = async (t: string, spec = written) => {
    const header = `t=${t},v1=${await hex(`${t}.{}`)}`;
    return await outcomeOf(spec, { headers: { "x-signature": header }, body: "{}" }, [SECRET], NOW_S * 1_000);
  };

  it.each([
    [0, "ok"],
    [300, "ok"],
    [-300, "ok"],
    [301, "stale"],
    [-301, "stale"],
  ])("%i s from now is %s", async (offset, expected) => {
    expect(await at(String(NOW_S + offset))).toBe(expected);
  });

  it("says how far off it was, for the log", async () => {
    const header = `t=1,v1=${await hex("1.{}")}`;
    const request = { headers: { "x-signature": header }, body: "{}" };
    expect(await proofOf(written, request, [SECRET], NOW_S * 1_000)).toEqual({
      ok: false,
      reason: "stale",
      skewSeconds: NOW_S - 1,
    });
  });

  it("of an unproved callback says nothing", async () => {
    const request = { headers: { "x-signature": `t=1,v1=${"0".repeat(64)}` }, body: "{}" };
    expect(await outcomeOf(written, request, [SECRET], NOW_S * 1_000)).toBe("bad_signature");
  });

  it.each(["1790000000.5", "-1790000000", "1.79e9", "0x6ab13b80", "١٧٩"])(
    "in the signature's own header is no time as %s",
    async (t) => {
      expect(await at(t)).toBe("malformed_signature");
    },
  );

  it.each([
    ["ms", `${NOW_S + 300}999`, "ok"],
    ["ms", `${NOW_S + 301}000`, "stale"],
    ["s", `${NOW_S}`, "ok"],
    ["ms", "999", "bad_timestamp"],
    ["ms", `x${NOW_S}000`, "bad_timestamp"],
    ["ms", `${NOW_S}000x`, "bad_timestamp"],
    ["iso", "2026-09-21T14:18:20Z", "ok"],
    ["iso", "2026-09-21T16:18:21.5+02:00", "stale"],
    ["iso", "yesterday", "bad_timestamp"],
  ] as const)("in %s: %s is %s", async (unit, t, expected) => {
    const spec: WrittenVerifySpec = {
      ...HMAC,
      content: "{header:x-time}.{raw}",
      time: { from: "header:x-time", unit },
    };
    const request = { headers: { "x-time": t, "x-signature": await hex(`${t}.{}`) }, body: "{}" };
    expect(await outcomeOf(spec, request, [SECRET], NOW_S * 1_000)).toBe(expected);
  });

  it("that is not there is no time", async () => {
    const spec: WrittenVerifySpec = {
      ...HMAC,
      content: "{header:x-time?}.{raw}",
      time: { from: "header:x-time" },
    };
    const request = { headers: { "x-signature": await hex(".{}") }, body: "{}" };
    expect(await outcomeOf(spec, request, [SECRET], NOW_S * 1_000)).toBe("bad_timestamp");
  });

  it("may be a value of the body that is signed as a whole", async () => {
    const spec: WrittenVerifySpec = { ...HMAC, time: { from: "json:/at" } };
    for (const [at, expected] of [
      [NOW_S, "ok"],
      [1, "stale"],
    ] as const) {
      const body = `{"at":${at}}`;
      const request = { headers: { "x-signature": await hex(body) }, body };
      expect(await outcomeOf(spec, request, [SECRET], NOW_S * 1_000)).toBe(expected);
    }
  });
});

describe("secrets", () => {
  const request = async (secret: string) => ({
    headers: { "x-signature": await hex("{}", secret) },
    body: "{}",
  });

  it("are each tried, and the one that matched is named", async () => {
    for (const [index, secret] of ["one", "two", "three"].entries()) {
      expect(await proofOf(HMAC, await request(secret), ["one", "two", "three"])).toMatchObject({
        ok: true,
        secret: { id: `key-${index}` },
      });
    }
    expect(await outcomeOf(HMAC, await request("four"), ["one", "two", "three"])).toBe("bad_signature");
  });

  it("are accepted up to their last instant", async () => {
    const spec = specOf(HMAC);
    const { headers, body } = await request("old");
    const callback = callbackOf(body, { headers: new Map(Object.entries(headers)) });
    const secrets = [{ id: "old", value: "old", notAfterMs: 1_000 }];
    expect((await verifyDeclared(spec, callback, secrets, 1_000)).ok).toBe(true);
    expect((await verifyDeclared(spec, callback, secrets, 1_001)).ok).toBe(false);
  });

  it.each([
    ["hex", "00ff10", Uint8Array.of(0, 255, 16)],
    ["base64", "AP8Q", Uint8Array.of(0, 255, 16)],
    ["whsec", "whsec_AP8Q", Uint8Array.of(0, 255, 16)],
  ] as const)("of the form %s are decoded", async (key, secret, bytes) => {
    const signature = toHex(await hmacSha256(bytes, utf8.encode("{}")));
    expect(
      await outcomeOf({ ...HMAC, key }, { headers: { "x-signature": signature }, body: "{}" }, [secret]),
    ).toBe("ok");
  });

  it("of the form sha256-raw are hashed", async () => {
    const key = new Uint8Array(await crypto.subtle.digest("SHA-256", utf8.encode("loginpassword")));
    const signature = toHex(await hmacSha256(key, utf8.encode("{}")));
    const request = { headers: { "x-signature": signature }, body: "{}" };
    expect(await outcomeOf({ ...HMAC, key: "sha256-raw" }, request, ["loginpassword"])).toBe("ok");
  });
});

describe("a signature's spelling", () => {
  const body = "{}";
  const given = async (written: Partial<WrittenVerifySpec>, value: string) =>
    await outcomeOf({ ...HMAC, ...written }, { headers: { "x-signature": value }, body }, [SECRET]);

  it("is hex in either case, and nothing else", async () => {
    const right = await hex(body);
    expect(await given({}, right.toUpperCase())).toBe("ok");
    for (const wrong of [right.slice(1), `${right}00`, `0x${right}`, toBase64(await mac(body))]) {
      expect(await given({}, wrong)).toBe("bad_signature");
    }
  });

  it("is base64 with its padding, and nothing else", async () => {
    const right = toBase64(await mac(body));
    expect(await given({ encoding: "base64" }, right)).toBe("ok");
    for (const wrong of [right.slice(0, -1), `${right}=`, await hex(body)]) {
      expect(await given({ encoding: "base64" }, wrong)).toBe("bad_signature");
    }
  });

  it.each(["plain", "prefix:v1="])("is one word where it is %s", async (format) => {
    const right = await hex(body);
    const mark = format === "plain" ? "" : "v1=";
    expect(await given({ format }, `${mark}${right}`)).toBe("ok");
    for (const wrong of [` ${right}`, `${right}\n`, `${right}, ${right}`, `sha256=${right}`, "é"]) {
      expect(await given({ format }, `${mark}${wrong}`)).toBe("malformed_signature");
    }
  });

  it("that is none is passed over among several", async () => {
    expect(await given({ format: "kv:comma:v1" }, `v1=!,v1=${await hex(body)}`)).toBe("ok");
    expect(await given({ format: "kv:comma:v1" }, "v1=!")).toBe("bad_signature");
    expect(await given({ format: "list:v1" }, `v1,! v1,${await hex(body)}`)).toBe("ok");
    expect(await given({ format: "list:v1" }, "v1,!")).toBe("bad_signature");
  });

  it("is base64url without padding", async () => {
    const right = toBase64(await mac(body))
      .replaceAll("+", "-")
      .replaceAll("/", "_")
      .replace("=", "");
    expect(await given({ encoding: "base64url" }, right)).toBe("ok");
    expect(await given({ encoding: "base64url" }, `${right}=`)).toBe("bad_signature");
  });

  it.each([
    ["kv:comma:v1", "v1=", "malformed_signature"],
    ["kv:comma:v1", "v0=00", "malformed_signature"],
    ["kv:comma:v1", "", "missing_signature"],
    ["list:v1", "v2,AA==", "malformed_signature"],
    ["prefix:sha256=", "sha1=00", "malformed_signature"],
    ["kv:semi:h1", "ts=1,h1=00", "malformed_signature"],
  ])("%s: %j is %s", async (format, value, expected) => {
    expect(await given({ format }, value)).toBe(expected);
  });

  it("of many parts is not read to its end", async () => {
    const right = await hex(body);
    const many = Array.from({ length: 16 }, () => `v1=${"0".repeat(64)}`);
    expect(await given({ format: "kv:comma:v1" }, [...many.slice(1), `v1=${right}`].join(","))).toBe("ok");
    expect(await given({ format: "kv:comma:v1" }, [...many, `v1=${right}`].join(","))).toBe(
      "malformed_signature",
    );
    const list = Array.from({ length: 16 }, () => `v1,${"0".repeat(64)}`);
    expect(await given({ format: "list:v1" }, [...list.slice(1), `v1,${right}`].join(" "))).toBe("ok");
    expect(await given({ format: "list:v1" }, [...list, `v1,${right}`].join(" "))).toBe(
      "malformed_signature",
    );
  });

  it("has each of the parts that are signed, and they say something", async () => {
    const spec = { format: "kv:comma:v1", content: "{sig:t}.{raw}" };
    expect(await given(spec, `t=1,v1=${await hex("1.{}")}`)).toBe("ok");
    expect(await given(spec, `t=,v1=${await hex(".{}")}`)).toBe("malformed_signature");
    expect(await given(spec, `v1=${await hex(".{}")}`)).toBe("malformed_signature");
  });

  it("takes no time from a header that came twice", async () => {
    const spec = { format: "kv:comma:v1", content: "{sig:t}.{raw}", time: { from: "sig:t" } };
    const header = `t=1,v1=00, t=${NOW_S},v1=${await hex(`${NOW_S}.{}`)}`;
    expect(await given(spec, header)).toBe("malformed_signature");
  });
});

describe("public keys", () => {
  const pem = async (key: CryptoKey) => {
    const spki = new Uint8Array((await crypto.subtle.exportKey("spki", key)) as ArrayBuffer);
    return `-----BEGIN PUBLIC KEY-----\n${toBase64(spki)}\n-----END PUBLIC KEY-----`;
  };

  it.each([
    ["ed25519", { name: "Ed25519" }],
    [
      "rsa-sha256",
      {
        name: "RSASSA-PKCS1-v1_5",
        hash: "SHA-256",
        modulusLength: 2048,
        publicExponent: Uint8Array.of(1, 0, 1),
      },
    ],
  ] as const)("of %s verify what their private halves signed", async (alg, parameters) => {
    const pair = (await crypto.subtle.generateKey(parameters, true, ["sign", "verify"])) as CryptoKeyPair;
    const signature = toBase64(
      new Uint8Array(await crypto.subtle.sign(parameters.name, pair.privateKey, utf8.encode("{}"))),
    );
    const written: WrittenVerifySpec = { alg, sig: "header:x-signature", encoding: "base64" };
    const headers = { "x-signature": signature };
    const secret = await pem(pair.publicKey);
    expect(await outcomeOf(written, { headers, body: "{}" }, [secret])).toBe("ok");
    expect(await outcomeOf(written, { headers, body: "{ }" }, [secret])).toBe("bad_signature");
    const none = { headers: { "x-signature": "no-base64" }, body: "{}" };
    expect(await outcomeOf(written, none, [secret])).toBe("bad_signature");
    expect(await outcomeOf(written, { headers, body: "{}" }, [secret.replaceAll("\n", String.raw`\n`)])).toBe(
      "ok",
    );
  });

  it.each(["hex", "base64"] as const)("of Ed25519 may be their bytes in %s", async (key) => {
    const pair = (await crypto.subtle.generateKey({ name: "Ed25519" }, true, [
      "sign",
      "verify",
    ])) as CryptoKeyPair;
    const raw = new Uint8Array((await crypto.subtle.exportKey("raw", pair.publicKey)) as ArrayBuffer);
    const signature = new Uint8Array(await crypto.subtle.sign("Ed25519", pair.privateKey, utf8.encode("{}")));
    const written: WrittenVerifySpec = { alg: "ed25519", sig: "header:x-signature", key };
    const headers = { "x-signature": toHex(signature) };
    const secret = key === "hex" ? toHex(raw) : toBase64(raw);
    expect(await outcomeOf(written, { headers, body: "{}" }, [secret])).toBe("ok");
    expect(await outcomeOf(written, { headers, body: "[]" }, [secret])).toBe("bad_signature");
  });
});
