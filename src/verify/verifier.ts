/**
 * Asking a provider whether a token is its own (docs/providers.md#tokenpayments).
 *
 * `true` and `false` are answers; everything else is an outage, and an outage is never a yes: the
 * caller defers. The token is checked before a URL is made of it and the URL is checked after,
 * since `..`, `%2e%2e` and their like leave the path whatever is escaped.
 */
import { VERIFIER_MAX_BODY_BYTES, VERIFIER_TIMEOUT_MS } from "../limits.ts";
import { member } from "../parse/access.ts";
import { parseJson } from "../parse/strict-json.ts";
import { readBytes } from "../parse/read-bytes.ts";
import type { DeferredReason } from "../reasons.ts";

/** No `.` `/` `%` `?` `#` `@`: nothing that means something in a URL. */
const TOKEN_SYNTAX = /^[A-Za-z0-9_-]{8,256}$/;

export function isTokenSyntax(token: string): boolean {
  return TOKEN_SYNTAX.test(token);
}

/** `base` + token as one path segment, or null when the token would lead anywhere else. */
export function verifierUrl(base: URL, token: string): URL | null {
  if (!isTokenSyntax(token)) return null;
  const url = URL.parse(token, base.href);
  const stays =
    url !== null &&
    url.origin === base.origin &&
    url.pathname === `${base.pathname}${token}` &&
    url.search === "" &&
    url.hash === "";
  return stays ? url : null;
}

export type VerifierAnswer = { readonly valid: boolean } | { readonly outage: DeferredReason };

/** Ask once: GET, no redirects, no cookies, bounded in time and bytes. Never throws. */
export async function askVerifier(
  url: URL,
  fetcher: (url: URL, init: RequestInit) => Promise<Response>,
): Promise<VerifierAnswer> {
  const signal = AbortSignal.timeout(VERIFIER_TIMEOUT_MS);
  try {
    const response = await fetcher(url, {
      method: "GET",
      headers: { accept: "application/json" },
      redirect: "manual",
      signal,
    });
    if (response.status !== 200) {
      await response.body?.cancel();
      return { outage: "verifier_status" };
    }
    const body = await readBytes(response.body, VERIFIER_MAX_BODY_BYTES, { signal });
    return body === "too_large" ? { outage: "verifier_too_large" } : readValidity(body);
  } catch {
    // Time-out, refused connection, broken TLS, a body that stops: all the same "cannot tell now".
    return { outage: "verifier_timeout" };
  }
}

function readValidity(body: Uint8Array): VerifierAnswer {
  const parsed = parseJson(body);
  const valid = parsed.ok ? member(parsed.value.root, "valid") : undefined;
  return typeof valid === "boolean" ? { valid } : { outage: "verifier_unreadable" };
}
