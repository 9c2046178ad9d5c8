/** An iqpay callback as named fields, wherever they stand: query, form or JSON. Pure. */
import { asNumberToken, asText, member } from "../parse/access.ts";
import { readContentType } from "../parse/content-type.ts";
import type { JsonValue } from "../parse/strict-json.ts";
import type { Because, QuarantinedReason } from "../reasons.ts";
import { textAmount, type Amount } from "./amounts.ts";
import type { Callback } from "./callback.ts";
import { statusWords } from "./meaning.ts";

export const STATUS_WORDS = statusWords({ "0": "pending", "1": "confirmed", "2": "failed" });

/** The value of the envelope that the document's sample puts in front of the real `status`. */
const ENVELOPE_STATUS = "200";

export type Field = (name: string) => JsonValue | undefined;
export type Unusable = Because<QuarantinedReason>;
export type Fields = { readonly field: Field; readonly warnings: readonly string[] };

/** A word or number as its source text; everything else is no scalar. */
export function scalar(value: JsonValue | undefined): string | null {
  return asText(value) ?? asNumberToken(value);
}

/**
 * Exactly one source of parameters: the body, or the query where there is none (a GET, and a DELETE of
 * most clients). Both would leave open which of them was meant.
 */
export async function readFields(callback: Callback, maxBodyBytes: number): Promise<Fields | Unusable> {
  const { method, query, body } = callback;
  if (body.length === 0) {
    return method === "GET" || query !== "" ? readForm(callback.queryForm()) : readJson(callback);
  }
  if (method === "GET" || query !== "") return { reason: "mixed_sources" };
  const format = formatOf(callback, maxBodyBytes);
  if (typeof format !== "string") return format;
  return format === "form" ? readForm(await callback.form()) : readJson(callback);
}

const JSON_TYPES: ReadonlySet<string> = new Set(["application/json", "text/json"]);
const FORM_TYPE = "application/x-www-form-urlencoded";

/**
 * How to read a body, or why it cannot be read. iqpay documents no content type and clients have defaults
 * of their own (a form's for curl, plain text for `fetch`), so a JSON object is one whatever it is called.
 */
function formatOf(callback: Callback, maxBodyBytes: number): "json" | "form" | Unusable {
  const { contentType, contentEncoding, body, isCut } = callback;
  if (contentEncoding !== null) return { reason: "content_encoding" };
  const given = contentType === null ? { type: "", charset: "utf-8" } : readContentType(contentType);
  if (given === null) return { reason: "content_type" };
  if (given.charset !== "utf-8") return { reason: "charset" };
  if (isCut || body.length > maxBodyBytes) return { reason: "too_large" };
  if (given.type === "" || JSON_TYPES.has(given.type) || looksLikeJson(body)) return "json";
  return given.type === FORM_TYPE ? "form" : { reason: "content_type" };
}

/** No name of a form's field begins with a brace. */
function looksLikeJson(body: Uint8Array): boolean {
  return /^[ \t\r\n]*\{/.test(new TextDecoder().decode(body));
}

type ParsedForm = Awaited<ReturnType<Callback["form"]>>;

function readForm(parsed: ParsedForm): Fields | Unusable {
  if (!parsed.ok) return { reason: "json", detail: parsed.error.reason };
  const { values, duplicates } = parsed.value;
  const warnings = tolerated(
    duplicates.map(({ name, values: all }) => ({ pointer: `/${name}`, values: all })),
  );
  return "reason" in warnings ? warnings : { field: (name) => values.get(name), warnings: warnings.names };
}

function readJson(callback: Callback): Fields | Unusable {
  const parsed = callback.json();
  if (!parsed.ok) {
    const { reason, detail } = parsed.error;
    return { reason: "json", detail: detail ?? (reason === "json" ? undefined : reason) };
  }
  const { root, duplicates } = parsed.value;
  const warnings = tolerated(
    duplicates.map(({ pointer, values }) => ({ pointer, values: values.map(scalar) })),
  );
  return "reason" in warnings ? warnings : { field: (name) => member(root, name), warnings: warnings.names };
}

/**
 * The document's deposit sample carries `status` twice: the envelope's 200, then the real one. Exactly
 * that pair is tolerated, with a warning. In any other order or number nobody can tell which one counts.
 */
function tolerated(
  duplicates: readonly { pointer: string; values: readonly (string | null)[] }[],
): { names: string[] } | Unusable {
  for (const { pointer, values } of duplicates) {
    const [first, second] = values;
    const isSamplePair =
      pointer === "/status" &&
      values.length === 2 &&
      first === ENVELOPE_STATUS &&
      typeof second === "string" &&
      STATUS_WORDS.has(second);
    if (!isSamplePair) return { reason: "duplicate_key", detail: pointer };
  }
  return { names: duplicates.map(({ pointer }) => `duplicate_key:${pointer}`) };
}

/** A number, or a decimal in text: the document does not say, and its times are given as both. */
export function amountOf(value: JsonValue | undefined): Amount {
  if (value === undefined || value === null) return "absent";
  const token = scalar(value);
  return token === null ? "bad" : textAmount(token);
}
