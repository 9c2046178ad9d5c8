/** The values of a captured callback, each with its place as a declaration names it. Pure. */
import { asNumberToken, asObject } from "../../../src/parse/access.ts";
import { parseJson, type JsonValue } from "../../../src/parse/strict-json.ts";
import { textOf } from "../../../src/verify/spec/places.ts";
import { formNames } from "./samples.ts";

export interface Leaf {
  /** `json:/data/id`, `form:id`, `query:id`, `header:x-signature`. */
  readonly place: string;
  /** As it was sent; a number by its digits. */
  readonly text: string;
  readonly isNumber: boolean;
}

/** Single values of a JSON body, depth first; of a list its first element. Null for what is no JSON object. */
export function jsonLeaves(body: string): Leaf[] | null {
  const parsed = parseJson(new TextEncoder().encode(body), { duplicates: "report" });
  return parsed.ok ? leavesOf(parsed.value.root, "json:") : null;
}

function leavesOf(value: JsonValue | undefined, place: string): Leaf[] {
  if (value === null || value === undefined) return [];
  if (Array.isArray(value)) return leavesOf((value as readonly JsonValue[])[0], `${place}/0`);
  const object = asObject(value);
  if (object === null) {
    const text = textOf(value) ?? null;
    return text === null ? [] : [{ place, text, isNumber: asNumberToken(value) !== null }];
  }
  return [...object].flatMap(([key, inner]) =>
    leavesOf(inner, `${place}/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`),
  );
}

/** Fields of a form or a query. */
export function formLeaves(kind: "form" | "query", text: string): Leaf[] {
  const fields = new URLSearchParams(text);
  return formNames(text).map((name) => {
    const value = fields.get(name) ?? "";
    return { place: `${kind}:${name}`, text: value, isNumber: /^-?\d+(\.\d+)?$/.test(value) };
  });
}
