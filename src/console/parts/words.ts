/**
 * The words of the console: one for each state, the same as in the API, and a sentence for each reason that tells
 * what happened and what to do. Pure data.
 */
import type { ShownState } from "../../inbox/filter.ts";
import type { RefusedReason } from "../../reasons.ts";

interface StateWords {
  /** What it means, as a title of its badge. */
  readonly means: string;
}

export const STATES: Readonly<Record<ShownState, StateWords>> = {
  pending: { means: "Owed: it is on its way, or waits for its next attempt" },
  delivered: { means: "Every destination has accepted it" },
  parked: { means: "Owed to a destination that is paused or not configured" },
  dead: { means: "The last attempt of the schedule has failed: it is not tried again by itself" },
  unrouted: { means: "Accepted; no destination wanted it" },
  superseded: { means: "Authentic and kept, not forwarded: the payment was already there or further" },
  conflicting: { means: "The same event again that says something else: kept, not forwarded" },
  deferred: { means: "Its verifier could not be asked: the relay asks again by itself" },
  quarantined: { means: "Authentic, but unusable or unclear: kept, not forwarded" },
  released: { means: "It had been set aside and has become an event" },
  refused: { means: "It had been deferred, and its verifier said no" },
  dismissed: { means: "A person has given it up; a replay takes it back" },
};

export interface Advice {
  readonly what: string;
  readonly todo: string;
}

const AFTER_A_FIX = "Fix the configuration or the adapter, then run it again.";
const ASK_AGAIN = "Nothing: the relay asks again by itself. Look at the verifier if it lasts.";
const COMPARE = "Compare the two. Another payment: release it as new. The same one: dismiss it.";

/** By the reason's first part: `duplicate_key:/status` is found as `duplicate_key`. */
const ADVICE: Readonly<Record<string, Advice>> = {
  // Quarantined.
  json: {
    what: "The body is not valid JSON.",
    todo: "Ask the provider what it sent, then dismiss or run it again.",
  },
  duplicate_key: {
    what: "The body names a key twice, so it says two things.",
    todo: "Ask the provider which is meant; dismiss it or release it as new.",
  },
  mixed_sources: { what: "Body and query contradict each other.", todo: "Ask the provider which is meant." },
  kind_mismatch: {
    what: "It came to the address of another kind of webhook.",
    todo: "Correct the address in the provider's settings, then run it again.",
  },
  missing_event_id: { what: "It does not say which payment it is about.", todo: AFTER_A_FIX },
  missing_amount: { what: "It says that money moved, but not how much.", todo: AFTER_A_FIX },
  bad_amount: { what: "Its amount cannot be read exactly.", todo: AFTER_A_FIX },
  unknown_currency: { what: "Its currency is not known here.", todo: AFTER_A_FIX },
  conflict: { what: "It contradicts what was accepted before.", todo: COMPARE },
  test_event: {
    what: "A test event came to a source that takes live ones only.",
    todo: "Dismiss it, or set the source's mode to test.",
  },
  second_payment: {
    what: "A second valid payment for an order that was paid already, of another sum.",
    todo: COMPARE,
  },
  content_type: { what: "Its content type is not one this provider sends.", todo: AFTER_A_FIX },
  charset: { what: "Its character set is not UTF-8.", todo: AFTER_A_FIX },
  content_encoding: { what: "Its body is compressed in a way that is not read.", todo: AFTER_A_FIX },
  too_large: {
    what: "Its body is larger than the source permits; the beginning is kept.",
    todo: AFTER_A_FIX,
  },
  // Deferred.
  verifier_timeout: { what: "The verifier did not answer in time.", todo: ASK_AGAIN },
  verifier_status: { what: "The verifier answered with an error.", todo: ASK_AGAIN },
  verifier_unreadable: { what: "The verifier's answer could not be read.", todo: ASK_AGAIN },
  verifier_too_large: { what: "The verifier's answer was too large.", todo: ASK_AGAIN },
  verifier_rate: { what: "Not asked yet: too many questions for this account lately.", todo: ASK_AGAIN },
  // Superseded.
  same_state: {
    what: "The payment was in this state already.",
    todo: "Nothing, unless it is another payment.",
  },
  regress: {
    what: "The payment was further already.",
    todo: "Ask the provider what is true if it says so again.",
  },
  same_order: {
    what: "The same order and sum again under another proof: a repeat, or a second payment.",
    todo: COMPARE,
  },
};

/** What a reason means and what to do about it; null for one that nobody has written a sentence for. */
export function adviceOn(reason: string | null): Advice | null {
  return reason === null ? null : (ADVICE[reason.split(":")[0] ?? ""] ?? null);
}

/** What is asked of a person, by state. */
export const TODO_BY_STATE: Readonly<Partial<Record<ShownState, string>>> = {
  dead: "Mend the receiver, then replay; or dismiss what the merchant has settled otherwise.",
  parked: "Resume the destination, or configure it again: everything held back leaves by itself.",
  quarantined: "Each reason says what to do. Whatever is another payment can be released as new.",
  conflicting: COMPARE,
  superseded: "Kept with a warning: it may be another payment. Compare, then release or dismiss.",
  deferred: ASK_AGAIN,
};

/** What a refusal usually means, and where to look. */
export const REFUSALS: Readonly<Record<RefusedReason, string>> = {
  route: "Nobody's address: a typing mistake in the provider's settings, or somebody who tries addresses.",
  ip: "From an address that the source does not allow. The provider's addresses may have changed: compare `allow_ips`.",
  method: "With a method that the source does not take: compare the provider's settings.",
  content_type: "With a content type that this provider does not send.",
  charset: "In a character set other than UTF-8.",
  content_encoding: "Compressed: providers send bodies as they are.",
  too_large: "Larger than the source permits (`max_body_bytes`).",
  cut_off: "The body ended before its end: the sender hung up.",
  encoding: "The body is not valid UTF-8.",
  json: "The body is not valid JSON.",
  not_an_object: "The body is JSON, but no object.",
  duplicate_key: "The body names a key twice.",
  forbidden_key: "The body has a key of a forbidden name.",
  missing_token: "Without a token: somebody who tries, or the provider's settings have none.",
  bad_token: "With a wrong token. If it began at once for all: it was probably changed at the provider.",
  missing_signature: "Without a signature: somebody who tries, or signing is switched off at the provider.",
  malformed_signature: "With a signature in another form: compare the scheme of the source.",
  bad_signature:
    "With a signature that does not fit. If it began at once for all: the secret was probably changed at the provider. Put the new one first in `secrets`.",
  bad_timestamp: "With a time that cannot be read.",
  stale: "Signed longer ago than is tolerated: an old request played again, or a clock that is wrong.",
  merchant: "For another merchant: compare `merchant_id`.",
  token_syntax: "With a token that has not the form of one.",
  token_invalid: "With a token that the provider's verifier does not know: forged, or too old.",
  token_reused: "With a token that was used for other contents: somebody plays a request again.",
};
