/**
 * HMAC-SHA256 over raw bytes, and the encodings signatures travel in.
 *
 * Promises: the algorithm is fixed here and never read from a header (threat 20); a malformed or
 * truncated signature is an ordinary "no", not an exception; decoders take one spelling of a value
 * where the platform's take many. Does not know headers, timestamps or secrets' lifetimes.
 */
import { equalBytes } from "./equal-bytes.ts";

/**
 * `String.fromCharCode` takes its characters as arguments; a megabyte of them overflows the stack.
 */
const BASE64_CHUNK_BYTES = 8_192;

/**
 * A key to sign with. The caller guarantees that it is not empty: an empty one throws DataError
 * (threat 3).
 */
export function importHmacKey(key: Uint8Array): Promise<CryptoKey> {
  return crypto.subtle.importKey("raw", key, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
}

/** The MAC (32 bytes) of `parts`, one after the other, nothing between them. */
export async function hmacSha256(key: Uint8Array, ...parts: readonly Uint8Array[]): Promise<Uint8Array> {
  const mac = await crypto.subtle.sign("HMAC", await importHmacKey(key), concatenated(parts));
  return new Uint8Array(mac);
}

/**
 * Whether any candidate is the MAC of `parts` under `key`. Of unequal length: false. All candidates
 * are compared, whichever is right; none given: false.
 */
export async function verifyHmac(
  key: Uint8Array,
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

/** The bytes of an even number of hex digits in either case; null for anything else. */
export function fromHex(text: string): Uint8Array | null {
  if (text.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(text)) return null;
  return Uint8Array.from({ length: text.length / 2 }, (_, i) =>
    Number.parseInt(text.slice(i * 2, i * 2 + 2), 16),
  );
}

/**
 * The bytes of RFC 4648 section 4 base64, padded and with unused bits zero; null for anything else.
 *
 * `atob` alone also takes white space, missing padding and stray bits: a hundred spellings of one
 * signature. Hence the way back must give the same text.
 */
export function fromBase64(text: string): Uint8Array | null {
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) return null;
  const bytes = Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
  return toBase64(bytes) === text ? bytes : null;
}

/** Lower-case hex. */
export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** RFC 4648 section 4 base64, padded. */
export function toBase64(bytes: Uint8Array): string {
  let binary = "";
  for (let start = 0; start < bytes.length; start += BASE64_CHUNK_BYTES) {
    binary += String.fromCharCode(...bytes.subarray(start, start + BASE64_CHUNK_BYTES));
  }
  return btoa(binary);
}

/** SHA-256 as lower-case hex; of a string, over its UTF-8 bytes. */
export async function sha256Hex(data: Uint8Array | string): Promise<string> {
  const bytes = typeof data === "string" ? new TextEncoder().encode(data) : data;
  return toHex(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)));
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
