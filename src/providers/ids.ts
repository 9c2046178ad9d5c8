/**
 * Deterministic ids (docs/events.md#identity): the same callback gives the same id on any machine and for ever,
 * so that a re-ingest after a loss of data is still deduplicated by the CRM.
 */
import { sha256Hex } from "../verify/digest.ts";

const ID_HEX_CHARS = 32; // 128 bit
const utf8 = new TextEncoder();

type KeyPart = string | null;

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

/** The id of a callback that has no event yet (deferred, quarantined): by the bytes it came in. */
export function callbackIdOf(
  provider: string,
  account: string,
  kind: string | null,
  sha256: string,
): Promise<string> {
  return derive("evt", "relay-callback-v1", [provider, account, kind, sha256]);
}
