/**
 * Rate limits against floods of unverified requests. Only refused requests count: a provider that shares
 * an address with an attacker is never limited, because its callbacks verify.
 */
import type { IngressBindings } from "./bindings.ts";
import { fault } from "../log.ts";
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

/** Counts one refused request of this caller; true when the limit is exceeded. A limiter that fails limits nobody. */
export async function countRefused(
  env: Pick<IngressBindings, "UNVERIFIED">,
  request: Request,
): Promise<boolean> {
  if (!env.UNVERIFIED) return false;
  try {
    return !(await env.UNVERIFIED.limit({ key: addressOf(request) })).success;
  } catch (error) {
    fault("flood", error);
    return false;
  }
}
