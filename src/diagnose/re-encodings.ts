/**
 * What proxies, frameworks and editors make of a body on its way, undone: a signature is over bytes, and a body that
 * was parsed and written again has others. Pure; a change that changes nothing is left out.
 */
import { decodeUtf8 } from "../parse/decode.ts";

export interface ReEncoding {
  /** What seems to have happened to the body. */
  readonly text: string;
  readonly body: Uint8Array;
}

const utf8 = new TextEncoder();

/** A JSON text piece by piece: strings, white space between tokens, and everything else. */
const JSON_PIECES = /("(?:[^"\\]|\\.)*")|(\s+)|([^"\s]+)/gs;

/** Rewrites a JSON text without touching what its values are written like, numbers above all. */
function rewritten(text: string, separators: { colon: string; comma: string }): string {
  return text.replaceAll(JSON_PIECES, (_, string?: string, space?: string, rest?: string) => {
    if (string !== undefined) return string;
    if (space !== undefined) return "";
    return (rest ?? "").replaceAll(":", separators.colon).replaceAll(",", separators.comma);
  });
}

function inStrings(text: string, change: (string: string) => string): string {
  return text.replaceAll(JSON_PIECES, (piece: string, string?: string) =>
    string === undefined ? piece : change(string),
  );
}

/** With the indentation of `JSON.stringify(value, null, width)`; values as they were written. */
function indented(text: string, width: number): string {
  let depth = 0;
  const line = () => `\n${" ".repeat(depth * width)}`;
  return rewritten(text, { colon: ":", comma: "," }).replaceAll(
    /"(?:[^"\\]|\\.)*"|\{\}|\[\]|[[{\]},:]/gs,
    (token) => {
      if (token === "{" || token === "[") {
        depth += 1;
        return token + line();
      }
      if (token === "}" || token === "]") {
        depth -= 1;
        return line() + token;
      }
      if (token === ",") return token + line();
      return token === ":" ? ": " : token;
    },
  );
}

const escaped = (text: string) =>
  text.replaceAll(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
const unescaped = (text: string) =>
  text.replaceAll(/\\u([0-9a-fA-F]{4})/g, (whole, hex: string) => {
    const unit = Number.parseInt(hex, 16);
    return unit < 0x80 ? whole : String.fromCharCode(unit);
  });

/** Each text once read as Latin-1 and written as UTF-8 has a pair of letters for every one: taken back. */
function fromMojibake(text: string): Uint8Array | null {
  return !/[\u0100-\uffff]/.test(text) && /[\u0080-\u00ff]/.test(text)
    ? Uint8Array.from(text, (letter) => letter.charCodeAt(0))
    : null;
}

const JSON_CHANGES: readonly (readonly [text: string, change: (text: string) => string])[] = [
  [
    "the JSON was written anew with white space; sent without any",
    (t) => rewritten(t, { colon: ":", comma: "," }),
  ],
  [
    "the JSON was written anew without white space; sent with a space behind each colon and comma",
    (t) => rewritten(t, { colon: ": ", comma: ", " }),
  ],
  ["the JSON was written anew; sent indented by 2", (t) => indented(t, 2)],
  ["the JSON was written anew; sent indented by 4", (t) => indented(t, 4)],
  [
    "slashes in the JSON were unescaped; sent as \\/ (as PHP writes them)",
    (t) => inStrings(t, (s) => s.replaceAll(/(?<!\\)\//g, "\\/")),
  ],
  ["slashes in the JSON were escaped; sent as /", (t) => inStrings(t, (s) => s.replaceAll("\\/", "/"))],
  ["escapes in the JSON were written as letters; sent as \\uXXXX", (t) => inStrings(t, escaped)],
  ["letters in the JSON were escaped; sent as they are", (t) => inStrings(t, unescaped)],
  [
    "slashes were unescaped and escapes written as letters; sent as PHP's json_encode writes it",
    (t) => inStrings(t, (s) => escaped(s.replaceAll(/(?<!\\)\//g, "\\/"))),
  ],
];

const TEXT_CHANGES: readonly (readonly [text: string, change: (text: string) => string])[] = [
  ["line ends were changed from CRLF to LF", (t) => t.replaceAll(/(?<!\r)\n/g, "\r\n")],
  ["line ends were changed from LF to CRLF", (t) => t.replaceAll("\r\n", "\n")],
  ["line ends were taken out (curl -d does)", (t) => (t.endsWith("\n") ? t : `${t}\n`)],
  ["a line end at the end was taken out (CRLF)", (t) => (t.endsWith("\n") ? t : `${t}\r\n`)],
  ["white space was added at its beginning or end", (t) => t.trim()],
  ["a line end was added at its end", (t) => t.replace(/\r?\n$/, "")],
];

/** Bodies that the sender may have sent when these bytes were received. */
export function reEncodings(body: Uint8Array): readonly ReEncoding[] {
  const withoutMark = body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf ? body.subarray(3) : null;
  const found: ReEncoding[] =
    withoutMark === null ? [] : [{ text: "a byte order mark was added", body: withoutMark }];
  const text = decodeUtf8(withoutMark ?? body);
  if (text !== null) {
    const changes = /^\s*[{[]/.test(text) ? [...TEXT_CHANGES, ...JSON_CHANGES] : TEXT_CHANGES;
    for (const [what, change] of changes) {
      const changed = change(text);
      if (changed !== text) found.push({ text: what, body: utf8.encode(changed) });
    }
    const bytes = fromMojibake(text);
    if (bytes) found.push({ text: "its charset was changed (Latin-1 or doubled UTF-8)", body: bytes });
    if (/[+]|%20/.test(text) && !/^\s*[{[]/.test(text)) {
      found.push({
        text: "spaces of the form were sent as %20, not +",
        body: utf8.encode(text.replaceAll("+", "%20")),
      });
      found.push({
        text: "spaces of the form were sent as +, not %20",
        body: utf8.encode(text.replaceAll("%20", "+")),
      });
    }
  }
  const seen = new Set<string>();
  return found.filter(({ body: changed }) => {
    const key = changed.join();
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}
