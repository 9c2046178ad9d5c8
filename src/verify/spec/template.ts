/**
 * What a proof is made over, as a template: `{header:webhook-id}.{raw}`. Everything outside braces is
 * literal; what is in braces is one of a closed list (docs/adding-a-provider.md#template-parts).
 *
 * Promises: read once, when the configuration is; an unknown part is a problem then and never at a
 * callback; nothing is executed, and work is bounded by the callback's size times a small number of parts.
 */
import { MAX_TEMPLATE_CHARS, MAX_TEMPLATE_DOCUMENTS, MAX_TEMPLATE_PARTS } from "../../limits.ts";
import { toBase64 } from "../../parse/encoding.ts";
import type { Because, RefusedReason } from "../../reasons.ts";
import { err, ok, type Result } from "../../result.ts";
import { writeJson, type JsonForm } from "./canonical.ts";
import { parsePlace, textOf, valueOf, type Contents, type Message, type Place } from "./places.ts";

type Part =
  | { readonly kind: "literal"; readonly bytes: Uint8Array }
  | { readonly kind: "value"; readonly place: Place; readonly optional: boolean }
  /** A named part of the signature's own header: `{sig:t}`. */
  | { readonly kind: "sig"; readonly name: string }
  | { readonly kind: "secret" | "method" | "url" | "path" }
  | { readonly kind: "raw"; readonly base64: boolean }
  | { readonly kind: "document"; readonly form: JsonForm; readonly base64: boolean };

export interface Template {
  readonly parts: readonly Part[];
  /** The names of `{sig:…}`. */
  readonly signatureParts: ReadonlySet<string>;
  /** The places of `{header:…}`, `{json:…}`, `{form:…}` and `{query:…}`. */
  readonly places: readonly Place[];
}

/** Stands for the secret among the pieces, since there may be several of them. */
export const SECRET = Symbol("secret");
export type Piece = Uint8Array | typeof SECRET;

const utf8 = new TextEncoder();

/** The template `text` writes, or what is wrong with it. */
export function parseTemplate(text: string): Result<Template, string> {
  if (text === "") return err("is empty: write {raw} for the whole body");
  if (text.length > MAX_TEMPLATE_CHARS) return err(`is longer than ${MAX_TEMPLATE_CHARS} characters`);
  const parts: Part[] = [];
  for (const [token, name] of text.matchAll(/\{([^{}]*)\}|[^{}]+|[{}]/g)) {
    if (token === "{" || token === "}") return err("has a brace without its other half");
    const part = name === undefined ? ok(literal(token)) : partOf(name);
    if (!part.ok) return part;
    parts.push(part.value);
  }
  if (parts.length > MAX_TEMPLATE_PARTS) return err(`has more than ${MAX_TEMPLATE_PARTS} parts`);
  const documents = parts.filter(({ kind }) => kind === "raw" || kind === "document");
  if (documents.length > MAX_TEMPLATE_DOCUMENTS) {
    return err(`repeats the whole body more than ${MAX_TEMPLATE_DOCUMENTS} times`);
  }
  return ok({
    parts,
    signatureParts: new Set(parts.flatMap((part) => (part.kind === "sig" ? [part.name] : []))),
    places: parts.flatMap((part) => (part.kind === "value" ? [part.place] : [])),
  });
}

function literal(text: string): Part {
  return { kind: "literal", bytes: utf8.encode(text) };
}

const PARTS =
  "{raw}, {method}, {url}, {path}, {secret}, {sig:<name>}, {header:<name>}, {json:/<pointer>}, {form:<name>}, " +
  "{query:<name>}, {json-sorted}, {json-sorted-toplevel}, {canon:json-without:<key>}, {php-json-without:<key>} or " +
  "{php-json-unicode-without:<key>}, the last five and {raw} also behind b64:";

function partOf(name: string): Result<Part, string> {
  switch (name) {
    case "secret":
    case "method":
    case "url":
    case "path":
      return ok({ kind: name });
  }
  const base64 = name.startsWith("b64:");
  const whole = wholeOf(base64 ? name.slice("b64:".length) : name, base64);
  if (whole !== null) return ok(whole);
  const [, signaturePart] = /^sig:([A-Za-z0-9_-]+)$/.exec(name) ?? [];
  if (signaturePart !== undefined) return ok({ kind: "sig", name: signaturePart });
  if (!/^(?:header|json|form|query):/.test(name)) {
    return err(`has the unknown part {${name}}: the parts are ${PARTS}`);
  }
  const optional = name.endsWith("?");
  const place = parsePlace(optional ? name.slice(0, -1) : name);
  return place.ok ? ok({ kind: "value", place: place.value, optional }) : place;
}

/** A part that is the whole body, in one form or another; null when it is none. */
function wholeOf(name: string, base64: boolean): Part | null {
  if (name === "raw") return { kind: "raw", base64 };
  if (name === "json-sorted") return { kind: "document", form: { kind: "sorted" }, base64 };
  if (name === "json-sorted-toplevel")
    return { kind: "document", form: { kind: "sorted-top-level" }, base64 };
  const [, form, member = ""] = /^(canon:json|php-json|php-json-unicode)-without:(.+)/s.exec(name) ?? [];
  if (form === undefined) return null;
  if (form === "canon:json") return { kind: "document", form: { kind: "without", member }, base64 };
  return {
    kind: "document",
    form: { kind: "php-without", member, unicode: form === "php-json-unicode" },
    base64,
  };
}

/** Does the template contain the whole body, so that a proof over it covers every value of it? */
export function holdsBody({ parts }: Template): boolean {
  return parts.some(
    (part) => part.kind === "raw" || (part.kind === "document" && part.form.kind !== "sorted-top-level"),
  );
}

/** Does it contain the body as JSON, whole or in part? */
export function holdsDocument({ parts }: Template): boolean {
  return parts.some(({ kind }) => kind === "document");
}

/** Does it contain this very value, by itself? */
export function holdsValue({ places }: Template, place: Place): boolean {
  return places.some(({ text }) => text === place.text);
}

export function holdsUrl({ parts }: Template): boolean {
  return parts.some(({ kind }) => kind === "url" || kind === "path");
}

export function holdsQuery({ parts }: Template): boolean {
  return parts.some(({ kind }) => kind === "url");
}

/** Members of the body that the template leaves out of it. */
export function leftOut({ parts }: Template): readonly string[] {
  return parts.flatMap((part) =>
    part.kind === "document" && "member" in part.form ? [part.form.member] : [],
  );
}

export function holdsSecret({ parts }: Template): boolean {
  return parts.some(({ kind }) => kind === "secret");
}

/** What stands at the template's parts in this callback, or why it cannot have been signed so. */
export function piecesOf(
  { parts }: Template,
  message: Message,
  contents: Contents,
  signatureParts: ReadonlyMap<string, string>,
): Result<readonly Piece[], Because<RefusedReason>> {
  const pieces: Piece[] = [];
  for (const part of parts) {
    const piece = pieceOf(part, message, contents, signatureParts);
    if (piece === null) return err({ reason: "bad_signature", detail: `unsigned:${shown(part)}` });
    pieces.push(piece);
  }
  return ok(pieces);
}

function pieceOf(
  part: Part,
  message: Message,
  contents: Contents,
  signatureParts: ReadonlyMap<string, string>,
): Piece | null {
  switch (part.kind) {
    case "literal":
      return part.bytes;
    case "secret":
      return SECRET;
    case "raw":
      return part.base64 ? utf8.encode(toBase64(message.body)) : message.body;
    case "document": {
      if (contents.json === null) return null;
      const bytes = utf8.encode(writeJson(contents.json, part.form));
      return part.base64 ? utf8.encode(toBase64(bytes)) : bytes;
    }
    case "value": {
      const text = textOf(valueOf(part.place, contents));
      return text === null || (text === undefined && !part.optional) ? null : utf8.encode(text ?? "");
    }
    case "sig": {
      const text = signatureParts.get(part.name);
      return text === undefined ? null : utf8.encode(text);
    }
    case "method":
      return utf8.encode(message.method);
    case "url":
    case "path":
      return message.url === null
        ? null
        : utf8.encode(part.kind === "url" ? message.url : pathOf(message.url));
  }
}

/** As it was requested, without host and query. */
function pathOf(url: string): string {
  return /^[a-z]+:\/\/[^/?#]*([^?#]*)/i.exec(url)?.[1] ?? "";
}

function shown(part: Part): string {
  return part.kind === "value" ? part.place.text : part.kind;
}
