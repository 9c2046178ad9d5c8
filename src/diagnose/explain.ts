/** Every reason in a sentence for the person who has to find out what is wrong. Pure. */
import type { DeferredReason, QuarantinedReason, RefusedReason } from "../reasons.ts";

const REFUSED: Record<RefusedReason, string> = {
  route: "the address leads to no configured account, or its secret segment is wrong",
  ip: "the sender's address is not one of allow_ips",
  method: "the account does not take this method",
  content_type: "the content type is missing, given twice, or not what the provider sends",
  charset: "the content type names a charset that is not read",
  content_encoding: "the body is compressed or otherwise encoded",
  too_large: "the body is larger than max_body_bytes",
  cut_off: "the body did not arrive whole",
  encoding: "the body is not valid UTF-8, begins with a byte order mark, or is wrongly escaped",
  json: "the body is not JSON as RFC 8259 has it",
  not_an_object: "the body is JSON, but no object",
  duplicate_key: "a key is given more than once",
  forbidden_key: "a key is named __proto__",
  missing_token: "there is no token where the account expects it",
  bad_token: "the token is none of the account's secrets",
  missing_signature: "the signature header is missing",
  malformed_signature: "the signature header is not of the form that the configured scheme has",
  bad_signature:
    "the signature was not made of these bytes with one of the account's secrets, by the configured scheme",
  bad_timestamp: "the signed time is no time",
  stale: "the signature is right, and the signed time too far from now",
  merchant: "the callback is for another merchant",
  token_syntax: "the token has a form that no token of the provider has",
  token_invalid: "the provider's verifier does not know the token",
  token_reused: "the token has served another payment",
};

const QUARANTINED: Partial<Record<QuarantinedReason, string>> = {
  json: "it is authentic, and its body is not JSON",
  mixed_sources: "it is authentic, and has fields both in its query and in its body",
  kind_mismatch: "it is authentic, and its contents are of another kind than its address",
  missing_event_id: "it is authentic, and a field that names the payment is missing or unreadable",
  missing_amount: "it is authentic, and says no amount",
  bad_amount: "it is authentic, and an amount cannot be read exactly",
  unknown_currency: "it is authentic, and its currency or network is not known, or not taken by the account",
  conflict: "it is authentic, and two of its fields contradict each other",
  test_event: "it is authentic, and a test event for a live account or the other way round (mode)",
};

const DEFERRED: Record<DeferredReason, string> = {
  verifier_timeout: "the provider's verifier cannot be reached, or did not answer in time",
  verifier_status: "the provider's verifier answered with an error",
  verifier_unreadable: "the provider's verifier answered neither yes nor no",
  verifier_too_large: "the provider's verifier answered with too much",
  verifier_rate: "the verifier is not asked now: too many questions of this account lately",
};

/** What a reason means; of one that says it all by itself, the reason. */
export function explain(
  reason: RefusedReason | QuarantinedReason | DeferredReason,
  isAuthentic: boolean,
): string {
  const known: Partial<Record<string, string>> = isAuthentic ? QUARANTINED : { ...DEFERRED, ...REFUSED };
  return known[reason] ?? (isAuthentic ? `it is authentic, and set aside (${reason})` : reason);
}
