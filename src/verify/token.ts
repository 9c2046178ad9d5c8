/**
 * Static tokens and other texts compared without telling how much of them was right.
 *
 * Promises: both sides are hashed, so neither content nor length shows in the time; every secret is
 * tried, the first match does not end the loop. Does not bind a body: a token says who sends, not
 * what is sent.
 */
import { equalBytes } from "./equal-bytes.ts";
import type { Secret } from "./secret.ts";

/**
 * The secret that `given` equals, the first of them if several do, or null.
 *
 * Only a non-empty, well-formed string can match: a number, `true`, null, an array or `""` never
 * does, although the provider's own sample lets some of them through (docs/providers.md#ipay).
 */
export async function matchToken(given: unknown, secrets: readonly Secret[]): Promise<Secret | null> {
  if (typeof given !== "string" || given === "" || !given.isWellFormed()) return null;
  const digest = await sha256(given);
  let matched: Secret | null = null;
  for (const secret of secrets) {
    const equal = equalBytes(digest, await sha256(secret.value));
    if (equal && matched === null) matched = secret;
  }
  return matched;
}

/**
 * Exact equality of two texts, without normalisation.
 *
 * Texts with lone surrogates are never equal: all of those encode as U+FFFD.
 */
export async function sameText(a: string, b: string): Promise<boolean> {
  const equal = equalBytes(await sha256(a), await sha256(b));
  return equal && a.isWellFormed() && b.isWellFormed();
}

async function sha256(text: string): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
}
