/**
 * Rate limits against floods of unverified requests. Only refused requests count: a provider that shares
 * an address with an attacker is never limited, because its callbacks verify.
 */
import type { IngressBindings } from "./bindings.ts";
import { fault } from "../log.ts";

/**
 * Counts one question to this source's token verifier; false when the limit is reached. Otherwise every
 * cheap request would cost an outbound one. A callback over the limit is deferred and asked about later.
 */
export async function takeQuestion(
  env: Pick<IngressBindings, "QUESTIONS">,
  source: string,
): Promise<boolean> {
  if (!env.QUESTIONS) return true;
  try {
    return (await env.QUESTIONS.limit({ key: source })).success;
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
    const key = request.headers.get("cf-connecting-ip") ?? "unknown";
    return !(await env.UNVERIFIED.limit({ key })).success;
  } catch (error) {
    fault("flood", error);
    return false;
  }
}
