/** A curl command line as the request it would send. Pure but for `@file`, which the caller reads. */
import type { CapturedRequest } from "../../../src/diagnose/captured.ts";
import { shellWords } from "./shell-words.ts";

/** Options with a value that change nothing about the request's bytes. */
const IGNORED = new Set([
  "-o",
  "--output",
  "-m",
  "--max-time",
  "--connect-timeout",
  "-w",
  "--write-out",
  "-x",
  "--proxy",
  "--resolve",
  "--retry",
  "--cacert",
]);
/** Short options without a value. */
const FLAGS = /^[sSkLivfNgG#4610q]+$/;

/** Of options that are a header: its name. */
const HEADERS: Readonly<Record<string, string>> = {
  "-A": "user-agent",
  "--user-agent": "user-agent",
  "-e": "referer",
  "--referer": "referer",
  "-b": "cookie",
  "--cookie": "cookie",
};

/**
 * @param readFile the bytes of a `@file` argument
 * @throws Error in words, when it is no curl line or has an option that cannot be followed
 */
export function fromCurl(line: string, readFile: (name: string) => Buffer): CapturedRequest {
  const words = shellWords(line.trim());
  if (words === null) throw new Error("a quote of the curl line is not closed");
  const request = new CurlRequest(readFile);
  const left = words.slice(1);
  for (let word = left.shift(); word !== undefined; word = left.shift()) {
    const text = word.toString("utf8");
    if (!text.startsWith("-") || text === "-") {
      request.url = text;
      continue;
    }
    const [, name = text, inline] = splitOption(text);
    if (request.flag(name)) continue;
    const value = inline === undefined ? left.shift() : Buffer.from(inline, "utf8");
    if (value === undefined) throw new Error(`the curl option ${name} has no value`);
    request.option(name, value);
  }
  return request.captured();
}

/** `-XPOST` and `--request=POST` carry their value with them. */
function splitOption(text: string): readonly (string | undefined)[] {
  const long = /^(--[a-z-]+)=(.*)$/s.exec(text);
  if (long) return [text, long[1], long[2]];
  return /^-[XHdAeb]./s.test(text) ? [text, text.slice(0, 2), text.slice(2)] : [text, text];
}

class CurlRequest {
  url = "";
  readonly #readFile: (name: string) => Buffer;
  #method: string | null = null;
  #asQuery = false;
  readonly #headers: [string, string][] = [];
  readonly #data: Buffer[] = [];

  constructor(readFile: (name: string) => Buffer) {
    this.#readFile = readFile;
  }

  /** Whether it is an option without a value, of which nothing more is to be read. */
  flag(name: string): boolean {
    if (name === "-G" || name === "--get") this.#asQuery = true;
    if (name === "-I" || name === "--head") this.#method = "HEAD";
    const short = /^-([^-]+)$/.exec(name)?.[1];
    if (short !== undefined) return FLAGS.test(short);
    return /^--(?:get|head|compressed|silent|show-error|insecure|location|include|verbose|fail|globoff|http[\d.]+|no-buffer|path-as-is)$/.test(
      name,
    );
  }

  option(name: string, value: Buffer): void {
    const text = value.toString("utf8");
    const header = HEADERS[name];
    if (header !== undefined) this.#headers.push([header, text]);
    else if (name === "-X" || name === "--request") this.#method = text;
    else if (name === "--url") this.url = text;
    else if (name === "-H" || name === "--header") this.#header(text);
    else if (name === "--json") {
      this.#typed("application/json");
      this.#data.push(this.#dataOf(value, text, false));
    } else if (/^(?:-d|--data(?:-ascii|-raw|-binary)?)$/.test(name)) {
      this.#typed("application/x-www-form-urlencoded");
      const isRaw = name === "--data-raw";
      this.#data.push(isRaw ? value : this.#dataOf(value, text, name !== "--data-binary"));
    } else if (!IGNORED.has(name)) throw new Error(`the curl option ${name} is not understood`);
  }

  #header(text: string): void {
    const [, name = "", value = ""] = /^([^:;]+)[:;]\s*(.*)$/s.exec(text) ?? [];
    if (name === "") throw new Error(`"${text}" is no header`);
    this.#headers.push([name, value]);
  }

  /** `@file`; without `--data-binary` curl takes its line ends out. */
  #dataOf(value: Buffer, text: string, isStripped: boolean): Buffer {
    if (!text.startsWith("@")) return value;
    const bytes = this.#readFile(text.slice(1));
    return isStripped ? (bytes.filter((byte) => byte !== 10 && byte !== 13) as Buffer) : bytes;
  }

  #defaultType: string | null = null;
  #typed(type: string): void {
    this.#defaultType ??= type;
  }

  captured(): CapturedRequest {
    if (this.url === "") throw new Error("the curl line has no URL");
    const isJson = this.#defaultType === "application/json";
    const joint = Buffer.from(isJson ? "" : "&");
    const body = Buffer.concat(this.#data.flatMap((part, index) => (index === 0 ? [part] : [joint, part])));
    if (this.#asQuery) {
      const mark = this.url.includes("?") ? "&" : "?";
      const url = body.length === 0 ? this.url : `${this.url}${mark}${body.toString("utf8")}`;
      return { method: this.#method ?? "GET", url, headers: this.#headers, body: new Uint8Array() };
    }
    const isTyped = this.#headers.some(([name]) => name.toLowerCase() === "content-type");
    const type: [string, string][] =
      this.#defaultType === null || isTyped ? [] : [["content-type", this.#defaultType]];
    const method = this.#method ?? (this.#data.length > 0 ? "POST" : "GET");
    return { method, url: this.url, headers: [...this.#headers, ...type], body };
  }
}
