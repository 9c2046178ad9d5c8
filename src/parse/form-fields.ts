/** What every reader of forms gives, and the limits all of them keep, whatever the body's format. */
import { MAX_FORM_FIELDS, MAX_FORM_NAME_BYTES } from "../limits.ts";
import { ok, type Result } from "../result.ts";

export interface FormFields {
  /** Where a name is given more than once, the last value. */
  readonly values: ReadonlyMap<string, string>;
  /** Empty unless parsed with `{ duplicates: "report" }`; values in the order of the text. */
  readonly duplicates: readonly { readonly name: string; readonly values: readonly string[] }[];
  /**
   * Where each value of the (decoded) `name` stands in `text`, still encoded: `[start, end)` in
   * UTF-16 units. Empty when there is none; an empty span where the value is empty.
   */
  spans(name: string): readonly Span[];
  readonly text: string;
}

export type Span = readonly [start: number, end: number];

export type FormFailure = {
  readonly reason: "encoding" | "too_large" | "duplicate_key" | "forbidden_key";
  /** `duplicate_key`: the decoded name; `too_large`: `too_many_fields` or `name_too_long`. */
  readonly detail?: string;
};

interface Field {
  readonly value: string;
  readonly span: Span;
}

/** Collects the fields of one body in their order. */
export class FieldCollector {
  readonly #text: string;
  readonly #duplicates: "refuse" | "report";
  readonly #fields = new Map<string, Field[]>();
  #count = 0;

  constructor(text: string, duplicates: "refuse" | "report") {
    this.#text = text;
    this.#duplicates = duplicates;
  }

  /** One more field, or why this body is refused. */
  add(name: string, value: string, span: Span): FormFailure | null {
    this.#count += 1;
    if (this.#count > MAX_FORM_FIELDS) return { reason: "too_large", detail: "too_many_fields" };
    if (new TextEncoder().encode(name).length > MAX_FORM_NAME_BYTES) {
      return { reason: "too_large", detail: "name_too_long" };
    }
    if (name === "__proto__") return { reason: "forbidden_key" };
    const before = this.#fields.get(name);
    if (before === undefined) this.#fields.set(name, [{ value, span }]);
    else if (this.#duplicates === "report") before.push({ value, span });
    else return { reason: "duplicate_key", detail: name };
    return null;
  }

  result(): Result<FormFields, FormFailure> {
    const values = new Map<string, string>();
    const duplicates: { name: string; values: string[] }[] = [];
    for (const [name, given] of this.#fields) {
      for (const field of given) values.set(name, field.value);
      if (given.length > 1) duplicates.push({ name, values: given.map((field) => field.value) });
    }
    const spans = (name: string) => (this.#fields.get(name) ?? []).map((field) => field.span);
    return ok({ values, duplicates, spans, text: this.#text });
  }
}
