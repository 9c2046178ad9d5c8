/**
 * The two key formats of Standard Webhooks, read from a destination's secrets: `whsec_` and base64 of 24
 * to 64 bytes for `v1` (HMAC-SHA256); `whsk_` and base64 for the private half of `v1a` (Ed25519).
 *
 * Two forms of an Ed25519 private key are in use: the 32-byte seed (the specification's Go library), and
 * seed followed by public key, 64 bytes (Svix, libsodium, Go's own `ed25519.PrivateKey`). Both are taken,
 * and only the seed is used. Pure.
 */
import { fromBase64 } from "../parse/encoding.ts";
import type { Secret } from "./secret.ts";

const HMAC_PREFIX = "whsec_";
const MIN_HMAC_KEY_BYTES = 24;
const MAX_HMAC_KEY_BYTES = 64;
const ED25519_PREFIX = "whsk_";
const SEED_BYTES = 32;
const SEED_AND_PUBLIC_BYTES = 64;

/** The key bytes of a `whsec_…` secret, or null when it is not one. */
export function hmacKeyOf(secret: Secret): Uint8Array | null {
  if (!secret.value.startsWith(HMAC_PREFIX)) return null;
  const key = fromBase64(secret.value.slice(HMAC_PREFIX.length));
  return key && key.length >= MIN_HMAC_KEY_BYTES && key.length <= MAX_HMAC_KEY_BYTES ? key : null;
}

/** The 32-byte seed of a `whsk_…` secret, or null when it is not one. */
export function ed25519SeedOf(secret: Secret): Uint8Array | null {
  if (!secret.value.startsWith(ED25519_PREFIX)) return null;
  const bytes = fromBase64(secret.value.slice(ED25519_PREFIX.length));
  if (bytes?.length !== SEED_BYTES && bytes?.length !== SEED_AND_PUBLIC_BYTES) return null;
  return bytes.subarray(0, SEED_BYTES);
}
