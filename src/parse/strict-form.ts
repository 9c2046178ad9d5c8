/**
 * A strict parser of `application/x-www-form-urlencoded`, for bodies and for query strings.
 *
 * Promises: one reading of every body or none. The stock parsers each resolve an ambiguous body in
 * their own way (PHP takes the last of two fields, `.get` the first; bad escapes and bad UTF-8 are
 * patched): what one reader checks another would not see.
 * Does not know arrays or nesting: `a[]` is a name like any other. `;` separates nothing.
 */
import { MAX_FORM_FIELDS, MAX_FORM_NAME_BYTES } from "../limits.ts";
import { err, ok, type Result } from "../result.ts";
import { decodeUtf8 } from "./decode.ts";

export interface FormFields {
  /** Where a name is given more than once, the last value. */
  readonly values: ReadonlyMap<string, string>;
  /** Empty unless parsed with `{ duplicates: "report" }`; values in the order of the text. */
  readonly duplicates: readonly { readonly name: string; readonly values: readonly string[] }[];
  /**
   * Where each value of the (decoded) `name` stands in `text`, still encoded: `[start, end)` in
   * UTF-16 units. Empty when there is none; an empty span where the value is empty.
   */
  spans(name: string): readonly (readonly [number, number])[];
  readonly text: string;
}

export type FormFailure = {
  readonly reason: "encoding" | "too_large" | "duplicate_key" | "forbidden_key";
  /** `duplicate_key`: the decoded name; `too_large`: `too_many_fields` or `name_too_long`. */
  readonly detail?: string;
};

interface Field {
  readonly value: string;
  readonly span: readonly [number, number];
}

/**
 * The fields of a form body, or of a query string given without its `?`.
 *
 * Fails with `encoding` (not UTF-8 before or after decoding, a byte order mark, a bad percent
 * escape), `too_large` (more than MAX_FORM_FIELDS pieces, or a name above MAX_FORM_NAME_BYTES),
 * `duplicate_key` (names compared after decoding, unless to be reported) and `forbidden_key`.
 * Empty pieces (`a=1&&b=2`, a trailing `&`) are no fields, as in the URL standard, but they count
 * towards the cap: a body of ampersands is work as well. A piece without `=` has an empty value.
 */
export function parseForm(
  source: Uint8Array | string,
  options?: { readonly duplicates?: "refuse" | "report" },
): Result<FormFields, FormFailure> {
  const text = typeof source === "string" ? wellFormed(source) : decodeUtf8(source);
  if (text === null) return err({ reason: "encoding" });

  const fields = new Map<string, Field[]>();
  let pieces = 0;
  for (let start = 0; start < text.length;) {
    const ampersand = text.indexOf("&", start);
    const end = ampersand === -1 ? text.length : ampersand;
    pieces += 1;
    if (pieces > MAX_FORM_FIELDS) return err({ reason: "too_large", detail: "too_many_fields" });
    if (end > start) {
      // Searched within the piece: over the whole text it would be quadratic in pieces without "=".
      const piece = text.slice(start, end);
      const equals = piece.indexOf("=");
      const nameEnd = equals === -1 ? piece.length : equals;
      const valueStart = equals === -1 ? piece.length : equals + 1;
      const name = decode(piece.slice(0, nameEnd));
      const value = decode(piece.slice(valueStart));
      if (name === null || value === null) return err({ reason: "encoding" });
      if (new TextEncoder().encode(name).length > MAX_FORM_NAME_BYTES) {
        return err({ reason: "too_large", detail: "name_too_long" });
      }
      if (name === "__proto__") return err({ reason: "forbidden_key" });

      const field: Field = { value, span: [start + valueStart, end] };
      const before = fields.get(name);
      if (before === undefined) fields.set(name, [field]);
      else if (options?.duplicates === "report") before.push(field);
      else return err({ reason: "duplicate_key", detail: name });
    }
    start = end + 1;
  }

  const values = new Map<string, string>();
  const duplicates: { name: string; values: string[] }[] = [];
  for (const [name, given] of fields) {
    for (const field of given) values.set(name, field.value);
    if (given.length > 1) duplicates.push({ name, values: given.map((field) => field.value) });
  }
  const spans = (name: string) => (fields.get(name) ?? []).map((field) => field.span);
  return ok({ values, duplicates, spans, text });
}

/** A string is held to what bytes are held to. */
function wellFormed(text: string): string | null {
  return text.isWellFormed() && !text.startsWith("\ufeff") ? text : null;
}

/**
 * `decodeURIComponent` is the one decoder of the platform that is strict in both steps: it throws
 * on a bad escape and on escapes that are not UTF-8, where `URLSearchParams` keeps or replaces
 * them.
 */
function decode(encoded: string): string | null {
  try {
    return decodeURIComponent(encoded.replaceAll("+", " "));
  } catch {
    return null;
  }
}
