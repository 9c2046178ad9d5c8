/**
 * One request of a provider, as bytes: what is verified, parsed and stored is this and nothing else.
 *
 * Built at ingress from a request, and again later from its stored form. Parsing happens at most
 * once; whoever asks gets the same tree.
 */
import { parseForm, type FormFailure, type FormFields } from "../parse/strict-form.ts";
import { parseJson, type JsonDocument, type ParseFailure } from "../parse/strict-json.ts";
import type { Result } from "../result.ts";

/** RFC 6838 section 4.2, which also bounds it: it goes into the event. */
const MEDIA_TYPE = /^[a-z0-9][a-z0-9!#$&^_.+-]{0,126}\/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}$/;

export interface CallbackParts {
  readonly method: string;
  /** The kind named by the address, where the provider has kinds. */
  readonly kind: string | null;
  /** The id of the secret that matched the path, if the address has one. */
  readonly pathKey: string | null;
  /** Raw query without the `?`. */
  readonly query: string;
  readonly contentType: string | null;
  /** Lower-case names; only what providers verify by. Not stored. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Uint8Array;
  readonly receivedAtMs: number;
  /** SHA-256 (hex) of the bytes that carry the message, before any redaction. */
  readonly sha256: string;
}

export class Callback implements CallbackParts {
  readonly method: string;
  readonly kind: string | null;
  readonly pathKey: string | null;
  readonly query: string;
  readonly contentType: string | null;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Uint8Array;
  readonly receivedAtMs: number;
  readonly sha256: string;
  #json: Result<JsonDocument, ParseFailure> | undefined;
  #form: Result<FormFields, FormFailure> | undefined;
  #queryForm: Result<FormFields, FormFailure> | undefined;

  constructor(parts: CallbackParts) {
    this.method = parts.method;
    this.kind = parts.kind;
    this.pathKey = parts.pathKey;
    this.query = parts.query;
    this.contentType = parts.contentType;
    this.headers = parts.headers;
    this.body = parts.body;
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

  /** The body as form fields; duplicates are reported, and refusing them is the caller's duty. */
  form(): Result<FormFields, FormFailure> {
    this.#form ??= parseForm(this.body, { duplicates: "report" });
    return this.#form;
  }

  /** The query as form fields; duplicates are reported, and refusing them is the caller's duty. */
  queryForm(): Result<FormFields, FormFailure> {
    this.#queryForm ??= parseForm(this.query, { duplicates: "report" });
    return this.#queryForm;
  }
}
