/** Words of a text, as a search takes them (docs/api.md#search). Pure. */

/** What ends a word: white space, quotes, brackets, and what stands between values. `*` marks a beginning in a search. */
const ENDS = String.raw`\s"'\x60<>()[\]{}|,;&=?*\\`;
/** A word begins and ends with a letter or a digit. */
const WORD = new RegExp(String.raw`[\p{L}\p{N}](?:[^${ENDS}]*[\p{L}\p{N}\p{M}])?`, "gu");
const LAST_PIECE = new RegExp(String.raw`[\p{L}\p{N}][^${ENDS}]*$`, "u");

/** Capitals are no difference, nor is how an accent is encoded. */
export const folded = (text: string) => text.normalize("NFC").toLowerCase();

/** In the order of the text, folded; `order-4711`, `ada@example.com` and `10:00:00` are one word each. */
export function wordsOf(text: string): string[] {
  return folded(text).match(WORD) ?? [];
}

/** With what word a folded text ends, as far as it goes: `order-` keeps its hyphen. */
export function lastPieceOf(text: string): string {
  return LAST_PIECE.exec(text)?.[0] ?? "";
}

const JSON_ESCAPE = /\\(?:u([0-9a-f]{4})|(.))/gis;
const JSON_KEY = /"[^"\\]{0,100}"\s*:/g;

/**
 * The values in a callback's body as text: without the keys of JSON and of forms, which stand in every event, and without
 * what JSON and forms escape. Numbers stay as they were written. Any other text is left as it is.
 */
export function valuesIn(body: string, contentType: string | null): string {
  if (contentType?.includes("form-urlencoded") === true) return valuesInForm(body);
  const isEscaped = body.includes("\\");
  const text = isEscaped ? body.replace(JSON_ESCAPE, unescaped) : body;
  return text.replace(JSON_KEY, " ");
}

/** Of a form, or of a query. */
export function valuesInForm(form: string): string {
  return [...new URLSearchParams(form).values()].join("\n");
}

/** `\n` and its like are white space; of `\/`, `\"` and `\\` the second character is meant. */
function unescaped(_: string, code: string | undefined, letter: string | undefined): string {
  if (code !== undefined) return String.fromCharCode(Number.parseInt(code, 16));
  return letter === undefined || "bfnrt".includes(letter) ? " " : letter;
}
