/**
 * JSON written again the way a provider's own signer writes it (docs/adding-a-provider.md#template-parts).
 *
 * Promises: numbers keep their source text, members their order unless the form sorts them; linear, and as
 * deep as the parser let the document be. Unlike `canonicalJson`, these are inputs of signatures: each is one
 * provider's spelling, and none says whether two documents mean the same. Pure.
 */
import { JsonNumber, type JsonObject, type JsonValue } from "../../parse/strict-json.ts";

export type JsonForm =
  /** `JSON.stringify` of the document with the keys of every object sorted. */
  | { readonly kind: "sorted" }
  /** `JSON.stringify(body, Object.keys(body).sort())`: the list also says which keys of inner objects are written. */
  | { readonly kind: "sorted-top-level" }
  /** `JSON.stringify` of the document without one member. */
  | { readonly kind: "without"; readonly member: string }
  /** PHP's `json_encode` without one member; `unicode`: with JSON_UNESCAPED_UNICODE. */
  | { readonly kind: "php-without"; readonly member: string; readonly unicode: boolean };

export function writeJson(root: JsonObject, form: JsonForm): string {
  switch (form.kind) {
    case "sorted":
      return write(root, JSON.stringify, sorted);
    case "sorted-top-level": {
      const names = [...root.keys()].toSorted(byUnit);
      return write(root, JSON.stringify, (object) =>
        names.flatMap((name) => {
          const value = object.get(name);
          return value === undefined ? [] : [[name, value] as const];
        }),
      );
    }
    case "without":
      return write(without(root, form.member), JSON.stringify, (object) => [...object]);
    case "php-without":
      return write(without(root, form.member), form.unicode ? phpUnicode : phpEscaped, (object) => [
        ...object,
      ]);
  }
}

type Members = readonly (readonly [name: string, value: JsonValue])[];

function write(
  value: JsonValue,
  quote: (text: string) => string,
  members: (object: JsonObject) => Members,
): string {
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "string") return quote(value);
  if (value instanceof JsonNumber) return value.token;
  if (value instanceof Map) {
    const written = members(value as JsonObject).map(
      ([name, one]) => `${quote(name)}:${write(one, quote, members)}`,
    );
    return `{${written.join(",")}}`;
  }
  return `[${(value as readonly JsonValue[]).map((one) => write(one, quote, members)).join(",")}]`;
}

/** As `Array.prototype.sort` has it: by UTF-16 unit. The keys of an object are never equal. */
function byUnit(a: string, b: string): number {
  return a < b ? -1 : 1;
}

function sorted(object: JsonObject): Members {
  return [...object].toSorted(([a], [b]) => byUnit(a, b));
}

function without(root: JsonObject, name: string): JsonObject {
  return new Map([...root].filter(([key]) => key !== name));
}

/** Slashes are escaped, letters beyond ASCII as their UTF-16 units. */
function phpEscaped(text: string): string {
  return phpSlashes(text).replaceAll(/[\u0080-\uffff]/g, unicodeEscape);
}

/** JSON_UNESCAPED_UNICODE still escapes the two line separators. */
function phpUnicode(text: string): string {
  return phpSlashes(text).replaceAll(/[\u2028\u2029]/g, unicodeEscape);
}

function phpSlashes(text: string): string {
  return JSON.stringify(text).replaceAll("/", String.raw`\/`);
}

function unicodeEscape(unit: string): string {
  return String.raw`\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
