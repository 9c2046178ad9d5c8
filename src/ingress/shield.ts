/**
 * KV as a shield against duplicate storms (architecture.md). Only a hit with the same fingerprint is
 * believed: it was written after the Inbox had called this very callback a plain duplicate. A miss
 * proves nothing, and a KV that fails is a miss.
 */
import { SHIELD_TTL_SECONDS } from "../limits.ts";
import { STATUS_RANK } from "../event.ts";
import { fault } from "../log.ts";
import type { Facts } from "../providers/provider.ts";

/**
 * Where the provider names its events, a repeat of one is a repeat for ever. Where it does not, an end
 * said again has the bytes of the first time and may be news: money after a reversal (iqpay's 1, 2, 1), a
 * failure after a confirmation (2, 1, 2). Only the Inbox knows what happened in between.
 */
export function repeatsAreNoNews({ provider, status }: Facts): boolean {
  return provider.event_id !== null || status === null || STATUS_RANK[status] < STATUS_RANK.failed;
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
    // KV takes one write per key and second; in a storm the others lose, which is fine.
    fault("shield.put", error);
  }
}
