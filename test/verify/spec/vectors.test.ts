/// <reference types="vite/client" />
/**
 * Signatures that others made: published by the providers, made by their own libraries, or by their documented
 * formula (test/vectors/callbacks.json), over the verification each of them needs.
 */
import { describe, expect, it } from "vitest";
import { presets } from "../../../src/providers/presets/index.ts";
import type { WrittenVerifySpec } from "../../../src/verify/spec/spec.ts";
import written from "../../vectors/callbacks.json";
import { outcomeOf, proofOf, type WrittenRequest } from "./support.ts";

interface Vector {
  readonly psp: string;
  readonly name: string;
  readonly req: WrittenRequest;
  readonly secrets: readonly string[];
  readonly expect: string;
  /** Epoch milliseconds. */
  readonly now?: number;
}

const vectors = written as unknown as readonly Vector[];

/** Of providers that are no presets, or whose vector is part of a callback. */
const OTHERS: Readonly<Record<string, WrittenVerifySpec>> = {
  adyen_item: {
    alg: "hmac-sha256",
    key: "hex",
    encoding: "base64",
    sig: "json:/additionalData/hmacSignature",
    content:
      "{json:/pspReference?}:{json:/originalReference?}:{json:/merchantAccountCode?}:{json:/merchantReference?}:" +
      "{json:/amount/value?}:{json:/amount/currency?}:{json:/eventCode?}:{json:/success?}",
    covers: ["field:/amount/value", "field:/eventCode", "field:/success"],
  },
  praxis_31: {
    alg: "sha384",
    sig: "header:gt-authentication",
    content: "{json:/a}{json:/b}{json:/merchant_id}{json:/timestamp}{json:/version}{secret}",
  },
  cashfree: {
    alg: "hmac-sha256",
    encoding: "base64",
    sig: "header:x-webhook-signature",
    content: "{header:x-webhook-timestamp}{raw}",
  },
  ipay_body: { alg: "static", sig: "json:/token", covers: ["sender"] },
};

/** What the vectors call a preset by another name. */
const NAMES: Readonly<Record<string, string>> = {
  coinpayments_ipn: "coinpayments",
  plisio_json: "plisio",
};

/** What the vectors call a refusal, in the reasons of the relay. */
const REASONS: Readonly<Record<string, readonly string[]>> = {
  ok: ["ok"],
  // A plain header that came twice is no signature at all.
  mismatch: ["bad_signature", "bad_token", "malformed_signature"],
  stale: ["stale"],
  malformed_signature: ["malformed_signature"],
  missing_signature: ["missing_token"],
};

function specFor(psp: string): WrittenVerifySpec {
  const spec = OTHERS[psp] ?? presets.find(({ name }) => name === (NAMES[psp] ?? psp))?.written.verify;
  if (spec === undefined) throw new Error(`no verification for ${psp}`);
  return spec;
}

describe("signatures that others made", () => {
  // An empty secret is refused when the configuration is read (test/config/config.test.ts).
  it.each(vectors.filter(({ expect }) => expect !== "no_secret"))(
    "$psp: $name is $expect",
    async ({ psp, req, secrets, expect: expected, now }) => {
      expect(REASONS[expected]).toContain(await outcomeOf(specFor(psp), req, secrets, now));
    },
  );

  it("are there for every preset that says it was tested against a published one", () => {
    const published = presets.filter(({ tested }) => tested === "published vector").map(({ name }) => name);
    const have = vectors.filter(({ name }) => name.includes("public vector")).map(({ psp }) => psp);
    expect(have).toEqual(expect.arrayContaining(published));
    expect(vectors.length).toBe(38);
  });

  it("name the secret that matched", async () => {
    const rotated = vectors.find(({ name }) => name.startsWith("rotated"));
    if (!rotated) throw new Error("no rotated vector");
    expect(await proofOf(specFor(rotated.psp), rotated.req, rotated.secrets)).toMatchObject({
      ok: true,
      secret: { id: "key-1" },
    });
  });

  it("of NOWPayments' documented replacer array hold over the keys it allows", async () => {
    const nested = vectors.find(({ psp }) => psp === "nowpayments");
    if (!nested) throw new Error("no vector of NOWPayments");
    const spec = { ...specFor("nowpayments"), content: "{json-sorted-toplevel}" };
    expect(await outcomeOf(spec, nested.req, nested.secrets)).toBe("ok");
    const changed = nested.req.body.replace('"depositFee":1e-8', '"depositFee":9');
    expect(await outcomeOf(spec, { ...nested.req, body: changed }, nested.secrets)).toBe("ok");
    const paid = nested.req.body.replace('"actually_paid":0.00029', '"actually_paid":29');
    expect(await outcomeOf(spec, { ...nested.req, body: paid }, nested.secrets)).toBe("bad_signature");
  });
});
