/**
 * Places in a callback, as a declaration names them: `header:x`, `json:/a/b`, `form:x`, `query:x`.
 *
 * Promises: a place is one value or none; a name that a sender gives twice, in the body or in the query, is
 * refused whichever of the two was meant. A header that came twice is one value, joined by the runtime with
 * a comma: the reader of its format decides. Pure.
 */
import { asNumberToken } from "../../parse/access.ts";
import type { FormFailure, FormFields } from "../../parse/form-fields.ts";
import { parsePointer, valueAt, type Pointer } from "../../parse/pointer.ts";
import type { JsonDocument, JsonObject, JsonValue, ParseFailure } from "../../parse/strict-json.ts";
import type { Because, RefusedReason } from "../../reasons.ts";
import { err, ok, type Result } from "../../result.ts";

export type Place =
  | { readonly kind: "json"; readonly pointer: Pointer; readonly text: string }
  | { readonly kind: "header" | "form" | "query"; readonly name: string; readonly text: string };

/** What is read of a request: the part of a callback that proofs and facts are made of. */
export interface Message {
  readonly method: string;
  /** As it was requested; null when the callback comes from the store. */
  readonly url: string | null;
  /** Lower-case names. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Uint8Array;
  json(): Result<JsonDocument, ParseFailure>;
  form(): Promise<Result<FormFields, FormFailure>>;
  queryForm(): Result<FormFields, FormFailure>;
}

/** Parsed contents, each null where no place needs it. */
export interface Contents {
  readonly headers: ReadonlyMap<string, string>;
  readonly json: JsonObject | null;
  readonly form: ReadonlyMap<string, string> | null;
  readonly query: ReadonlyMap<string, string> | null;
}

export type Need = "json" | "form" | "query";

/** RFC 9110 section 5.6.2. */
const HEADER_NAME = /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}$/;

/** The place that `text` names, or what is wrong with it. */
export function parsePlace(text: string): Result<Place, string> {
  const [, kind = "", name = ""] = /^([a-z]+):(.+)/s.exec(text) ?? [];
  switch (kind) {
    case "header": {
      if (!HEADER_NAME.test(name)) return err(`${text}: ${name} is no header name`);
      const lower = name.toLowerCase();
      return ok({ kind, name: lower, text: `header:${lower}` });
    }
    case "json": {
      const pointer = parsePointer(name);
      if (pointer === null) {
        return err(`${text} is no JSON pointer: write json:/data/id, with / before each name`);
      }
      return pointer.some((step) => step === "*" || step === "**")
        ? err(`${text} names many values: write one pointer for each, like json:/items/0`)
        : ok({ kind, pointer, text });
    }
    case "form":
    case "query":
      return ok({ kind, name, text });
  }
  return err(`${text} is no place: write header:<name>, json:/<pointer>, form:<name> or query:<name>`);
}

/** What has to be parsed to read these places: of a header nothing. */
export function needsOf(places: readonly Place[]): ReadonlySet<Need> {
  return new Set(places.flatMap(({ kind }) => (kind === "header" ? [] : [kind])));
}

/** The headers among these places, in lower case, once each. */
export function headersOf(places: readonly Place[]): readonly string[] {
  return [...new Set(places.flatMap((place) => (place.kind === "header" ? [place.name] : [])))];
}

/** Parses what is needed, once each; a name given twice anywhere in it is refused. */
export async function readContents(
  message: Message,
  needs: ReadonlySet<Need>,
): Promise<Result<Contents, Because<RefusedReason>>> {
  const json = needs.has("json") ? message.json() : null;
  if (json && !json.ok) return json;
  const form = needs.has("form") ? await message.form() : null;
  if (form && !form.ok) return form;
  const query = needs.has("query") ? message.queryForm() : null;
  if (query && !query.ok) return query;
  const twice =
    json?.value.duplicates[0]?.pointer ?? form?.value.duplicates[0]?.name ?? query?.value.duplicates[0]?.name;
  if (twice !== undefined) return err({ reason: "duplicate_key", detail: twice });
  return ok({
    headers: message.headers,
    json: json?.value.root ?? null,
    form: form?.value.values ?? null,
    query: query?.value.values ?? null,
  });
}

/** The value at a place; undefined when there is none. */
export function valueOf(place: Place, contents: Contents): JsonValue | undefined {
  switch (place.kind) {
    case "json":
      return contents.json === null ? undefined : valueAt(contents.json, place.pointer);
    case "header":
      return contents.headers.get(place.name);
    case "form":
      return contents.form?.get(place.name);
    case "query":
      return contents.query?.get(place.name);
  }
}

/**
 * The text of a single value as it was sent: a string, a number's source text, `true` or `false`. Undefined
 * when it is absent or null; null for an object, an array, and a string that is not well-formed.
 */
export function textOf(value: JsonValue | undefined): string | null | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === "boolean") return String(value);
  if (typeof value === "string") return value.isWellFormed() ? value : null;
  return asNumberToken(value);
}
