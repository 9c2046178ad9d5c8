/**
 * Takes secrets out of a body before it is stored, shown or forwarded. The rest stays character for
 * character, since whoever compares with the provider's own log needs to see what was sent.
 */
import { readContentType } from "../parse/content-type.ts";
import { decodeText } from "../parse/decode.ts";
import type { FormFailure, FormFields, Span } from "../parse/form-fields.ts";
import { parseForm } from "../parse/strict-form.ts";
import { parseJson } from "../parse/strict-json.ts";
import { scanMultipart } from "../parse/strict-multipart.ts";
import type { Result } from "../result.ts";

export const REDACTED = "[redacted]";

/** Bytes and what their sender called them. */
export interface Message {
  readonly bytes: Uint8Array;
  readonly contentType: string | null;
}

export interface Redacted {
  readonly text: string;
  /** Which of `names` were there. */
  readonly redacted: readonly string[];
}

/**
 * `names` that begin with `/` are JSON pointers, others form fields. A body that is neither JSON nor
 * a form carries nothing we could name, and is given back only if there is nothing to redact.
 */
export function redact(message: Message, names: readonly string[]): Redacted | null {
  const pointers = names.filter((name) => name.startsWith("/"));
  const fields = names.filter((name) => !name.startsWith("/"));
  const json = pointers.length > 0 ? parseJson(message.bytes, { duplicates: "report" }) : null;
  const form = fields.length > 0 ? formOf(message) : null;
  if ((json && !json.ok) || (form && !form.ok)) return null;
  const cutsOf = (named: readonly string[], spans: (name: string) => readonly Span[], by: string) =>
    named.flatMap((name) => spans(name).map((span) => ({ name, span, by })));
  const cuts = [
    ...(json ? cutsOf(pointers, (name) => json.value.spans(name), `"${REDACTED}"`) : []),
    ...(form ? cutsOf(fields, (name) => form.value.spans(name), REDACTED) : []),
  ].sort((a, b) => b.span[0] - a.span[0]);
  // As the parser saw it, so that the spans fit; without a parser as well as it can be shown.
  let text = form ? form.value.text : shownText(message);
  for (const { span, by } of cuts) text = text.slice(0, span[0]) + by + text.slice(span[1]);
  return { text, redacted: [...new Set(cuts.map(({ name }) => name))].sort() };
}

function formOf({ bytes, contentType }: Message): Result<FormFields, FormFailure> {
  const type = readContentType(contentType);
  if (type?.type === "multipart/form-data") return scanMultipart(bytes, type, { duplicates: "report" });
  return parseForm(bytes, { duplicates: "report", charset: type?.charset ?? "utf-8" });
}

function shownText({ bytes, contentType }: Message): string {
  const charset = readContentType(contentType)?.charset ?? "utf-8";
  return decodeText(bytes, charset) ?? new TextDecoder().decode(bytes);
}
