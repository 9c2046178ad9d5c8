/**
 * KV as a shield against duplicate storms (architecture.md). Only a hit with the same fingerprint is
 * believed: it was written after the Inbox had called this very callback a plain duplicate. A miss
 * proves nothing, and a KV that fails is a miss.
 */
import { SHIELD_TTL_SECONDS } from "../limits.ts";
import { fault } from "../log.ts";

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
