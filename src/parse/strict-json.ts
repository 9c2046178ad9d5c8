/**
 * A strict JSON parser (RFC 8259) for bodies an attacker may have written.
 *
 * Promises: accepts nothing that `JSON.parse` refuses; sees what `JSON.parse` hides (keys given
 * twice, `__proto__`, the source text of numbers); time and memory linear in the body; depth and
 * counts bounded before anything recurses. Objects are Maps, so no key of a stranger ever meets a
 * prototype.
 * Does not interpret: numbers stay text, strings stay as they were escaped, lone surrogates and all
 * (`access.ts` refuses those where an identifier is wanted).
 */
import { MAX_JSON_DEPTH, MAX_JSON_KEYS, MAX_JSON_VALUES, MAX_POINTER_CHARS } from "../limits.ts";
import { err, ok, type Result } from "../result.ts";
import { canonicalDecimal, decimal } from "./decimal.ts";
import { decodeUtf8 } from "./decode.ts";

/**
 * A number as its source text. Never a float: 0.123456789012345678, 1e400 and 0.10 do not survive
 * `Number`.
 */
export class JsonNumber {
  readonly token: string;

  constructor(token: string) {
    this.token = token;
  }
}

export type JsonValue = string | boolean | null | JsonNumber | readonly JsonValue[] | JsonObject;
export type JsonObject = ReadonlyMap<string, JsonValue>;

/**
 * A key that one object gives more than once, compared after unescaping (`"tok\u0065n"` is
 * `token`).
 */
export interface DuplicateKey {
  /**
   * RFC 6901 pointer of the key. One longer than MAX_POINTER_CHARS is cut and ends in `…`.
   * Two objects at one pointer (their own key was given twice) are reported one by one.
   */
  readonly pointer: string;
  /** Every value it was given, in the order of the text. */
  readonly values: readonly JsonValue[];
}

export interface JsonDocument {
  /** Where a key is given more than once, the last value, as `JSON.parse` has it. */
  readonly root: JsonObject;
  /** Empty unless parsed with `{ duplicates: "report" }`; innermost first. */
  readonly duplicates: readonly DuplicateKey[];
  readonly text: string;
  /**
   * Where the value at this RFC 6901 pointer stands in `text`: `[start, end)` in UTF-16 units,
   * quotes included. Every occurrence when it is given twice, so that redaction leaves none behind.
   * Empty when there is none.
   */
  spans(pointer: string): readonly (readonly [number, number])[];
}

export interface ParseFailure {
  readonly reason: "encoding" | "json" | "not_an_object" | "duplicate_key" | "forbidden_key";
  /** `json`: `too_deep`, `too_many_keys` or `too_many_values`; `duplicate_key`: the pointer. */
  readonly detail?: string;
}

/**
 * The document in `bytes`, or why not.
 *
 * Fails with `encoding` (not UTF-8, or a byte order mark), `json` (not RFC 8259, empty, or beyond a
 * limit), `not_an_object`, `duplicate_key` (unless they are to be reported) and `forbidden_key`
 * (`__proto__` at any depth). The first thing found in the order of the text wins.
 */
export function parseJson(
  bytes: Uint8Array,
  options?: { readonly duplicates?: "refuse" | "report" },
): Result<JsonDocument, ParseFailure> {
  const text = decodeUtf8(bytes);
  if (text === null) return err({ reason: "encoding" });

  const parser = new Parser(text, options?.duplicates === "report");
  const node = parser.document();
  if (node === null) return err(parser.failure);
  if (!isObject(node.value)) return err({ reason: "not_an_object" });

  return ok({
    root: node.value,
    duplicates: parser.duplicates,
    text,
    spans: (pointer) => find(node, pointer).map(({ start, end }) => [start, end] as const),
  });
}

/**
 * One text for all ways of writing the same contents: keys sorted by UTF-16 unit, no white space,
 * numbers by value (`1.0`, `1e0` and `1` are one; a number `decimal` refuses stays as it was sent).
 *
 * For asking "the same, only re-serialised?". Not RFC 8785, and never the input of a signature.
 */
export function canonicalJson(value: JsonValue): string {
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "string") return JSON.stringify(value);
  if (value instanceof JsonNumber) {
    const plain = decimal(value.token);
    return plain === null ? value.token : canonicalDecimal(plain);
  }
  if (isObject(value)) {
    const members = [...value]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`);
    return `{${members.join(",")}}`;
  }
  return `[${value.map(canonicalJson).join(",")}]`;
}

function isObject(value: JsonValue): value is JsonObject {
  return value instanceof Map;
}

/**
 * A value and where it stands. Pointers are walked when asked for: built ahead, one long key over
 * many values would be quadratic.
 */
interface Node {
  readonly value: JsonValue;
  readonly start: number;
  readonly end: number;
  /** Of an object: all values of each key. */
  readonly members?: ReadonlyMap<string, readonly Node[]>;
  /** Of an array. */
  readonly elements?: readonly Node[];
}

function find(root: Node, pointer: string): readonly Node[] {
  if (pointer === "") return [root];
  if (!pointer.startsWith("/")) return [];
  let nodes: readonly Node[] = [root];
  for (const escaped of pointer.slice(1).split("/")) {
    if (nodes.length === 0) return nodes;
    // RFC 6901 section 4: ~1 first, else "~01" would become "/".
    const step = escaped.replaceAll("~1", "/").replaceAll("~0", "~");
    nodes = nodes.flatMap((node) => {
      if (node.members !== undefined) return node.members.get(step) ?? [];
      const element = /^(?:0|[1-9]\d*)$/.test(step) ? node.elements?.[Number(step)] : undefined;
      return element === undefined ? [] : [element];
    });
  }
  return nodes;
}

function shownPointer(path: readonly (string | number)[]): string {
  let pointer = "";
  for (const step of path) {
    const name = String(step).slice(0, MAX_POINTER_CHARS);
    pointer += `/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`;
    if (pointer.length > MAX_POINTER_CHARS) return `${pointer.slice(0, MAX_POINTER_CHARS - 1)}…`;
  }
  return pointer;
}

const TAB = 0x09;
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const SPACE = 0x20;
const QUOTE = 0x22;
const PLUS = 0x2b;
const COMMA = 0x2c;
const MINUS = 0x2d;
const POINT = 0x2e;
const DIGIT_0 = 0x30;
const DIGIT_9 = 0x39;
const COLON = 0x3a;
const OPEN_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['"', '"'],
  ["\\", "\\"],
  ["/", "/"],
  ["b", "\b"],
  ["f", "\f"],
  ["n", "\n"],
  ["r", "\r"],
  ["t", "\t"],
]);

/** Every step returns null once `failure` is set; nothing after the first failure is read. */
class Parser {
  failure: ParseFailure = { reason: "json" };
  readonly duplicates: DuplicateKey[] = [];

  readonly #text: string;
  readonly #reportDuplicates: boolean;
  readonly #path: (string | number)[] = [];
  #at = 0;
  #keys = 0;
  #values = 0;

  constructor(text: string, reportDuplicates: boolean) {
    this.#text = text;
    this.#reportDuplicates = reportDuplicates;
  }

  document(): Node | null {
    this.#skipSpace();
    const node = this.#value();
    if (node === null) return null;
    this.#skipSpace();
    return this.#at === this.#text.length ? node : this.#fail("json");
  }

  #value(): Node | null {
    this.#values += 1;
    if (this.#values > MAX_JSON_VALUES) return this.#fail("json", "too_many_values");

    const start = this.#at;
    switch (this.#peek()) {
      case OPEN_BRACE:
      case OPEN_BRACKET:
        // The path is as long as the containers around this one; checked before recursing: the stack is not the sender's to fill.
        if (this.#path.length >= MAX_JSON_DEPTH) return this.#fail("json", "too_deep");
        return this.#peek() === OPEN_BRACE ? this.#object() : this.#array();
      case QUOTE: {
        const value = this.#string();
        return value === null ? null : { value, start, end: this.#at };
      }
    }
    if (this.#takeWord("true")) return { value: true, start, end: this.#at };
    if (this.#takeWord("false")) return { value: false, start, end: this.#at };
    if (this.#takeWord("null")) return { value: null, start, end: this.#at };
    return this.#number();
  }

  #object(): Node | null {
    const start = this.#at;
    const value = new Map<string, JsonValue>();
    const members = new Map<string, Node[]>();
    this.#at += 1;
    this.#skipSpace();
    if (this.#take(CLOSE_BRACE)) return { value, start, end: this.#at, members };

    do {
      this.#skipSpace();
      if (this.#peek() !== QUOTE) return this.#fail("json");
      const key = this.#string();
      if (key === null) return null;
      this.#keys += 1;
      if (this.#keys > MAX_JSON_KEYS) return this.#fail("json", "too_many_keys");
      if (key === "__proto__") return this.#fail("forbidden_key");

      this.#path.push(key);
      const before = members.get(key);
      if (before !== undefined && !this.#reportDuplicates) {
        return this.#fail("duplicate_key", shownPointer(this.#path));
      }
      this.#skipSpace();
      if (!this.#take(COLON)) return this.#fail("json");
      this.#skipSpace();
      const member = this.#value();
      if (member === null) return null;
      this.#path.pop();

      value.set(key, member.value);
      if (before === undefined) members.set(key, [member]);
      else before.push(member);
      this.#skipSpace();
    } while (this.#take(COMMA));
    if (!this.#take(CLOSE_BRACE)) return this.#fail("json");

    for (const [key, nodes] of members) {
      if (nodes.length === 1) continue;
      const pointer = shownPointer([...this.#path, key]);
      this.duplicates.push({ pointer, values: nodes.map((node) => node.value) });
    }
    return { value, start, end: this.#at, members };
  }

  #array(): Node | null {
    const start = this.#at;
    const value: JsonValue[] = [];
    const elements: Node[] = [];
    this.#at += 1;
    this.#skipSpace();
    if (this.#take(CLOSE_BRACKET)) return { value, start, end: this.#at, elements };

    do {
      this.#skipSpace();
      this.#path.push(elements.length);
      const element = this.#value();
      if (element === null) return null;
      this.#path.pop();
      value.push(element.value);
      elements.push(element);
      this.#skipSpace();
    } while (this.#take(COMMA));
    if (!this.#take(CLOSE_BRACKET)) return this.#fail("json");
    return { value, start, end: this.#at, elements };
  }

  #string(): string | null {
    const text = this.#text;
    const pieces: string[] = [];
    this.#at += 1;
    let pieceStart = this.#at;
    for (;;) {
      const code = this.#peek();
      // NaN past the end compares false everywhere, so it must be asked for first.
      if (Number.isNaN(code) || code < SPACE) return this.#fail("json");
      if (code === QUOTE) {
        pieces.push(text.slice(pieceStart, this.#at));
        this.#at += 1;
        return pieces.join("");
      }
      if (code !== BACKSLASH) {
        this.#at += 1;
        continue;
      }
      pieces.push(text.slice(pieceStart, this.#at));
      const escape = text.charAt(this.#at + 1);
      const plain = ESCAPES.get(escape);
      if (plain !== undefined) {
        pieces.push(plain);
        this.#at += 2;
      } else {
        const hex = text.slice(this.#at + 2, this.#at + 6);
        if (escape !== "u" || !/^[0-9a-fA-F]{4}$/.test(hex)) return this.#fail("json");
        pieces.push(String.fromCharCode(Number.parseInt(hex, 16)));
        this.#at += 6;
      }
      pieceStart = this.#at;
    }
  }

  #number(): Node | null {
    const start = this.#at;
    this.#take(MINUS);
    // A leading zero ends the integer: what follows "0" in "01" is then no comma and no bracket.
    if (!this.#take(DIGIT_0) && !this.#takeDigits()) return this.#fail("json");
    if (this.#take(POINT) && !this.#takeDigits()) return this.#fail("json");
    const mark = this.#text.charAt(this.#at);
    if (mark === "e" || mark === "E") {
      this.#at += 1;
      if (!this.#take(PLUS)) this.#take(MINUS);
      if (!this.#takeDigits()) return this.#fail("json");
    }
    return { value: new JsonNumber(this.#text.slice(start, this.#at)), start, end: this.#at };
  }

  #peek(): number {
    return this.#text.charCodeAt(this.#at);
  }

  #take(code: number): boolean {
    if (this.#peek() !== code) return false;
    this.#at += 1;
    return true;
  }

  #takeWord(word: string): boolean {
    if (!this.#text.startsWith(word, this.#at)) return false;
    this.#at += word.length;
    return true;
  }

  #takeDigits(): boolean {
    const start = this.#at;
    while (this.#peek() >= DIGIT_0 && this.#peek() <= DIGIT_9) this.#at += 1;
    return this.#at > start;
  }

  #skipSpace(): void {
    for (;;) {
      const code = this.#peek();
      if (code !== SPACE && code !== LINE_FEED && code !== CARRIAGE_RETURN && code !== TAB) return;
      this.#at += 1;
    }
  }

  #fail(reason: ParseFailure["reason"], detail?: string): null {
    this.failure = detail === undefined ? { reason } : { reason, detail };
    return null;
  }
}
