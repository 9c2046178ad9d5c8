/**
 * A flood of requests that prove nothing. Only what was refused is counted: a provider that shares an
 * address with an attacker is never held back, because its callbacks verify.
 */
import type { Env } from "../env.ts";
import { fault } from "../log.ts";

/** Counts one refused request of this caller; is it one too many? A limiter that fails limits nobody. */
export async function isFlooding(env: Pick<Env, "UNVERIFIED">, request: Request): Promise<boolean> {
  if (!env.UNVERIFIED) return false;
  try {
    const key = request.headers.get("cf-connecting-ip") ?? "unknown";
    return !(await env.UNVERIFIED.limit({ key })).success;
  } catch (error) {
    fault("flood", error);
    return false;
  }
}
