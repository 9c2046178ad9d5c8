/** CryptoPay's proof: an HMAC over the raw body, in the scheme the account is configured for. */
import { fromBase64, fromHex } from "../parse/encoding.ts";
import { hmacKeyOnce, verifyHmac } from "../verify/hmac.ts";
import { liveSecrets, type Secret } from "../verify/secret.ts";
import { parseSignatureHeader } from "../verify/signature-header.ts";
import { skewSeconds, withinTolerance } from "../verify/timestamp.ts";
import type { Callback } from "./callback.ts";
import type { SourceSettings, Verdict } from "./provider.ts";

export const SIGNATURE_HEADER = "x-cryptopay-signature";
const utf8 = new TextEncoder();

export interface CryptopaySettings extends SourceSettings {
  readonly secrets: readonly Secret[];
  readonly scheme: "t-v1" | "raw";
  /** `whole`: the secret's text is the key (Stripe); `base64`: what follows `whsec_`, decoded (Standard Webhooks). */
  readonly key: "whole" | "base64";
  readonly encoding: "hex" | "base64";
  readonly toleranceSeconds: number;
}

/** Empty when the secret is not of the configured form: refused at configuration time. */
export function keyBytes(secret: Secret, form: "whole" | "base64"): Uint8Array {
  if (form === "whole") return utf8.encode(secret.value);
  return fromBase64(secret.value.replace(/^whsec_/, "")) ?? new Uint8Array();
}

interface Signature {
  /** Seconds, digits only; null under `raw`, which signs no time. */
  readonly t: string | null;
  readonly values: readonly string[];
}

function readSignature(header: string, scheme: "t-v1" | "raw"): Signature | null {
  if (scheme === "raw") {
    // A header that came twice is joined with a comma; a name in front (`sha256=`) is another scheme.
    return /^[A-Za-z0-9+/]+={0,2}$/.test(header) ? { t: null, values: [header] } : null;
  }
  const parsed = parseSignatureHeader(header);
  return parsed && { t: parsed.t, values: parsed.v1 };
}

/** Is one of the signatures the MAC of these bytes, and the time it signs near enough to now? */
export async function verify(
  callback: Callback,
  account: CryptopaySettings,
  world: { nowMs: number },
): Promise<Verdict> {
  const header = callback.headers.get(SIGNATURE_HEADER)?.trim();
  if (!header) return { kind: "refused", reason: "missing_signature" };
  const signature = readSignature(header, account.scheme);
  if (!signature) return { kind: "refused", reason: "malformed_signature" };

  const decode = account.encoding === "hex" ? fromHex : fromBase64;
  const candidates = signature.values.flatMap((value) => decode(value) ?? []);
  const signed = signature.t === null ? [callback.body] : [utf8.encode(`${signature.t}.`), callback.body];
  let matched: Secret | null = null;
  // Every secret is tried, whichever matches first, so that the time does not tell which one it was.
  for (const secret of liveSecrets(account.secrets, world.nowMs)) {
    const key = await hmacKeyOnce(secret, () => keyBytes(secret, account.key));
    const matches = await verifyHmac(key, signed, candidates);
    if (matches) matched ??= secret;
  }
  if (!matched) return { kind: "refused", reason: "bad_signature" };
  if (signature.t !== null && !withinTolerance(signature.t, world.nowMs, account.toleranceSeconds)) {
    return {
      kind: "refused",
      reason: "stale",
      skewSeconds: skewSeconds(signature.t, world.nowMs) ?? undefined,
    };
  }
  return {
    kind: "verified",
    verification: {
      method: "hmac-sha256",
      assurance: "signed",
      covers: signature.t === null ? ["body"] : ["body", "timestamp"],
      key: matched.id,
    },
  };
}
