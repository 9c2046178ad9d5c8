/**
 * Signing by the Standard Webhooks specification: `webhook-id`, `webhook-timestamp`,
 * `webhook-signature`. One signature per live key, so that a receiver may hold any of them while they
 * are rotated: `v1` (HMAC-SHA256) for each secret, then `v1a` (Ed25519) for each signing key, newest
 * first. Pure but for Web Crypto.
 */
import { toBase64 } from "../parse/encoding.ts";
import { hmacKeyOnce, hmacSha256 } from "../verify/hmac.ts";
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
  const hmacSecrets = liveSecrets(keys.secrets, nowMs);
  const signatures = await Promise.all([
    ...hmacSecrets.map(async (secret) => {
      const key = await hmacKeyOnce(secret, () => requiredKeyOf(secret));
      return `v1,${toBase64(await hmacSha256(key, signed))}`;
    }),
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

/** The configuration has checked that the secret is a key. */
function requiredKeyOf(secret: Secret): Uint8Array {
  const key = hmacKeyOf(secret);
  if (!key) throw new Error(`secret ${secret.id} is not a Standard Webhooks secret`);
  return key;
}
