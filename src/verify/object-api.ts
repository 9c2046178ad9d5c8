/**
 * Asking a provider's API about an object that an unsigned callback names (docs/adding-a-provider.md#fetch-back).
 *
 * What it says is the truth, what the callback says is nothing: only an answer with status 200 is used, 404 means
 * that there is no such object, and everything else is an outage, which is never a yes. An id becomes a segment of
 * the path only if it is plain, and the address is checked after it was made: `..` leads nowhere.
 */
import { FETCHED_MAX_BODY_BYTES, VERIFIER_TIMEOUT_MS } from "../limits.ts";
import { readBytes } from "../parse/read-bytes.ts";
import type { DeferredReason } from "../reasons.ts";

/** As the provider makes them: nothing that means something in a URL. */
const PLAIN_ID = /^[A-Za-z0-9_-]{1,128}$/;

export function isPlainId(id: string): boolean {
  return PLAIN_ID.test(id);
}

/** `path` with these ids in place of its parts, below `base`; null where it would lead anywhere else. */
export function objectUrl(base: URL, path: string): URL | null {
  const prefix = base.pathname.replace(/\/$/, "");
  const url = URL.parse(`${base.origin}${prefix}${path}`);
  const stays = url !== null && url.origin === base.origin && url.href === `${base.origin}${prefix}${path}`;
  return stays ? url : null;
}

export type ObjectAnswer =
  | { readonly kind: "object"; readonly body: Uint8Array }
  | { readonly kind: "none" }
  | { readonly kind: "outage"; readonly reason: DeferredReason };

/** Ask once: GET, no redirects, bounded in time and bytes. Never throws. */
export async function askForObject(
  url: URL,
  authorization: string | null,
  fetcher: (url: URL, init: RequestInit) => Promise<Response>,
): Promise<ObjectAnswer> {
  const signal = AbortSignal.timeout(VERIFIER_TIMEOUT_MS);
  const headers = { accept: "application/json", ...(authorization === null ? {} : { authorization }) };
  try {
    const response = await fetcher(url, { method: "GET", headers, redirect: "manual", signal });
    if (response.status !== 200) {
      await response.body?.cancel();
      return response.status === 404 ? { kind: "none" } : { kind: "outage", reason: "verifier_status" };
    }
    const body = await readBytes(response.body, FETCHED_MAX_BODY_BYTES, { signal });
    return body === "too_large" ? { kind: "outage", reason: "verifier_too_large" } : { kind: "object", body };
  } catch {
    // Time-out, refused connection, broken TLS, a body that stops: all the same "cannot tell now".
    return { kind: "outage", reason: "verifier_timeout" };
  }
}
