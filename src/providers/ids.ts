/**
 * Deterministic ids (docs/events.md#identity): the same callback gives the same id on any machine and for ever,
 * so that a re-ingest after a loss of data is still deduplicated by the CRM.
 */
import { sha256Hex } from "../verify/digest.ts";
import type { CallbackParts } from "./callback.ts";
import type { KeyPart } from "./keys.ts";

const ID_HEX_CHARS = 32; // 128 bit
const utf8 = new TextEncoder();

/** Length-prefixed parts: no separator can be moved from one part into the next. null is the empty string. */
function lengthPrefixed(parts: readonly KeyPart[]): string {
  return parts.map((part) => `${utf8.encode(part ?? "").length}:${part ?? ""}`).join("");
}

async function derive(prefix: string, domain: string, parts: readonly KeyPart[]): Promise<string> {
  const hash = await sha256Hex(`${domain}|${lengthPrefixed(parts)}`);
  return `${prefix}_${hash.slice(0, ID_HEX_CHARS)}`;
}

/** `evt_` + 32 hex; `parts` begin with provider and account, so that merchants never share ids. */
export function eventIdOf(...parts: readonly KeyPart[]): Promise<string> {
  return derive("evt", "relay-event-v1", parts);
}

/** `pay_` + 32 hex. */
export function paymentIdOf(...parts: readonly KeyPart[]): Promise<string> {
  return derive("pay", "relay-payment-v1", parts);
}

/**
 * The id of a callback that has no event yet (deferred, quarantined): by everything that can tell it from
 * another one, since whether two of them are one payment is not known.
 */
export function callbackIdOf(
  provider: string,
  account: string,
  { method, kind, query, sha256 }: Pick<CallbackParts, "method" | "kind" | "query" | "sha256">,
): Promise<string> {
  return derive("evt", "relay-callback-v2", [provider, account, method, kind, query, sha256]);
}
