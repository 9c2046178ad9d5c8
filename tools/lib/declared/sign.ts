/**
 * Signs a callback as a declared provider would: what the engine verifies, the other way round. For the simulator
 * and the tests; a forger would need the secret all the same.
 */
import { parseForm } from "../../../src/parse/strict-form.ts";
import { parseJson } from "../../../src/parse/strict-json.ts";
import { Callback } from "../../../src/providers/callback.ts";
import { ALGORITHMS, proofOver } from "../../../src/verify/spec/algorithms.ts";
import { encodeSignature } from "../../../src/verify/spec/formats.ts";
import { readContents, type Place } from "../../../src/verify/spec/places.ts";
import type { SignedTime } from "../../../src/verify/spec/signed-time.ts";
import type { VerifySpec } from "../../../src/verify/spec/spec.ts";
import { piecesOf, type Piece } from "../../../src/verify/spec/template.ts";

/** A request as text. A signature inside the body has a place holder there, any text. */
export interface UnsignedRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const utf8 = new TextEncoder();

/** The request with its time and its signature, as of `nowMs`; throws where the provider would sign with a private key. */
export async function sign(
  spec: VerifySpec,
  secret: string,
  request: UnsignedRequest,
  nowMs: number,
): Promise<UnsignedRequest> {
  if (spec.alg === "static") return put(request, spec.signature, prefixed(spec, secret));
  const parts = new Map<string, string>();
  let timed = request;
  if (spec.time !== null) {
    const text = written(spec.time, nowMs);
    if ("signaturePart" in spec.time.from) parts.set(spec.time.from.signaturePart, text);
    else timed = put(request, spec.time.from.place, text);
  }
  const message = callbackOf(timed);
  const contents = await readContents(message, spec.needs);
  if (!contents.ok || spec.content === null) throw new Error("the request cannot be read");
  const pieces = piecesOf(spec.content, message, contents.value, parts);
  if (!pieces.ok) throw new Error(`the request lacks what is signed: ${pieces.error.detail ?? ""}`);
  const signature = encodeSignature(await proofOf(spec, secret, pieces.value), spec.encoding);
  return put(timed, spec.signature, formatted(spec, signature, parts));
}

function callbackOf({ method, url, headers, body }: UnsignedRequest): Callback {
  const lower = new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  return new Callback({
    method,
    kind: null,
    pathKey: null,
    url,
    query: url.split("?")[1] ?? "",
    contentType: lower.get("content-type") ?? null,
    contentEncoding: null,
    headers: lower,
    body: utf8.encode(body),
    isCut: false,
    receivedAtMs: 0,
    sha256: "",
  });
}

function written({ unit }: SignedTime, nowMs: number): string {
  if (unit === "iso") return new Date(nowMs).toISOString();
  return String(unit === "ms" ? nowMs : Math.floor(nowMs / 1_000));
}

function proofOf({ alg, key }: VerifySpec, secret: string, pieces: readonly Piece[]): Promise<Uint8Array> {
  const algorithm = ALGORITHMS[alg];
  if (algorithm.kind !== "hmac" && algorithm.kind !== "digest") {
    throw new Error(`${alg} is signed with a private key`);
  }
  return proofOver(algorithm, key, { id: "sample", value: secret }, pieces);
}

function prefixed({ format }: VerifySpec, value: string): string {
  return format.kind === "prefix" ? format.prefix + value : value;
}

function formatted(spec: VerifySpec, signature: string, parts: ReadonlyMap<string, string>): string {
  const { format } = spec;
  if (format.kind === "list") return `${format.version},${signature}`;
  if (format.kind !== "kv") return prefixed(spec, signature);
  return [...parts, [format.name, signature] as const]
    .map(([name, value]) => `${name}=${value}`)
    .join(format.separator);
}

/** The request with this text at this place; inside a body, in place of what stands there. */
export function put(request: UnsignedRequest, place: Place, text: string): UnsignedRequest {
  switch (place.kind) {
    case "header":
      return { ...request, headers: { ...request.headers, [place.name]: text } };
    case "json":
      return {
        ...request,
        body: replaced(request.body, jsonSpan(request.body, place.text), JSON.stringify(text)),
      };
    case "form":
      return {
        ...request,
        body: replaced(request.body, formSpan(request.body, place.name), encodeURIComponent(text)),
      };
    case "query": {
      const [address = "", query = ""] = request.url.split("?");
      const changed = replaced(query, formSpan(query, place.name), encodeURIComponent(text));
      return { ...request, url: `${address}?${changed}` };
    }
  }
}

type Span = readonly [start: number, end: number];

function replaced(text: string, span: Span | undefined, by: string): string {
  if (span === undefined) throw new Error("the sample has no such value to put a text in place of");
  return text.slice(0, span[0]) + by + text.slice(span[1]);
}

export function jsonSpan(body: string, place: string): Span | undefined {
  const parsed = parseJson(utf8.encode(body), { duplicates: "report" });
  return parsed.ok ? parsed.value.spans(place.replace(/^json:/, ""))[0] : undefined;
}

export function formSpan(body: string, name: string): Span | undefined {
  const parsed = parseForm(body, { duplicates: "report" });
  return parsed.ok ? parsed.value.spans(name)[0] : undefined;
}
