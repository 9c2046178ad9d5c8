/**
 * A content type as far as the relay acts on one. Pure.
 *
 * Promises: one reading or none. A header that came twice is joined with a comma by the runtime, and
 * nobody can tell which of the two was meant.
 */

/** What a charset parameter may say; ISO-8859-1 is read as windows-1252, as the Encoding Standard has it. */
export type Charset = "utf-8" | "windows-1252";

export interface ContentType {
  /** Lower case, without parameters; empty when the header is none. */
  readonly type: string;
  /** UTF-8 unless the header says otherwise; null for any other charset, or more than one. */
  readonly charset: Charset | null;
  /** As it was sent; null when there is none, more than one, or one that RFC 2046 does not allow. */
  readonly boundary: string | null;
}

const CHARSETS: ReadonlyMap<string, Charset> = new Map([
  ["utf-8", "utf-8"],
  ["utf8", "utf-8"],
  ["iso-8859-1", "windows-1252"],
  ["windows-1252", "windows-1252"],
]);

/** RFC 2046 section 5.1.1, without the space, which nobody sends. */
const BOUNDARY = /^[A-Za-z0-9'()+_,\-./:=?]{1,70}$/;

/** The parts of a header; null when there is none, or more than one of them. */
export function readContentType(header: string | null): ContentType | null {
  if (header === null || header.includes(",")) return null;
  const [type = "", ...parameters] = header.split(";").map((part) => part.trim());
  const named = (name: RegExp) => parameters.filter((parameter) => name.test(parameter)).map(valueOf);
  const charsets = named(/^charset\s*=/i);
  const boundaries = named(/^boundary\s*=/i);
  const [charset = "utf-8"] = charsets;
  const [boundary = ""] = boundaries;
  return {
    type: type.toLowerCase(),
    charset: charsets.length > 1 ? null : (CHARSETS.get(charset.toLowerCase()) ?? null),
    boundary: boundaries.length === 1 && BOUNDARY.test(boundary) ? boundary : null,
  };
}

/** What stands behind the `=`, without its quotes. */
function valueOf(parameter: string): string {
  const value = parameter.slice(parameter.indexOf("=") + 1).trim();
  return /^"[^"\\]*"$/.test(value) ? value.slice(1, -1) : value;
}
