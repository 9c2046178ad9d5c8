/**
 * Reading untrusted trees without surprises.
 *
 * Promises: a missing member, a member of another type and a member one must not use all read as
 * null (undefined from `member`), and nothing throws. Does not convert, trim or normalise: `é` in
 * NFC and in NFD are two identifiers, because the provider keeps them apart.
 */
import { MAX_IDENTIFIER_CHARS } from "../limits.ts";
import { err, ok, type Result } from "../result.ts";
import { JsonNumber, type JsonObject, type JsonValue } from "./strict-json.ts";

/** 2^53−1: beyond it the provider's own serialiser may already have rounded. */
const MAX_SAFE_INTEGER_TOKEN = "9007199254740991";

/** The value of `key`, or undefined. Objects are Maps: `constructor` is a key like any other. */
export function member(object: JsonObject | null | undefined, key: string): JsonValue | undefined {
  return object?.get(key);
}

/** The object, or null. */
export function asObject(v: JsonValue | undefined): JsonObject | null {
  return v instanceof Map ? v : null;
}

/** The source text of a JSON number; null for everything else, numbers in quotes included. */
export function asNumberToken(v: JsonValue | undefined): string | null {
  return v instanceof JsonNumber ? v.token : null;
}

/**
 * A string fit to identify something: not empty, at most MAX_IDENTIFIER_CHARS UTF-16 units, no
 * control characters (C0, DEL, C1: they forge log lines), no lone surrogates (every one of them
 * becomes U+FFFD in UTF-8, so different ids would hash alike, and `encodeURIComponent` throws on
 * them).
 */
export function asIdentifier(v: JsonValue | undefined): string | null {
  if (typeof v !== "string" || v === "" || v.length > MAX_IDENTIFIER_CHARS) return null;
  return v.isWellFormed() && !/\p{Cc}/u.test(v) ? v : null;
}

/**
 * An identifier, or a non-negative integer up to 2^53−1 as its source text; `1.0`, `1e3` and `-0`
 * are no identifiers. iPay sends customer numbers both ways: 848151 and "848151" are the same
 * customer.
 */
export function asIdentifierOrInteger(v: JsonValue | undefined): string | null {
  const token = asNumberToken(v);
  if (token === null) return asIdentifier(v);
  if (token.length > MAX_SAFE_INTEGER_TOKEN.length || !/^(?:0|[1-9]\d*)$/.test(token)) return null;
  // Equal lengths, so text order is numeric order.
  const tooLarge = token.length === MAX_SAFE_INTEGER_TOKEN.length && token > MAX_SAFE_INTEGER_TOKEN;
  return tooLarge ? null : token;
}

/**
 * Identifiers that may be absent: undefined, null and `""` are null. One that is there and is none (an
 * object, a lone surrogate, a number beyond 2^53−1) fails by its name: a payment whose customer
 * cannot be read must not pass for one that names nobody.
 */
export function identifiers<N extends string>(
  field: (name: N) => JsonValue | undefined,
  names: readonly N[],
): Result<Readonly<Record<N, string | null>>, N> {
  const read: Partial<Record<N, string | null>> = {};
  for (const name of names) {
    const value = field(name);
    const isAbsent = value === undefined || value === null || value === "";
    const id = isAbsent ? null : asIdentifierOrInteger(value);
    if (id === null && !isAbsent) return err(name);
    read[name] = id;
  }
  return ok(read as Record<N, string | null>);
}

/**
 * A provider's word for a state, as sent: a string or a number's source text; null when absent. What is
 * neither, or is no identifier, is the word `unreadable`: it must not pass for "no word".
 */
export function statusWord(v: JsonValue | undefined): string | null {
  if (v === undefined || v === null) return null;
  const token = asNumberToken(v);
  return asIdentifier(token ?? v) ?? "unreadable";
}

/** Any string, the empty one included; null for everything else. */
export function asText(v: JsonValue | undefined): string | null {
  return typeof v === "string" ? v : null;
}
