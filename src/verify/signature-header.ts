/**
 * The `t=…,v1=…` signature header, as Stripe and its followers write it.
 *
 * Promises: one reading or none; linear; no more than MAX_SIGNATURE_PARTS are ever looked at. Does
 * not decode or verify: `v1` is hex or base64 by configuration, never by its looks. Which names must be
 * there, and how often, its reader says (`spec/formats.ts`).
 */
import { MAX_SIGNATURE_PARTS } from "../limits.ts";

export type Separator = "," | ";";

/**
 * All values of each name in a header of `name=value` parts, in their order; null when it is malformed.
 *
 * Spaces and tabs around a part are dropped (RFC 9110 section 5.6.1). That matters for a header that came
 * twice: the runtime joins it as `a, b`, and a parser that took ` t` for an unknown name would accept the
 * second one's `v1` under the first one's `t`.
 */
export function parseSignatureParts(
  value: string,
  separator: Separator,
): ReadonlyMap<string, readonly string[]> | null {
  // One part more than allowed is enough to see that there are too many.
  const parts = value.split(separator, MAX_SIGNATURE_PARTS + 1);
  if (parts.length > MAX_SIGNATURE_PARTS) return null;

  const values = new Map<string, string[]>();
  for (const part of parts) {
    // Split at the first "=": base64 signatures end in more of them. Anchored, and no two neighbours
    // share a character, so a header of blanks costs no more than its length.
    const match = /^[ \t]*([A-Za-z0-9_-]+)=([\x21-\x7e]*)[ \t]*$/.exec(part);
    if (match === null) return null;
    const [, name = "", content = ""] = match;
    const before = values.get(name);
    if (before === undefined) values.set(name, [content]);
    else before.push(content);
  }
  return values;
}
