/**
 * Rate limits against floods of unverified requests. Only refused requests count: a provider that shares
 * an address with an attacker is never limited, because its callbacks verify.
 */
import type { IngressBindings } from "./bindings.ts";
import { FLOODING_ADDRESS_MS, REFUSALS_PER_COUNT, REFUSED_ADDRESS_ENTRIES } from "../limits.ts";
import { fault } from "../log.ts";
import { RecentMap } from "../recent-map.ts";
import { addressOf } from "./caller.ts";

/** On whose behalf a verifier is asked: see `Consultation` and `TokenQuestion` (`inbox/protocol.ts`). */
export interface AskedFor {
  readonly isKnown: boolean;
  readonly again: boolean;
}

/**
 * May this source ask its verifier once more? What a caller costs is counted against the caller (`inbox/callers.ts`);
 * this bounds what many callers that nobody knows can cost together. Deferred callbacks have a share of
 * their own, so that neither uses up the other's.
 */
export async function takeQuestion(
  env: Pick<IngressBindings, "QUESTIONS" | "QUESTIONS_AGAIN">,
  source: string,
  { isKnown, again }: AskedFor,
): Promise<boolean> {
  if (isKnown && !again) return true;
  const limiter = again && !isKnown ? env.QUESTIONS_AGAIN : env.QUESTIONS;
  if (!limiter) return true;
  try {
    // What a known caller had to have deferred, while the verifier was away, is asked about without delay.
    return (await limiter.limit({ key: isKnown ? `${source}|known` : source })).success;
  } catch (error) {
    fault("flood", error);
    return true;
  }
}

interface RefusedAddress {
  count: number;
  /** Until when (epoch ms) the address is over the limit without being asked about. */
  floodsUntilMs: number;
}

/** What this isolate refused of late, by address. */
export const refusedAddresses = new RecentMap<RefusedAddress>(REFUSED_ADDRESS_ENTRIES);

/**
 * Counts one refused request of this caller; true when the limit is exceeded. The limiter is asked once for several,
 * and not while its last answer holds, so that a flood costs little. A limiter that fails limits nobody.
 */
export async function countRefused(
  env: Pick<IngressBindings, "UNVERIFIED">,
  request: Request,
  nowMs: number,
): Promise<boolean> {
  if (!env.UNVERIFIED) return false;
  const key = addressOf(request);
  const refused = refusedAddresses.get(key) ?? { count: 0, floodsUntilMs: 0 };
  refused.count += 1;
  refusedAddresses.set(key, refused);
  if (nowMs < refused.floodsUntilMs) return true;
  if (refused.count % REFUSALS_PER_COUNT !== 0) return false;
  try {
    const { success } = await env.UNVERIFIED.limit({ key });
    if (!success) refused.floodsUntilMs = nowMs + FLOODING_ADDRESS_MS;
    return !success;
  } catch (error) {
    fault("flood", error);
    return false;
  }
}
