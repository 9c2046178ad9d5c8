/**
 * HMAC over raw bytes: SHA-256, and whatever other hash a declaration names.
 *
 * Promises: the algorithm is the caller's and never read from a header; a truncated signature is an
 * ordinary "no", not an exception. Does not know headers, timestamps, encodings or secrets' lifetimes.
 */
import { equalBytes } from "./equal-bytes.ts";

export type HmacHash = "SHA-1" | "SHA-256" | "SHA-384" | "SHA-512";

/** A key to sign with. The caller guarantees that it is not empty: an empty one throws DataError. */
export function importHmacKey(key: Uint8Array, hash: HmacHash = "SHA-256"): Promise<CryptoKey> {
  return crypto.subtle.importKey("raw", key, { name: "HMAC", hash }, false, ["sign"]);
}

/** Imported keys, as long as the configuration they are part of is loaded. */
const imported = new WeakMap<object, Promise<CryptoKey>>();

/**
 * A secret's key, imported once: an account has one scheme, so a secret has one kind of key.
 *
 * @param importKey called the first time only
 */
export function keyOnce(secret: object, importKey: () => Promise<CryptoKey>): Promise<CryptoKey> {
  const known = imported.get(secret);
  if (known) return known;
  const key = importKey();
  imported.set(secret, key);
  return key;
}

/** A secret's key for HMAC-SHA256, imported once; `bytes`, not empty, are read the first time only. */
export function hmacKeyOnce(secret: object, bytes: () => Uint8Array): Promise<CryptoKey> {
  return keyOnce(secret, () => importHmacKey(bytes()));
}

/** The MAC (32 bytes) of `parts`, one after the other, nothing between them. */
export async function hmacSha256(
  key: Uint8Array | CryptoKey,
  ...parts: readonly Uint8Array[]
): Promise<Uint8Array> {
  const cryptoKey = key instanceof Uint8Array ? await importHmacKey(key) : key;
  return await hmac(cryptoKey, parts);
}

/** The MAC of `parts`, one after the other, by the hash the key was imported for. */
export async function hmac(key: CryptoKey, parts: readonly Uint8Array[]): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.sign("HMAC", key, concatenated(parts)));
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
  return anyEqual(await hmacSha256(key, ...parts), candidates);
}

/** Whether any candidate is `expected`. All are compared, whichever is right; none given: false. */
export function anyEqual(expected: Uint8Array, candidates: readonly Uint8Array[]): boolean {
  let matched = false;
  for (const candidate of candidates) {
    const equal = equalBytes(expected, candidate);
    matched = matched || equal;
  }
  return matched;
}

/** One after the other, nothing between them; the only one is not copied. */
export function concatenated(parts: readonly Uint8Array[]): Uint8Array {
  const [only] = parts;
  if (only !== undefined && parts.length === 1) return only;
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
