/** A captured callback in any form in which people have one: a curl line, a HAR file or entry, headers and body as JSON, raw HTTP. Pure. */
import { z } from "zod";
import type { CapturedRequest } from "../../../src/diagnose/captured.ts";
import { fromCurl } from "./curl-line.ts";

export interface Capture {
  readonly request: CapturedRequest;
  /** When it came, where the form tells (HAR); epoch milliseconds. */
  readonly atMs: number | null;
}

export interface CaptureOptions {
  /** Which entry of a HAR file, from 1; null: the only one whose path is below /in/. */
  readonly entry: number | null;
  readonly readFile: (name: string) => Buffer;
}

const pair = z.object({ name: z.string(), value: z.string() });
const harEntry = z.object({
  startedDateTime: z.string().optional(),
  request: z.object({
    method: z.string(),
    url: z.string(),
    headers: z.array(pair).default([]),
    postData: z
      .object({
        text: z.string().default(""),
        encoding: z.string().optional(),
        params: z.array(pair).optional(),
      })
      .optional(),
  }),
});
type HarEntry = z.infer<typeof harEntry>;

const plainRequest = z.strictObject({
  method: z.string().default("POST"),
  url: z.string().default("/"),
  headers: z.record(z.string(), z.string()),
  body: z.union([z.string(), z.record(z.string(), z.unknown())]).default(""),
});

/** A body that is not a text was written anew: it has the values that were sent, and not the bytes. */
function fromPlain({ method, url, headers, body }: z.infer<typeof plainRequest>): CapturedRequest {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return { method, url, headers: Object.entries(headers), body: Buffer.from(text) };
}

/** @throws Error in words, when it is none of these forms */
export function readCapture(bytes: Buffer, options: CaptureOptions): Capture {
  const text = bytes.toString("utf8").replace(/^\uFEFF/, "");
  if (/^\s*(?:\$\s+)?curl(?:\.exe)?\s/.test(text)) {
    return { request: fromCurl(text.replace(/^\s*\$\s+/, ""), options.readFile), atMs: null };
  }
  if (/^\s*\{/.test(text)) return fromHar(text, options.entry);
  const raw = fromRawHttp(bytes);
  if (raw) return { request: raw, atMs: null };
  throw new Error(
    "this is no captured request: give a curl line, a HAR file or entry, or raw HTTP (POST /in/… HTTP/1.1, headers, an empty line, the body)",
  );
}

function fromHar(text: string, number: number | null): Capture {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new Error("it begins like a HAR file, and is not JSON");
  }
  const file = z.object({ log: z.object({ entries: z.array(harEntry) }) }).safeParse(json);
  const single = harEntry.safeParse(json);
  const plain = plainRequest.safeParse(json);
  if (plain.success) return { request: fromPlain(plain.data), atMs: null };
  if (!file.success && !single.success)
    throw new Error(
      'it is JSON, and neither a HAR file, nor a HAR entry, nor {"method", "url", "headers": {…}, "body": …}',
    );
  const entry = single.success ? single.data : chosen(file.data?.log.entries ?? [], number);
  const { method, url, headers, postData } = entry.request;
  const atMs = Date.parse(entry.startedDateTime ?? "");
  return {
    request: {
      method,
      url,
      headers: headers.map(({ name, value }) => [name, value]),
      body: bodyOf(postData),
    },
    atMs: Number.isNaN(atMs) ? null : atMs,
  };
}

function bodyOf(post: HarEntry["request"]["postData"]): Buffer {
  if (!post) return Buffer.alloc(0);
  if (post.text !== "" || !post.params) {
    return Buffer.from(post.text, post.encoding === "base64" ? "base64" : "utf8");
  }
  return Buffer.from(
    new URLSearchParams(post.params.map(({ name, value }): [string, string] => [name, value])).toString(),
  );
}

function chosen(entries: readonly HarEntry[], number: number | null): HarEntry {
  const shown = () =>
    entries
      .map(({ request }, index) => `${index + 1}: ${request.method} ${request.url.split("?")[0] ?? ""}`)
      .join("\n  ");
  if (number !== null) {
    const entry = entries[number - 1];
    if (!entry) throw new Error(`the HAR file has no entry ${number}; it has\n  ${shown()}`);
    return entry;
  }
  const callbacks = entries.filter(({ request }) => request.url.includes("/in/"));
  const [only] = callbacks.length === 1 ? callbacks : entries.length === 1 ? entries : [];
  if (!only) throw new Error(`which entry of the HAR file? Give --entry:\n  ${shown()}`);
  return only;
}

/** Header lines may end in LF only, as a text editor leaves them; the body is taken byte for byte. */
function fromRawHttp(bytes: Buffer): CapturedRequest | null {
  const gap = /\r?\n\r?\n/.exec(bytes.toString("latin1"));
  const head = bytes.toString("utf8", 0, gap?.index ?? bytes.length);
  const [first = "", ...lines] = head.split(/\r?\n/);
  const [, method, url] = /^([A-Z]+) (\S+)(?: HTTP\/[\d.]+)?$/.exec(first.trim()) ?? [];
  if (method === undefined || url === undefined) return null;
  const headers = lines.flatMap((line): [string, string][] => {
    const [, name, value] = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*$/.exec(line) ?? [];
    return name === undefined || value === undefined ? [] : [[name, value]];
  });
  const body = gap ? bytes.subarray(gap.index + gap[0].length) : Buffer.alloc(0);
  return { method, url, headers, body: withoutEditorsLineEnd(headers, body) };
}

/** Editors end a file with a line end that was never sent: the sender's own count of bytes tells. */
function withoutEditorsLineEnd(headers: readonly (readonly [string, string])[], body: Buffer): Buffer {
  const declared = Number(
    headers.find(([name]) => name.toLowerCase() === "content-length")?.[1] ?? Number.NaN,
  );
  const isLonger = Number.isSafeInteger(declared) && declared < body.length;
  return isLonger && /^\r?\n$/.test(body.toString("latin1", declared)) ? body.subarray(0, declared) : body;
}
