/**
 * Signing by the Standard Webhooks specification: `webhook-id`, `webhook-timestamp`,
 * `webhook-signature`. One signature per live key, so that a receiver may hold any of them while they
 * are rotated: `v1` (HMAC-SHA256) for each secret, then `v1a` (Ed25519) for each signing key, newest
 * first. Pure but for Web Crypto.
 */
import { toBase64 } from "../parse/encoding.ts";
import { hmacSha256 } from "../verify/hmac.ts";
import { liveSecrets, type Secret } from "../verify/secret.ts";
import { hmacKeyOf } from "../verify/signing-keys.ts";
import { signEd25519 } from "./ed25519.ts";

const utf8 = new TextEncoder();

/** What a destination's requests are signed with. */
export interface Keys {
  /** `whsec_…`, for `v1`. */
  readonly secrets: readonly Secret[];
  /** `whsk_…`, for `v1a`. */
  readonly signingKeys: readonly Secret[];
}

export type SignatureHeaders = Record<"webhook-id" | "webhook-timestamp" | "webhook-signature", string>;

/**
 * The three headers of one attempt, or null when every key has expired: a request must not leave
 * unsigned. `nowMs` is the attempt's time, not the event's.
 */
export async function signatureHeaders(
  eventId: string,
  body: string,
  keys: Keys,
  nowMs: number,
): Promise<SignatureHeaders | null> {
  const timestamp = String(Math.floor(nowMs / 1000));
  const signed = utf8.encode(`${eventId}.${timestamp}.${body}`);
  const hmacKeys = liveSecrets(keys.secrets, nowMs).flatMap((secret) => hmacKeyOf(secret) ?? []);
  const signatures = await Promise.all([
    ...hmacKeys.map(async (key) => `v1,${toBase64(await hmacSha256(key, signed))}`),
    ...liveSecrets(keys.signingKeys, nowMs).map(
      async (key) => `v1a,${toBase64(await signEd25519(key, signed))}`,
    ),
  ]);
  if (signatures.length === 0) return null;
  return {
    "webhook-id": eventId,
    "webhook-timestamp": timestamp,
    "webhook-signature": signatures.join(" "),
  };
}
