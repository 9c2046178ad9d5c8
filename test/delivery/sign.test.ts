/** Deliveries can be verified by whoever follows the Standard Webhooks specification. */
import { Webhook } from "standardwebhooks";
import { Webhook as SvixWebhook } from "svix";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { jwks } from "../../src/delivery/jwks.ts";
import { signatureHeaders, type Keys } from "../../src/delivery/sign.ts";
import { fromBase64, toBase64 } from "../../src/parse/encoding.ts";
import type { Secret } from "../../src/verify/secret.ts";

const NOW = Date.parse("2026-09-21T14:13:25.900Z");
const EVENT = "evt_c8539d13f33e3c181d1cf2d4e8708735";
const BODY = '{"id":"evt_c8539d13f33e3c181d1cf2d4e8708735","data":{"merchant_reference":"Zoë – №1"}}';
const NEW = secret("new", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
const OLD = secret("old", "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD");
/** The key of the specification's Go library, as the seed alone and with its public half. */
const SEED = "VEVTVFNJR05JTkdLRVlET05PVFVTRVRISVNGT1JBTlk=";
const ED = secret("ed-2", `whsk_${SEED}`);
const ED_OLD = secret("ed-1", "whsk_V0VCSE9PS0FTWU1NRVRSSUNURVNUUFJJVkFURUtFWTE=");

beforeEach(() => void vi.setSystemTime(NOW));
afterEach(() => void vi.useRealTimers());

function secret(id: string, value: string, notAfterMs?: number): Secret {
  return { id, value, notAfterMs };
}

async function signed({ secrets = [], signingKeys = [] }: Partial<Keys>, body = BODY, nowMs = NOW) {
  const headers = await signatureHeaders(EVENT, body, { secrets, signingKeys }, nowMs);
  if (!headers) throw new Error("not signed");
  return headers;
}

const signatures = (headers: { "webhook-signature": string }) => headers["webhook-signature"].split(" ");

describe("v1", () => {
  it("is the specification's published vector", async () => {
    const headers = await signatureHeaders(
      "msg_p5jXN8AQM9LWM0D4loKWxJek",
      '{"test": 2432232314}',
      { secrets: [NEW], signingKeys: [] },
      1_614_265_330_000,
    );
    expect(headers).toEqual({
      "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
      "webhook-timestamp": "1614265330",
      "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    });
  });

  it.each([
    ["standardwebhooks", (value: string) => new Webhook(value)],
    ["svix", (value: string) => new SvixWebhook(value)],
  ])("is verified by %s, and a changed body, id, time or secret is not", async (_, library) => {
    const headers = await signed({ secrets: [NEW] });
    const verifier = library(NEW.value);
    expect(() => verifier.verify(BODY, headers)).not.toThrow();
    const forged = "No matching signature found";
    expect(() => verifier.verify(BODY.replace("1", "2"), headers)).toThrow(forged);
    expect(() => verifier.verify(BODY, { ...headers, "webhook-id": "evt_other" })).toThrow(forged);
    expect(() => verifier.verify(BODY, { ...headers, "webhook-timestamp": "1790000006" })).toThrow(forged);
    expect(() => library(OLD.value).verify(BODY, headers)).toThrow(forged);
  });

  it("is made with the attempt's time, which libraries hold against theirs", async () => {
    const late = await signed({ secrets: [NEW] }, BODY, NOW - 301_000);
    expect(() => new Webhook(NEW.value).verify(BODY, late)).toThrow("too old");
    const soon = await signed({ secrets: [NEW] }, BODY, NOW + 301_000);
    expect(() => new Webhook(NEW.value).verify(BODY, soon)).toThrow("too new");
  });
});

describe("v1a", () => {
  it("is the vector of the specification's Go library, for both forms of the private key", async () => {
    const publicKey = fromBase64(await rawPublicKey(ED)) as Uint8Array;
    const both = new Uint8Array([...(fromBase64(SEED) as Uint8Array), ...publicKey]);
    for (const value of [ED.value, `whsk_${toBase64(both)}`]) {
      const headers = await signatureHeaders(
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        '{"test": 2432232314}',
        { secrets: [], signingKeys: [secret("k", value)] },
        1_614_265_330_000,
      );
      expect(headers?.["webhook-signature"]).toBe(
        "v1a,tQ9V2XOqn7jL/DQenEFpqIugdBVtiMmER5mhSkXBNwM0mkATuDe6KYYUuxqtaiHeYGb7KaaBRdM5WqyeFiL8Ag==",
      );
    }
  });

  it("is verified with the key of the key set, and a changed body is not", async () => {
    const headers = await signed({ signingKeys: [ED] });
    expect(await verifyV1a(headers, BODY, ED)).toBe(true);
    expect(await verifyV1a(headers, `${BODY} `, ED)).toBe(false);
    expect(await verifyV1a(headers, BODY, ED_OLD)).toBe(false);
  });

  it("does not disturb those who know only v1", async () => {
    const headers = await signed({ secrets: [NEW], signingKeys: [ED, ED_OLD] });
    expect(signatures(headers).map((part) => part.split(",")[0])).toEqual(["v1", "v1a", "v1a"]);
    expect(new Webhook(NEW.value).verify(BODY, headers)).toBeTruthy();
    expect(() => new SvixWebhook(NEW.value).verify(BODY, headers)).not.toThrow();
  });

  async function publicKeysOf(key: Secret) {
    const destinations = new Map([["crm", { signingKeys: [key] } as never]]);
    return (await jwks({ destinations, heldDestinations: new Map() }, NOW)).keys;
  }

  async function rawPublicKey(key: Secret): Promise<string> {
    const keys = await publicKeysOf(key);
    const base64 = (keys[0]?.x ?? "").replaceAll("-", "+").replaceAll("_", "/");
    return base64.padEnd(Math.ceil(base64.length / 4) * 4, "=");
  }

  /** As a receiver would: the public half from the key set, nothing else. */
  async function verifyV1a(headers: Record<string, string>, body: string, key: Secret): Promise<boolean> {
    const keys = await publicKeysOf(key);
    const publicKey = await crypto.subtle.importKey("jwk", { ...keys[0] } as JsonWebKey, "Ed25519", false, [
      "verify",
    ]);
    const data = new TextEncoder().encode(`${headers["webhook-id"]}.${headers["webhook-timestamp"]}.${body}`);
    const results = signatures(headers as never)
      .filter((part) => part.startsWith("v1a,"))
      .map((part) =>
        crypto.subtle.verify("Ed25519", publicKey, fromBase64(part.slice("v1a,".length)) as Uint8Array, data),
      );
    return (await Promise.all(results)).includes(true);
  }
});

describe("rotation", () => {
  it("signs with every secret, newest first, and either verifies alone", async () => {
    const headers = await signed({ secrets: [NEW, OLD] });
    const [first] = signatures(await signed({ secrets: [NEW] }));
    expect(signatures(headers)).toHaveLength(2);
    expect(signatures(headers)[0]).toBe(first);
    for (const { value } of [NEW, OLD]) expect(new Webhook(value).verify(BODY, headers)).toBeTruthy();
  });

  it.each([
    [0, 2],
    [1, 1],
  ])("%i ms after the end of the old one there are %i signatures", async (afterMs, count) => {
    const ending = { ...OLD, notAfterMs: NOW };
    expect(signatures(await signed({ secrets: [NEW, ending] }, BODY, NOW + afterMs))).toHaveLength(count);
    const endingEd = { ...ED_OLD, notAfterMs: NOW };
    expect(signatures(await signed({ signingKeys: [ED, endingEd] }, BODY, NOW + afterMs))).toHaveLength(
      count,
    );
  });

  it("signs nothing at all rather than nothing: all keys expired is no header", async () => {
    const keys = {
      secrets: [secret("s", NEW.value, NOW - 1)],
      signingKeys: [secret("k", ED.value, NOW - 1)],
    };
    expect(await signatureHeaders(EVENT, BODY, keys, NOW)).toBeNull();
  });
});
