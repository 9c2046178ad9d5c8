import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fromBase64, fromHex, toBase64, toHex } from "../../src/parse/encoding.ts";
import { sha256Hex } from "../../src/verify/digest.ts";
import {
  concatenated,
  hmacKeyOnce,
  hmacSha256,
  importHmacKey,
  keyOnce,
  verifyHmac,
} from "../../src/verify/hmac.ts";

const utf8 = (text: string) => new TextEncoder().encode(text);

function decoded(bytes: Uint8Array | null): Uint8Array {
  if (bytes === null) throw new Error("not decodable");
  return bytes;
}

/** developers.cryptopay.me, "Callbacks": raw body, hex. */
const CRYPTOPAY_ME = {
  secret: "hzeRDX54BYleXGwGm2YEWR4Ony1_ZU2lSTpAuxhW1gQ",
  hex: "7c021857107203da4af1d24007bb0f752e2f04478e5e5bff83719101f2349b54",
  body: '{"type":"Invoice","event":"status_changed","data":{"id":"ff48eeba-ab18-4088-96bc-4be10a82b994","status":"completed","status_context":null,"address":"rs9pE6CnNLE8YiTgTwbAk1AkFyS3opsm7K?dt=701","price_amount":"1.0","price_currency":"EUR","pay_amount":"3.113326","pay_currency":"XRP","paid_amount":"3.113326","exchange":{"pair":"XRPEUR","rate":"0.3212"},"transactions":[{"txid":"3EA591FED2F1F61263CB66AAC6BCF520B0714A08F2481D56DE267F31E0C782B9","risk":null}],"name":null,"description":null,"metadata":null,"custom_id":null,"success_redirect_url":null,"created_at":"2019-04-09T15:22:09+00:00","expires_at":"2019-04-09T15:32:09+00:00"}}',
};

describe("published vectors", () => {
  it("verifies cryptopay.me's callback (raw body, hex)", async () => {
    const { secret, hex, body } = CRYPTOPAY_ME;
    const mac = decoded(fromHex(hex));
    expect(await verifyHmac(utf8(secret), [utf8(body)], [mac])).toBe(true);
    const tampered = body.replace('"price_amount":"1.0"', '"price_amount":"9.0"');
    expect(await verifyHmac(utf8(secret), [utf8(tampered)], [mac])).toBe(false);
  });

  it("verifies Standard Webhooks' example (three parts, base64 key and signature)", async () => {
    const key = decoded(fromBase64("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"));
    const parts = ["msg_p5jXN8AQM9LWM0D4loKWxJek", ".", "1614265330", ".", '{"test": 2432232314}'];
    const mac = decoded(fromBase64("g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="));
    expect(await verifyHmac(key, parts.map(utf8), [mac])).toBe(true);
    expect(await verifyHmac(key, parts.slice(2).map(utf8), [mac])).toBe(false);
  });

  it("verifies Stripe's scheme as its library signs it (t.body, hex)", async () => {
    const body = '{"id":"evt_1","object":"event","type":"payment_intent.succeeded"}';
    const mac = decoded(fromHex("5eeb495d801dd5a11b7cfd8f571c91dbe974822e44d262bef0f7f075487b8db6"));
    const parts = [utf8("1790000000"), utf8("."), utf8(body)];
    expect(await verifyHmac(utf8("whsec_test"), parts, [mac])).toBe(true);
  });

  it.each([
    // RFC 4231, test cases 1, 2 and 6 (a key longer than a block).
    ["0b".repeat(20), "4869205468657265", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"],
    [
      "4a656665",
      toHex(utf8("what do ya want for nothing?")),
      "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
    ],
    [
      "aa".repeat(131),
      toHex(utf8("Test Using Larger Than Block-Size Key - Hash Key First")),
      "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
    ],
  ])("computes RFC 4231 with key %.10s…", async (key, data, mac) => {
    expect(toHex(await hmacSha256(decoded(fromHex(key)), decoded(fromHex(data))))).toBe(mac);
  });

  it("computes SHA-256 of text and of bytes (FIPS 180-4)", async () => {
    const abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    expect(await sha256Hex("abc")).toBe(abc);
    expect(await sha256Hex(utf8("abc"))).toBe(abc);
  });
});

describe("verifyHmac", () => {
  const key = utf8("k");
  const body = utf8("{}");

  it("accepts the right candidate wherever it stands", async () => {
    const mac = await hmacSha256(key, body);
    const wrong = new Uint8Array(32);
    expect(await verifyHmac(key, [body], [mac, wrong])).toBe(true);
    expect(await verifyHmac(key, [body], [wrong, mac])).toBe(true);
    expect(await verifyHmac(key, [body], [wrong, wrong])).toBe(false);
    expect(await verifyHmac(key, [body], [])).toBe(false);
  });

  it.each([0, 1, 31, 33, 64])("refuses a candidate of %i bytes, without a throw", async (length) => {
    const mac = await hmacSha256(key, body);
    const candidate = new Uint8Array(length);
    candidate.set(mac.subarray(0, Math.min(length, 32)));
    expect(await verifyHmac(key, [body], [candidate])).toBe(false);
  });

  it("signs the parts one after the other, nothing between them", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 20 }), { maxLength: 5 }), async (parts) => {
        const whole = Uint8Array.from(parts.flatMap((part) => [...part]));
        expect(await verifyHmac(key, parts, [await hmacSha256(key, whole)])).toBe(true);
      }),
    );
  });

  it("refuses under another key", async () => {
    expect(await verifyHmac(utf8("K"), [body], [await hmacSha256(key, body)])).toBe(false);
  });

  it("imports a key that can sign and cannot be read", async () => {
    const imported = await importHmacKey(key);
    expect(imported.extractable).toBe(false);
    expect(imported.usages).toEqual(["sign"]);
  });
});

describe("a secret's key", () => {
  it("is imported once, and again for another secret", async () => {
    let imports = 0;
    const importKey = async () => {
      imports += 1;
      return await importHmacKey(utf8("k"));
    };
    const secret = {};
    expect(await keyOnce(secret, importKey)).toBe(await keyOnce(secret, importKey));
    expect(imports).toBe(1);
    await keyOnce({}, importKey);
    expect(imports).toBe(2);
  });

  it("for HMAC-SHA256 signs as its bytes do", async () => {
    const key = await hmacKeyOnce({}, () => utf8("k"));
    expect(await hmacSha256(key, utf8("{}"))).toEqual(await hmacSha256(utf8("k"), utf8("{}")));
  });
});

describe("concatenated", () => {
  it("copies a body only where something stands beside it", () => {
    const body = utf8("{}");
    expect(concatenated([body])).toBe(body);
    expect(concatenated([body, utf8("!")])).toEqual(utf8("{}!"));
    expect(concatenated([])).toEqual(new Uint8Array());
  });
});

describe("hex", () => {
  it("is reversible", () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(fromHex(toHex(bytes))).toEqual(bytes);
        expect(fromHex(toHex(bytes).toUpperCase())).toEqual(bytes);
      }),
    );
  });

  it.each(["a", "0g", "0x00", " 00", "00 ", "00\n", "+1", "-1", "0.", "٣٣", "00, 00"])(
    "refuses %j",
    (text) => {
      expect(fromHex(text)).toBeNull();
    },
  );
});

describe("base64", () => {
  it("is reversible", () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(fromBase64(toBase64(bytes))).toEqual(bytes);
      }),
    );
  });

  it.each([
    ["no padding", "YQ"],
    ["half the padding", "YQ="],
    ["too much padding", "YWI=="],
    ["padding alone", "===="],
    ["padding in the middle", "YQ==YQ=="],
    ["unused bits set", "YR=="],
    ["the alphabet of URLs", "-_-_"],
    ["white space", "YW Jj"],
    ["white space after it", "YWJj\n"],
    ["a length of one", "Y"],
    ["other characters", "YW\u00e4j"],
  ])("refuses %s", (_, text) => {
    expect(fromBase64(text)).toBeNull();
  });

  it("takes one spelling of a value, and never throws", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(..."AZaz09+/=- \n"), maxLength: 12 }), (text) => {
        const bytes = fromBase64(text);
        if (bytes !== null) expect(toBase64(bytes)).toBe(text);
      }),
      { numRuns: 1_000 },
    );
  });

  it("encodes a megabyte", () => {
    const bytes = new Uint8Array(1_048_576).fill(0xa5);
    expect(fromBase64(toBase64(bytes))?.length).toBe(bytes.length);
  });
});
