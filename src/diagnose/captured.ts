/** A request as somebody has kept it: from a proxy, a browser, a terminal or a stored callback. Pure. */

export interface CapturedRequest {
  readonly method: string;
  /** An absolute URL, or a path with its query. */
  readonly url: string;
  /** In their order; a name may come more than once, in any case. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Uint8Array;
}

/** A request, the environment it came to and the time it came at: what a verification depends on. */
export interface Case {
  readonly request: CapturedRequest;
  /** `RELAY` and the secrets it names, as the Worker's `env` has them. */
  readonly env: Readonly<Record<string, unknown>>;
  readonly nowMs: number;
}

/** Lost or made anew by every hop; what they say of the body is compared apart (notes.ts). */
const OF_THE_HOP = new Set(["host", "content-length", "transfer-encoding", "connection"]);
const METHODS_WITHOUT_BODY = new Set(["GET", "HEAD"]);

/** Values of a header, joined as the runtime joins them; null when it is not there. */
export function headerOf({ headers }: CapturedRequest, name: string): string | null {
  const values = headers.filter(([given]) => given.toLowerCase() === name).map(([, value]) => value.trim());
  return values.length === 0 ? null : values.join(", ");
}

export function withHeader(request: CapturedRequest, name: string, value: string | null): CapturedRequest {
  const others = request.headers.filter(([given]) => given.toLowerCase() !== name);
  return { ...request, headers: value === null ? others : [...others, [name, value]] };
}

/** The URL with a host: a capture may have the path only. */
export function absoluteUrl({ url }: CapturedRequest): string {
  return /^https?:\/\//i.test(url) ? url : `https://relay.invalid${url.startsWith("/") ? "" : "/"}${url}`;
}

/** As the ingress would get it. A header or URL that no request can carry throws a TypeError. */
export function toRequest(request: CapturedRequest): Request {
  const headers = new Headers();
  for (const [name, value] of request.headers) {
    // HTTP/2 writes what HTTP/1 has in its first line as headers (`:authority`).
    if (!name.startsWith(":") && !OF_THE_HOP.has(name.toLowerCase())) headers.append(name, value);
  }
  const method = request.method.toUpperCase();
  const body = METHODS_WITHOUT_BODY.has(method) ? null : (request.body as Uint8Array<ArrayBuffer>);
  return new Request(absoluteUrl(request), { method, headers, body });
}
