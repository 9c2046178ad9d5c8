/**
 * Bytes to text, exactly or not at all.
 *
 * Promises: what it returns encodes back to the very bytes that were given, so what was verified is
 * what is parsed. Does not guess charsets, normalise, or repair.
 */
import type { Charset } from "./content-type.ts";

const BYTE_ORDER_MARK = "\ufeff";

/**
 * The UTF-8 text of `bytes`, or null when they are not UTF-8 or start with a byte order mark.
 *
 * `request.text()` would drop the mark and replace bad bytes with U+FFFD: the parser would then see
 * other bytes than the signature covers, and two different bodies would read alike.
 */
export function decodeUtf8(bytes: Uint8Array): string | null {
  try {
    // A decoder per call: it has state, and one hostile body must not touch the next one.
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    return text.startsWith(BYTE_ORDER_MARK) ? null : text;
  } catch {
    return null;
  }
}

/** Under windows-1252 every byte is one character, so nothing can fail and no two bodies read alike. */
export function decodeText(bytes: Uint8Array, charset: Charset): string | null {
  return charset === "utf-8" ? decodeUtf8(bytes) : new TextDecoder("windows-1252").decode(bytes);
}
