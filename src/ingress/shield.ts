/**
 * The shield against duplicate storms (docs/architecture.md#the-shield): what this isolate remembers, and behind it
 * KV, which all isolates share. Only a hit with the same fingerprint counts: it was written after the Inbox had this
 * very callback on disk. A miss proves nothing, and a KV that fails is a miss.
 */
import { withDeadline } from "../deadline.ts";
import type { Status } from "../event.ts";
import {
  KV_DEADLINE_MS,
  KV_WRITE_DEADLINE_MS,
  SHIELD_ALERTNESS_MS,
  SHIELD_MEMORY_ENTRIES,
  SHIELD_TTL_SECONDS,
} from "../limits.ts";
import { fault } from "../log.ts";
import type { Facts } from "../providers/provider.ts";
import { RecentMap } from "../recent-map.ts";

/**
 * Where the provider names its events, a repeat of one is a repeat for ever. Where it does not, "confirmed"
 * said again after a reversal has the bytes of the first time and is news (iqpay's 1, 2, 1), and so has
 * "failed" after a confirmation: only the Inbox knows what happened in between.
 */
export function repeatsAreNoNews({ provider, status }: Facts): boolean {
  return provider.event_id !== null || status === null || HARMLESS_REPEATS.has(status);
}

/** States that say nothing new when they are stated again, whatever happened in between. */
const HARMLESS_REPEATS: ReadonlySet<Status> = new Set(["created", "pending", "action_required"]);

/** Callbacks that the Inbox has told this isolate it has, the latest of them. */
class RecentCallbacks {
  /** By event id. */
  readonly #known = new RecentMap<{ readonly fingerprint: string; readonly untilMs: number }>(
    SHIELD_MEMORY_ENTRIES,
  );

  /** Has the Inbox this very callback? */
  has(eventId: string, fingerprint: string, nowMs: number): boolean {
    const known = this.#known.get(eventId);
    return known?.fingerprint === fingerprint && nowMs < known.untilMs;
  }

  /** The Inbox has it, and nothing is to be said of it. */
  add(eventId: string, fingerprint: string, nowMs: number): void {
    this.#known.set(eventId, { fingerprint, untilMs: nowMs + SHIELD_TTL_SECONDS * 1000 });
  }

  /** As in a new isolate. */
  clear(): void {
    this.#known.clear();
  }
}

export const recentCallbacks = new RecentCallbacks();

/** Until when (epoch ms) repeats of a source are expected by this isolate: without any, asking KV only costs. */
const expectedUntilMs = new Map<string, number>();

/** A repeat of this source was seen. */
export function noteRepeat(source: string, nowMs: number): void {
  expectedUntilMs.set(source, nowMs + SHIELD_ALERTNESS_MS);
}

/** Were repeats of this source seen lately? */
export function expectsRepeats(source: string, nowMs: number): boolean {
  return (expectedUntilMs.get(source) ?? 0) > nowMs;
}

/** Is this callback known to be a plain duplicate? */
export async function isKnownDuplicate(
  kv: KVNamespace,
  eventId: string,
  fingerprint: string,
): Promise<boolean> {
  try {
    return (await withDeadline(kv.get(eventId), KV_DEADLINE_MS)) === fingerprint;
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
    await withDeadline(
      kv.put(eventId, fingerprint, { expirationTtl: SHIELD_TTL_SECONDS }),
      KV_WRITE_DEADLINE_MS,
    );
  } catch (error) {
    // KV takes one write per key and second; in a storm the other writes fail, which is harmless.
    fault("shield.put", error);
  }
}
