/** What keeps the console to itself: the headers of every page, and which requests may give an order. Pure. */

/** Nothing but this host's own files; no inline script or style, no frame around it, no form to elsewhere. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join("; ");

export const PAGE_HEADERS = {
  "content-security-policy": CONTENT_SECURITY_POLICY,
  "cache-control": "no-store",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  // An address can hold what was searched for: no other site is told.
  "referrer-policy": "same-origin",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=()",
} as const;

/**
 * Does this request come from a page of the console? The session cookie is not sent with requests of other sites;
 * this does not rely on it. A browser says `Origin` with every form it posts; a program that says none is none.
 */
export function isFromConsole(request: Request): boolean {
  const site = request.headers.get("sec-fetch-site");
  if (site !== null && site !== "same-origin") return false;
  return request.headers.get("origin") === new URL(request.url).origin;
}

/** A path of this console to go on to, and nothing that leads elsewhere (`//host`, `/\host`, `https:`). */
export function safePath(next: string | undefined): string {
  const isPath = next !== undefined && /^\/(?![/\\])[\x21-\x7e]*$/.test(next) && !next.includes("\\");
  return isPath ? next : "/";
}
