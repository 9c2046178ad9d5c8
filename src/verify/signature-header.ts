/**
 * The `t=…,v1=…` signature header, as Stripe and its followers write it.
 *
 * Promises: one reading or none; linear; no more than MAX_SIGNATURE_PARTS are ever looked at. Does
 * not decode or verify: `v1` is hex or base64 by configuration, never by its looks.
 */
import { MAX_SIGNATURE_PARTS } from "../limits.ts";

/**
 * The timestamp and the signatures of the header, or null when it is malformed.
 *
 * Exactly one `t`, digits only; one or more `v1`, not empty. `v0` and unknown names are ignored, so
 * a sender may add schemes; alone they prove nothing. Spaces and tabs around a part are
 * dropped (RFC 9110 section 5.6.1). That matters for a header that came twice: the runtime joins it
 * as `a, b`, and a parser that took ` t` for an unknown name would accept the second one's `v1`
 * under the first one's `t`.
 */
export function parseSignatureHeader(
  value: string,
): { readonly t: string; readonly v1: readonly string[] } | null {
  // One part more than allowed is enough to see that there are too many.
  const parts = value.split(",", MAX_SIGNATURE_PARTS + 1);
  if (parts.length > MAX_SIGNATURE_PARTS) return null;

  let t: string | null = null;
  const v1: string[] = [];
  for (const part of parts) {
    // Split at the first "=": base64 signatures end in more of them. Anchored, and no two neighbours
    // share a character, so a header of blanks costs no more than its length.
    const match = /^[ \t]*([A-Za-z0-9_-]+)=([\x21-\x7e]*)[ \t]*$/.exec(part);
    if (match === null) return null;
    const [, name = "", content = ""] = match;
    if (name === "t") {
      if (t !== null || !/^\d+$/.test(content)) return null;
      t = content;
    } else if (name === "v1") {
      if (content === "") return null;
      v1.push(content);
    }
  }
  return t === null || v1.length === 0 ? null : { t, v1 };
}
