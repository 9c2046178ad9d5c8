/**
 * KV as a shield against duplicate storms (docs/architecture.md#the-shield). Only a hit with the same
 * fingerprint counts: it was written after the Inbox had found this very callback a plain duplicate. A
 * miss proves nothing, and a KV that fails is a miss.
 */
import { SHIELD_TTL_SECONDS } from "../limits.ts";
import { fault } from "../log.ts";
import type { Facts } from "../providers/provider.ts";

/**
 * Where the provider gives its events ids, a repeat of one stays a repeat. Where it does not, a second
 * "confirmed" after a reversal has the bytes of the first (iqpay's 1, 2, 1) and is not a plain repeat:
 * only the Inbox knows what happened in between.
 */
export function repeatsAreNoNews({ provider, status }: Facts): boolean {
  return provider.event_id !== null || status !== "confirmed";
}

/** Is this callback known to be a plain duplicate? */
export async function isKnownDuplicate(
  kv: KVNamespace,
  eventId: string,
  fingerprint: string,
): Promise<boolean> {
  try {
    return (await kv.get(eventId)) === fingerprint;
  } catch (error) {
    fault("shield.get", error);
    return false;
  }
}

export async function rememberDuplicate(
  kv: KVNamespace,
  eventId: string,
  fingerprint: string,
): Promise<void> {
  try {
    await kv.put(eventId, fingerprint, { expirationTtl: SHIELD_TTL_SECONDS });
  } catch (error) {
    // KV takes one write per key and second; in a storm the other writes fail, which is harmless.
    fault("shield.put", error);
  }
}
