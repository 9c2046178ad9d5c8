/**
 * `multipart/form-data` without files, as PHP sends an array of fields, with the strictness of
 * `strict-form.ts`.
 *
 * The platform's parser gives the values. It is lenient where a form must have one reading: text in
 * front of the first boundary, bare line feeds, two names for one part. So the body is also held to
 * the one spelling that leaves nothing open, which tells as well where each value stands.
 */
import { err, ok, type Result } from "../result.ts";
import { readContentType, type Charset, type ContentType } from "./content-type.ts";
import { decodeText } from "./decode.ts";
import { FieldCollector, type FormFailure, type FormFields } from "./form-fields.ts";

const CRLF = "\r\n";
const BROKEN = { reason: "encoding" } as const;

export interface MultipartOptions {
  readonly duplicates?: "refuse" | "report";
}

/** The fields of a body under this content type; a part that is a file, or anything unclear, is `encoding`. */
export async function parseMultipart(
  bytes: Uint8Array,
  contentType: ContentType,
  options: MultipartOptions = {},
): Promise<Result<FormFields, FormFailure>> {
  const scanned = scanMultipart(bytes, contentType, options);
  if (!scanned.ok) return scanned;
  const values = await platformValues(scanned.value.text, contentType.boundary ?? "");
  const agrees = values !== null && JSON.stringify(values) === JSON.stringify([...scanned.value.inOrder]);
  return agrees ? scanned : err(BROKEN);
}

/** Names and values as the platform reads them; null when it cannot, or when one of them is a file. */
async function platformValues(
  text: string,
  boundary: string,
): Promise<readonly (readonly [string, string])[] | null> {
  // Transcoded: the platform takes every body for UTF-8, whatever its charset parameter says.
  const headers = { "content-type": `multipart/form-data; boundary="${boundary}"` };
  try {
    const entries = [...(await new Response(new TextEncoder().encode(text), { headers }).formData())];
    const values = entries.flatMap(([name, value]) =>
      typeof value === "string" ? [[name, value] as const] : [],
    );
    return values.length === entries.length ? values : null;
  } catch {
    return null;
  }
}

export interface ScannedFields extends FormFields {
  /** Every field, repeated ones included. */
  readonly inOrder: readonly (readonly [name: string, value: string])[];
}

/** The same by the strict spelling alone: enough to find again what `parseMultipart` has accepted. */
export function scanMultipart(
  bytes: Uint8Array,
  { charset, boundary }: ContentType,
  { duplicates = "refuse" }: MultipartOptions = {},
): Result<ScannedFields, FormFailure> {
  const text = charset === null ? null : decodeText(bytes, charset);
  if (text === null || charset === null || boundary === null) return err(BROKEN);
  const delimiter = `--${boundary}`;
  const fields = new FieldCollector(text, duplicates);
  const inOrder: (readonly [string, string])[] = [];

  let at = 0;
  while (text.startsWith(delimiter + CRLF, at)) {
    const headersStart = at + delimiter.length + CRLF.length;
    const headersEnd = text.indexOf(CRLF + CRLF, headersStart);
    const valueStart = headersEnd + 2 * CRLF.length;
    const valueEnd = headersEnd < 0 ? -1 : text.indexOf(CRLF + delimiter, valueStart);
    if (valueEnd < 0) return err(BROKEN);
    const name = nameOf(text.slice(headersStart, headersEnd), charset);
    if (name === null) return err(BROKEN);
    const value = text.slice(valueStart, valueEnd);
    const failure = fields.add(name, value, [valueStart, valueEnd]);
    if (failure) return err(failure);
    inOrder.push([name, value]);
    at = valueEnd + CRLF.length;
  }
  const end = text.slice(at);
  if (end !== `${delimiter}--` && end !== `${delimiter}--${CRLF}`) return err(BROKEN);
  const result = fields.result();
  return result.ok ? ok({ ...result.value, inOrder }) : result;
}

/** The name in a part's headers: a disposition with a name and nothing else, and at most a type and a length. */
function nameOf(headers: string, charset: Charset): string | null {
  let name: string | null = null;
  const seen = new Set<string>();
  for (const line of headers.split(CRLF)) {
    const [, header = "", value = ""] = /^([A-Za-z-]+):[ \t]*(.*)$/.exec(line) ?? [];
    const known = header.toLowerCase();
    if (seen.has(known)) return null;
    seen.add(known);
    if (known === "content-disposition") {
      name = /^form-data;[ \t]*name="([^"\\\r\n]+)"$/i.exec(value)?.[1] ?? null;
    } else if (known === "content-type") {
      const type = readContentType(value);
      if (type?.type !== "text/plain" || (/charset/i.test(value) && type.charset !== charset)) return null;
    } else if (known !== "content-length" || !/^\d+$/.test(value)) return null;
  }
  return name;
}
