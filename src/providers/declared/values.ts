/**
 * Values and parts of keys, as a declaration names them (docs/adding-a-provider.md#the-meaning).
 *
 * A value is one place, or several of which the first that is there counts (`json:/a | json:/b`), or a text
 * of the declaration's own (`text:USD`). A part of a key is a value, in a canonical form if it says so:
 * `amount(…)`, `ticker(…)`, `txid(…)`; or `state`, the payment's. Pure.
 */
import { MAX_DECLARED_PARTS } from "../../limits.ts";
import { asIdentifierOrInteger, asNumberToken, asText } from "../../parse/access.ts";
import { networkOf } from "../../parse/currency.ts";
import type { JsonValue } from "../../parse/strict-json.ts";
import { err, ok, type Result } from "../../result.ts";
import { parsePlace, valueOf, type Contents, type Place } from "../../verify/spec/places.ts";
import { amountPart, tickerPart, txidPart, type KeyPart } from "../keys.ts";

export interface Value {
  readonly places: readonly Place[];
  /** What it is where none of the places has anything. */
  readonly text: string | null;
}

/** The value that `written` names, or what is wrong with it. */
export function parseValue(written: string): Result<Value, string> {
  const places: Place[] = [];
  const alternatives = written.split(" | ", MAX_DECLARED_PARTS + 1);
  if (alternatives.length > MAX_DECLARED_PARTS) {
    return err(`has more than ${MAX_DECLARED_PARTS} alternatives: name the places where the provider has it`);
  }
  for (const [index, alternative] of alternatives.entries()) {
    if (alternative.startsWith("text:")) {
      if (index < alternatives.length - 1) return err(`${alternative} is always there: put it last`);
      return ok({ places, text: alternative.slice("text:".length) });
    }
    const place = parsePlace(alternative);
    if (!place.ok) return err(`${place.error}, or text:<a text of your own>`);
    places.push(place.value);
  }
  return ok({ places, text: null });
}

/** The first place that has something: not absent, not null, not empty. */
export function read(value: Value | null, contents: Contents): JsonValue | undefined {
  if (value === null) return undefined;
  for (const place of value.places) {
    const given = valueOf(place, contents);
    if (given !== undefined && given !== null && given !== "") return given;
  }
  return value.text ?? undefined;
}

/** Its text, or a number's source text; null for anything else. */
export function readText(value: Value | null, contents: Contents): string | null {
  const given = read(value, contents);
  return asText(given) ?? asNumberToken(given);
}

/** An identifier; null when there is none, and `unreadable` when there is something that is none. */
export function readIdentifier(
  value: Value | null,
  contents: Contents,
): { readonly id: string | null } | "unreadable" {
  const given = read(value, contents);
  if (given === undefined) return { id: null };
  const id = asIdentifierOrInteger(given);
  return id === null ? "unreadable" : { id };
}

/** The id of the chain that the value names; null when it names none. */
export function readNetwork(value: Value | null, contents: Contents): string | null {
  const chain = readText(value, contents);
  return chain === null ? null : networkOf(chain);
}

const CANONICAL = { amount: amountPart, ticker: tickerPart, txid: txidPart } as const;
type Canonical = keyof typeof CANONICAL;

export type Part =
  | { readonly kind: "state" }
  | {
      readonly kind: "value";
      readonly value: Value;
      readonly as: Canonical | null;
      readonly optional: boolean;
    };

/** The part of a key that `written` names, or what is wrong with it. */
export function parsePart(written: string): Result<Part, string> {
  if (written === "state") return ok({ kind: "state" });
  const optional = written.endsWith("?");
  const text = optional ? written.slice(0, -1) : written;
  const canonical = /^(amount|ticker|txid)\((.*)\)$/s.exec(text);
  const value = parseValue(canonical?.[2] ?? text);
  if (!value.ok)
    return err(`${value.error}; a part of a key is such a place, amount(…), ticker(…), txid(…) or state`);
  const as = (canonical?.[1] ?? null) as Canonical | null;
  return ok({ kind: "value", value: value.value, as, optional });
}

/** What stands for this part in a key; `unreadable` for what is there and is no identifier, `missing` for a part that must be there. */
export function readPart(
  part: Extract<Part, { kind: "value" }>,
  contents: Contents,
): { readonly part: KeyPart } | "unreadable" | "missing" {
  if (part.as === "amount") {
    const token = readText(part.value, contents);
    if (token === null) return part.optional ? { part: null } : "missing";
    return { part: amountPart(token) };
  }
  const read = readIdentifier(part.value, contents);
  if (read === "unreadable") return read;
  if (read.id === null) return part.optional ? { part: null } : "missing";
  return { part: part.as === null ? read.id : CANONICAL[part.as](read.id) };
}
