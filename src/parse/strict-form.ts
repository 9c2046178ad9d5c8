/**
 * A strict parser of `application/x-www-form-urlencoded`, for bodies and for query strings.
 *
 * Promises: one reading of every body or none. The stock parsers each resolve an ambiguous body in
 * their own way (PHP takes the last of two fields, `.get` the first; bad escapes and bad UTF-8 are
 * patched): what one reader checks another would not see.
 * Does not know arrays or nesting: `a[]` is a name like any other. `;` separates nothing.
 */
import { MAX_FORM_FIELDS } from "../limits.ts";
import { err, type Result } from "../result.ts";
import type { Charset } from "./content-type.ts";
import { decodeText } from "./decode.ts";
import { fromHex } from "./encoding.ts";
import { FieldCollector, type FormFailure, type FormFields } from "./form-fields.ts";

export interface FormOptions {
  readonly duplicates?: "refuse" | "report";
  /** Of the text and of what its escapes stand for; UTF-8 unless the sender says otherwise. */
  readonly charset?: Charset;
}

/**
 * The fields of a form body, or of a query string given without its `?`.
 *
 * Fails with `encoding` (not of the charset before or after decoding, a byte order mark, a bad percent
 * escape), `too_large` (more than MAX_FORM_FIELDS pieces, or a name above MAX_FORM_NAME_BYTES),
 * `duplicate_key` (names compared after decoding, unless to be reported) and `forbidden_key`.
 * Empty pieces (`a=1&&b=2`, a trailing `&`) are no fields, as in the URL standard, but they count
 * towards the cap: a body of ampersands is work as well. A piece without `=` has an empty value.
 */
export function parseForm(
  source: Uint8Array | string,
  { duplicates = "refuse", charset = "utf-8" }: FormOptions = {},
): Result<FormFields, FormFailure> {
  const text = typeof source === "string" ? wellFormed(source) : decodeText(source, charset);
  if (text === null) return err({ reason: "encoding" });

  const fields = new FieldCollector(text, duplicates);
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
      const name = decode(piece.slice(0, nameEnd), charset);
      const value = decode(piece.slice(valueStart), charset);
      if (name === null || value === null) return err({ reason: "encoding" });
      const failure = fields.add(name, value, [start + valueStart, end]);
      if (failure) return err(failure);
    }
    start = end + 1;
  }
  return fields.result();
}

/** A string is held to what bytes are held to. */
function wellFormed(text: string): string | null {
  return text.isWellFormed() && !text.startsWith("\ufeff") ? text : null;
}

/** Null for an escape that is not two hex digits, or that does not stand for a character of the charset. */
function decode(encoded: string, charset: Charset): string | null {
  const text = encoded.replaceAll("+", " ");
  return charset === "utf-8" ? decodeUtf8Escapes(text) : decodeByteEscapes(text, charset);
}

/**
 * `decodeURIComponent` is the one decoder of the platform that is strict in both steps: it throws
 * on a bad escape and on escapes that are not UTF-8, where `URLSearchParams` keeps or replaces
 * them.
 */
function decodeUtf8Escapes(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}

/** In a charset of single bytes each escape is a character by itself. */
function decodeByteEscapes(text: string, charset: Charset): string | null {
  if (/%(?![0-9a-fA-F]{2})/.test(text)) return null;
  return text.replace(
    /%(..)/g,
    (_, hex: string) => decodeText(fromHex(hex) ?? new Uint8Array(), charset) ?? "",
  );
}
