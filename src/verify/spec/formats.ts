/**
 * How a signature is written where it stands, as a declaration names it:
 *
 * - `plain`: the value is the signature;
 * - `prefix:sha256=`: it follows these characters, and anything else in front is another scheme;
 * - `kv:comma:v1`, `kv:semi:h1`: `t=…,v1=…`, the signatures being what the name is given for;
 * - `list:v1`: `v1,… v1,…`, separated by spaces, other versions ignored (Standard Webhooks).
 *
 * Promises: one reading or none, linear, no more than MAX_SIGNATURE_PARTS looked at. Pure.
 */
import { MAX_SIGNATURE_PARTS } from "../../limits.ts";
import { fromBase64, fromHex, toBase64, toHex } from "../../parse/encoding.ts";
import { err, ok, type Result } from "../../result.ts";
import { parseSignatureParts, type Separator } from "../signature-header.ts";

export type Format =
  | { readonly kind: "plain" }
  | { readonly kind: "prefix"; readonly prefix: string }
  | { readonly kind: "kv"; readonly separator: Separator; readonly name: string }
  | { readonly kind: "list"; readonly version: string };

export interface Signature {
  /** One or more, still encoded. */
  readonly values: readonly string[];
  /** The other names of a `kv` header that were asked for, each given exactly once. */
  readonly parts: ReadonlyMap<string, string>;
}

const SEPARATORS: Readonly<Record<string, Separator>> = { comma: ",", semi: ";" };
const NO_PARTS: ReadonlyMap<string, string> = new Map();

/** The format that `text` names, or what is wrong with it. */
export function parseFormat(text: string): Result<Format, string> {
  if (text === "plain") return ok({ kind: "plain" });
  const [, prefix] = /^prefix:([\x21-\x7e]{1,32} ?)$/.exec(text) ?? [];
  if (prefix !== undefined) return ok({ kind: "prefix", prefix });
  const [, version] = /^list:([A-Za-z0-9]{1,16})$/.exec(text) ?? [];
  if (version !== undefined) return ok({ kind: "list", version });
  const [, separator = "", name = ""] = /^kv:(comma|semi):([A-Za-z0-9_-]{1,32})$/.exec(text) ?? [];
  const character = SEPARATORS[separator];
  if (character !== undefined) return ok({ kind: "kv", separator: character, name });
  return err(
    `${text} is no format: write plain, prefix:<text>, kv:comma:<name>, kv:semi:<name> or list:<version>`,
  );
}

/**
 * The signatures in `value`, or null when it is malformed.
 *
 * @param wanted other names of a `kv` header, each of which must be there exactly once
 */
export function readSignature(format: Format, value: string, wanted: ReadonlySet<string>): Signature | null {
  switch (format.kind) {
    case "plain":
      return { values: [value], parts: NO_PARTS };
    case "prefix":
      return value.startsWith(format.prefix)
        ? { values: [value.slice(format.prefix.length)], parts: NO_PARTS }
        : null;
    case "list": {
      const entries = value.split(" ", MAX_SIGNATURE_PARTS + 1);
      if (entries.length > MAX_SIGNATURE_PARTS) return null;
      const mark = `${format.version},`;
      const values = entries.flatMap((entry) => (entry.startsWith(mark) ? [entry.slice(mark.length)] : []));
      return values.length === 0 ? null : { values, parts: NO_PARTS };
    }
    case "kv": {
      const given = parseSignatureParts(value, format.separator);
      if (given === null) return null;
      const values = given.get(format.name) ?? [];
      if (values.length === 0 || values.includes("")) return null;
      const parts = new Map<string, string>();
      for (const name of wanted) {
        const [part, ...more] = given.get(name) ?? [];
        if (part === undefined || part === "" || more.length > 0) return null;
        parts.set(name, part);
      }
      return { values, parts };
    }
  }
}

export const ENCODINGS = ["hex", "base64", "base64url"] as const;
export type Encoding = (typeof ENCODINGS)[number];

/** The bytes of a signature, strictly: one spelling each but for the case of hex; null for anything else. */
export function decodeSignature(text: string, encoding: Encoding): Uint8Array | null {
  if (encoding === "hex") return fromHex(text);
  if (encoding === "base64") return fromBase64(text);
  if (!/^[A-Za-z0-9_-]*$/.test(text)) return null;
  const padding = "=".repeat((4 - (text.length % 4)) % 4);
  return fromBase64(text.replaceAll("-", "+").replaceAll("_", "/") + padding);
}

/** The one spelling that `decodeSignature` reads, of hex the lower-case one. */
export function encodeSignature(bytes: Uint8Array, encoding: Encoding): string {
  if (encoding === "hex") return toHex(bytes);
  const base64 = toBase64(bytes);
  if (encoding === "base64") return base64;
  return base64.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
