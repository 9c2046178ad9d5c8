/**
 * Takes secrets out of a body before it is stored, shown or forwarded. The rest stays byte for byte,
 * since whoever compares with the provider's own log needs to see what was sent.
 */
import { parseForm } from "../parse/strict-form.ts";
import { parseJson } from "../parse/strict-json.ts";

export const REDACTED = "[redacted]";

export interface Redacted {
  readonly text: string;
  /** Which of `names` were there. */
  readonly redacted: readonly string[];
}

/**
 * `names` that begin with `/` are JSON pointers, others form fields. A body that is neither JSON nor
 * a form carries nothing we could name, and is given back only if there is nothing to redact.
 */
export function redact(body: Uint8Array, names: readonly string[]): Redacted | null {
  const pointers = names.filter((name) => name.startsWith("/"));
  const fields = names.filter((name) => !name.startsWith("/"));
  const json = pointers.length > 0 ? parseJson(body, { duplicates: "report" }) : null;
  const form = fields.length > 0 ? parseForm(body, { duplicates: "report" }) : null;
  if ((json && !json.ok) || (form && !form.ok)) return null;
  const cuts = [
    ...pointers.flatMap((name) =>
      json?.ok ? json.value.spans(name).map((span) => ({ name, span, by: `"${REDACTED}"` })) : [],
    ),
    ...fields.flatMap((name) =>
      form?.ok ? form.value.spans(name).map((span) => ({ name, span, by: REDACTED })) : [],
    ),
  ].sort((a, b) => b.span[0] - a.span[0]);
  let text = new TextDecoder().decode(body);
  for (const { span, by } of cuts) text = text.slice(0, span[0]) + by + text.slice(span[1]);
  return { text, redacted: [...new Set(cuts.map(({ name }) => name))].sort() };
}
