/**
 * CryptoPay's proof as data: an HMAC over the raw body, in the scheme the account is configured for. What of a
 * specification is the account's own is the age it allows.
 */
import type { Secret } from "../verify/secret.ts";
import { secretProblem, verifySpec, type VerifySpec } from "../verify/spec/spec.ts";
import type { ProofSettings } from "./proof.ts";

export const SIGNATURE_HEADER = "x-cryptopay-signature";

/** As an account writes them (docs/providers.md#cryptopay). */
export interface SignatureOptions {
  readonly scheme: "t-v1" | "raw";
  /** `whole`: the secret's text is the key (Stripe); `base64`: what follows `whsec_`, decoded (Standard Webhooks). */
  readonly key: "whole" | "base64";
  readonly encoding: "hex" | "base64";
  /** 0: of any age. */
  readonly tolerance_seconds: number;
}

const SCHEMES = {
  "t-v1": { format: "kv:comma:v1", content: "{sig:t}.{raw}", time: { from: "sig:t" } },
  raw: { content: "{raw}" },
};

const KEYS = { whole: "utf8", base64: "whsec" } as const;

export function proofOf({ scheme, key, encoding, tolerance_seconds }: SignatureOptions): ProofSettings {
  const spec = verifySpec.parse({
    ...SCHEMES[scheme],
    alg: "hmac-sha256",
    sig: `header:${SIGNATURE_HEADER}`,
    key: KEYS[key],
    encoding,
  });
  return {
    spec: { ...spec, time: spec.time && { ...spec.time, toleranceSeconds: tolerance_seconds } },
    believed: { method: spec.alg, assurance: "signed", covers: [...spec.coverage.claims] },
  };
}

/** Why this secret is no key of the account, or null. */
export function keyProblem(spec: VerifySpec, secret: Secret): string | null {
  if (secretProblem(spec, secret) === null) return null;
  return `secret ${secret.id} is not whsec_<base64> although key = "base64"`;
}
