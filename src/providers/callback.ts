/**
 * One request of a provider, as bytes: what is verified, parsed and stored is this and nothing else.
 *
 * Built at ingress from a request, and again later from its stored form. Parsing happens at most
 * once; whoever asks gets the same tree.
 */
import { readContentType } from "../parse/content-type.ts";
import type { FormFailure, FormFields } from "../parse/form-fields.ts";
import { parseForm } from "../parse/strict-form.ts";
import { parseJson, type JsonDocument, type ParseFailure } from "../parse/strict-json.ts";
import { parseMultipart } from "../parse/strict-multipart.ts";
import type { TraceContext } from "../parse/trace-context.ts";
import { err, type Result } from "../result.ts";

/** RFC 6838 section 4.2, which also bounds it: it goes into the event. */
const MEDIA_TYPE = /^[a-z0-9][a-z0-9!#$&^_.+-]{0,126}\/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}$/;

export interface CallbackParts extends TraceContext {
  readonly method: string;
  /** The kind named by the address, where the provider has kinds. */
  readonly kind: string | null;
  /** The id of the secret that matched the path, if the address has one. */
  readonly pathKey: string | null;
  /** As it was requested, for schemes that sign it; left out of a stored callback. */
  readonly url?: string | null;
  /** Raw query without the `?`. */
  readonly query: string;
  readonly contentType: string | null;
  /** As it was sent; null when there is none, which every provider but a few demands. */
  readonly contentEncoding: string | null;
  /** Lower-case names; only what providers verify by. Not stored. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Uint8Array;
  /** The body was longer than anything that is kept: these are its first bytes. */
  readonly isCut: boolean;
  readonly receivedAtMs: number;
  /** SHA-256 (hex) of the bytes that carry the message (`messageOf`), before any redaction. */
  readonly sha256: string;
}

/** The bytes that carry the message: the body, or the query where there is none. */
export function messageOf({ body, query }: Pick<CallbackParts, "body" | "query">): Uint8Array {
  return body.length > 0 ? body : new TextEncoder().encode(query);
}

export class Callback implements CallbackParts {
  readonly method: string;
  readonly kind: string | null;
  readonly pathKey: string | null;
  readonly url: string | null;
  readonly query: string;
  readonly contentType: string | null;
  readonly contentEncoding: string | null;
  readonly headers: ReadonlyMap<string, string>;
  readonly traceparent: string | null;
  readonly tracestate: string | null;
  readonly body: Uint8Array;
  readonly isCut: boolean;
  readonly receivedAtMs: number;
  readonly sha256: string;
  #json: Result<JsonDocument, ParseFailure> | undefined;
  #form: Promise<Result<FormFields, FormFailure>> | undefined;
  #queryForm: Result<FormFields, FormFailure> | undefined;

  constructor(parts: CallbackParts) {
    this.method = parts.method;
    this.kind = parts.kind;
    this.pathKey = parts.pathKey;
    this.url = parts.url ?? null;
    this.query = parts.query;
    this.contentType = parts.contentType;
    this.contentEncoding = parts.contentEncoding;
    this.headers = parts.headers;
    this.traceparent = parts.traceparent ?? null;
    this.tracestate = parts.tracestate ?? null;
    this.body = parts.body;
    this.isCut = parts.isCut;
    this.receivedAtMs = parts.receivedAtMs;
    this.sha256 = parts.sha256;
  }

  /** The media type without parameters, lower-cased; null when none was sent, or nothing like one. */
  get mediaType(): string | null {
    const type = this.contentType?.split(";", 1)[0]?.trim().toLowerCase() ?? "";
    return MEDIA_TYPE.test(type) ? type : null;
  }

  /** The body as a JSON object; duplicates are reported, and refusing them is the caller's duty. */
  json(): Result<JsonDocument, ParseFailure> {
    this.#json ??= parseJson(this.body, { duplicates: "report" });
    return this.#json;
  }

  /** The body as form fields, of either format; duplicates are reported, and refusing them is the caller's duty. */
  async form(): Promise<Result<FormFields, FormFailure>> {
    this.#form ??= this.#readForm();
    return await this.#form;
  }

  async #readForm(): Promise<Result<FormFields, FormFailure>> {
    const contentType = readContentType(this.contentType);
    if (contentType?.type === "multipart/form-data") {
      return await parseMultipart(this.body, contentType, { duplicates: "report" });
    }
    // Checked at ingress, so that only a stored callback of an older relay could come here without one.
    const charset = contentType === null ? "utf-8" : contentType.charset;
    if (charset === null) return err({ reason: "encoding" });
    return parseForm(this.body, { duplicates: "report", charset });
  }

  /** The query as form fields; duplicates are reported, and refusing them is the caller's duty. */
  queryForm(): Result<FormFields, FormFailure> {
    this.#queryForm ??= parseForm(this.query, { duplicates: "report" });
    return this.#queryForm;
  }
}
