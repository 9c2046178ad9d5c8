/**
 * A flood of requests that prove nothing. Only what was refused is counted: a provider that shares an
 * address with an attacker is never held back, because its callbacks verify.
 */
import type { IngressBindings } from "./bindings.ts";
import { fault } from "../log.ts";

/**
 * May this source ask its verifier once more? One cheap request must not become one question each (threat
 * 17). What is not asked now is deferred, and asked later.
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

/** Counts one refused request of this caller; is it one too many? A limiter that fails limits nobody. */
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
