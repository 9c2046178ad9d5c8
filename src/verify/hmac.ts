/**
 * HMAC-SHA256 over raw bytes.
 *
 * Promises: the algorithm is fixed here and never read from a header; a truncated signature is an
 * ordinary "no", not an exception. Does not know headers, timestamps, encodings or secrets' lifetimes.
 */
import { equalBytes } from "./equal-bytes.ts";

/** A key to sign with. The caller guarantees that it is not empty: an empty one throws DataError. */
export function importHmacKey(key: Uint8Array): Promise<CryptoKey> {
  return crypto.subtle.importKey("raw", key, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
}

/** Imported keys, as long as the configuration they are part of is loaded. */
const imported = new WeakMap<object, Promise<CryptoKey>>();

/**
 * A secret's key, imported once.
 *
 * @param bytes the key's bytes, not empty; read the first time only
 */
export function hmacKeyOnce(secret: object, bytes: () => Uint8Array): Promise<CryptoKey> {
  const known = imported.get(secret);
  if (known) return known;
  const key = importHmacKey(bytes());
  imported.set(secret, key);
  return key;
}

/** The MAC (32 bytes) of `parts`, one after the other, nothing between them. */
export async function hmacSha256(
  key: Uint8Array | CryptoKey,
  ...parts: readonly Uint8Array[]
): Promise<Uint8Array> {
  const cryptoKey = key instanceof Uint8Array ? await importHmacKey(key) : key;
  return new Uint8Array(await crypto.subtle.sign("HMAC", cryptoKey, concatenated(parts)));
}

/**
 * Whether any candidate is the MAC of `parts` under `key`. Of unequal length: false. All candidates
 * are compared, whichever is right; none given: false.
 */
export async function verifyHmac(
  key: Uint8Array | CryptoKey,
  parts: readonly Uint8Array[],
  candidates: readonly Uint8Array[],
): Promise<boolean> {
  const mac = await hmacSha256(key, ...parts);
  let matched = false;
  for (const candidate of candidates) {
    const equal = equalBytes(mac, candidate);
    matched = matched || equal;
  }
  return matched;
}

function concatenated(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
