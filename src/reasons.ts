/**
 * Every reason a callback is refused or set aside, in closed unions, and the response to a refusal.
 *
 * The caller of a refused request learns only the class of the mistake, and all authentication failures
 * look alike, so that nobody can probe for what is wrong. The precise reason goes to the log and the
 * counters. `Record` keeps the tables exhaustive: a new reason without a
 * status does not compile.
 */
import { MAX_REASON_DETAIL_CHARS } from "./limits.ts";

/** Refused: not stored, answered 4xx. */
export type RefusedReason =
  | "route"
  | "ip"
  | "method"
  | "content_type"
  | "charset"
  | "content_encoding"
  | "too_large"
  | "cut_off"
  | "encoding"
  | "json"
  | "not_an_object"
  | "duplicate_key"
  | "forbidden_key"
  | "missing_token"
  | "bad_token"
  | "missing_signature"
  | "malformed_signature"
  | "bad_signature"
  | "bad_timestamp"
  | "stale"
  | "merchant"
  | "token_syntax"
  | "token_invalid"
  | "token_reused";

/** Not decidable now: stored, answered as success, asked again by the relay. */
export type DeferredReason =
  | "verifier_timeout"
  | "verifier_status"
  | "verifier_unreadable"
  | "verifier_too_large"
  /** Not asked: too many questions of this account lately. */
  | "verifier_rate";

/** Authentic but unusable: stored, answered as success, replayable after a fix. */
export type QuarantinedReason =
  | "json"
  | "duplicate_key"
  | "mixed_sources"
  | "kind_mismatch"
  | "missing_event_id"
  | "missing_amount"
  | "bad_amount"
  | "unknown_currency"
  | "conflict"
  | "test_event"
  /** Probably a second payment of an order that was paid already: the sum is another. */
  | "second_payment"
  /** From a provider that repeats whatever is not a success: kept as it came. */
  | "content_type"
  | "charset"
  | "content_encoding"
  | "too_large";

/** Authentic, stored, not forwarded. */
export type SupersededReason =
  | "same_state"
  | "regress"
  /** The same order and sum again under another proof: a repeat, or a second payment. */
  | "same_order";

/** A reason with its particulars: `duplicate_key` of `/status` reads `duplicate_key:/status`. */
export interface Because<R extends string> {
  readonly reason: R;
  readonly detail?: string | undefined;
}

/**
 * `reason` or `reason:detail`, the form in which logs, counters, the store and the reply's header name
 * it. A detail can be a key that the sender chose: held to printable ASCII and to a length, because
 * a line break or a letter beyond Latin-1 makes `Headers.set` throw, and the provider whose
 * callback caused that 503 would repeat it for ever.
 */
export function because(why: Because<string>): string {
  if (why.detail === undefined) return why.reason;
  const detail = why.detail.slice(0, MAX_REASON_DETAIL_CHARS).replace(/[^\x21-\x7e]/g, "?");
  return `${why.reason}:${detail}`;
}

type RefusedStatus = 400 | 401 | 403 | 404 | 405 | 413 | 415;

interface Refusal {
  readonly status: RefusedStatus;
  /** The public text; it must not tell which of several secrets or checks failed. */
  readonly text: string;
}

const UNAUTHENTICATED: Refusal = { status: 401, text: "not authenticated" };

const REFUSALS: Record<RefusedReason, Refusal> = {
  route: { status: 404, text: "not found" },
  ip: { status: 403, text: "forbidden" },
  method: { status: 405, text: "method not allowed" },
  content_type: { status: 415, text: "unsupported content type" },
  charset: { status: 415, text: "unsupported charset: send UTF-8" },
  content_encoding: { status: 415, text: "unsupported content encoding: send the body as it is" },
  cut_off: { status: 400, text: "body is incomplete" },
  too_large: { status: 413, text: "body too large" },
  encoding: { status: 400, text: "body is not valid UTF-8 or is wrongly escaped" },
  json: { status: 400, text: "body is not valid JSON" },
  not_an_object: { status: 400, text: "body is not a JSON object" },
  duplicate_key: { status: 400, text: "a key is given more than once" },
  forbidden_key: { status: 400, text: "a key has a forbidden name" },
  token_syntax: { status: 400, text: "malformed token" },
  missing_token: UNAUTHENTICATED,
  bad_token: UNAUTHENTICATED,
  missing_signature: UNAUTHENTICATED,
  malformed_signature: UNAUTHENTICATED,
  bad_signature: UNAUTHENTICATED,
  bad_timestamp: UNAUTHENTICATED,
  stale: UNAUTHENTICATED,
  merchant: UNAUTHENTICATED,
  token_invalid: UNAUTHENTICATED,
  token_reused: UNAUTHENTICATED,
};

/** Every reason there is, for whoever lists them. */
export const REFUSED_REASONS = Object.keys(REFUSALS) as [RefusedReason, ...RefusedReason[]];

/** The HTTP status and public text of a refusal. */
export function refusal(reason: RefusedReason): Refusal {
  return REFUSALS[reason];
}
