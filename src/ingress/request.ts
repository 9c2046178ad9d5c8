/**
 * A request's outside: everything that can be refused before its contents mean anything, in the
 * uniform order of providers.md 4 (method, address list, content encoding, content type, size).
 */
import { BODY_TIMEOUT_MS, MAX_DISCARDED_BYTES } from "../limits.ts";
import { readBytes } from "../parse/read-bytes.ts";
import { Callback } from "../providers/callback.ts";
import type { Route } from "../providers/provider.ts";
import type { RefusedReason } from "../reasons.ts";
import { err, ok, type Result } from "../result.ts";
import { sha256Hex } from "../verify/digest.ts";
import { ipInRanges } from "../verify/ip.ts";
import type { Located } from "./locate.ts";
import { requestTarget } from "./request-target.ts";

const MEDIA_TYPES: Readonly<Record<Route["body"], string | null>> = {
  json: "application/json",
  form: "application/x-www-form-urlencoded",
  any: null,
};

/** The callback of a request that came to `located`, read once, or why it is refused. */
export async function readCallback(
  request: Request,
  { source, route, pathKey }: Located,
  nowMs: number,
): Promise<Result<Callback, RefusedReason>> {
  const refused = checkOutside(request, { source, route });
  if (refused) return err(refused);
  const body = await readWithin(request, source.settings.maxBodyBytes);
  if (typeof body === "string") return err(body);
  const { query } = requestTarget(request.url);
  const message = request.method === "GET" ? new TextEncoder().encode(query) : body;
  return ok(
    new Callback({
      method: request.method,
      kind: route.kind,
      pathKey,
      query,
      contentType: request.headers.get("content-type"),
      headers: picked(request.headers, source.headers),
      body,
      receivedAtMs: nowMs,
      sha256: await sha256Hex(message),
    }),
  );
}

function checkOutside(
  request: Request,
  { source, route }: Pick<Located, "source" | "route">,
): RefusedReason | null {
  if (request.method !== route.method) return "method";
  const { allowIps } = source.settings;
  // Only Cloudflare's own header: X-Forwarded-For is the client's to write.
  if (allowIps.length > 0 && !ipInRanges(request.headers.get("cf-connecting-ip"), allowIps)) return "ip";
  const encoding = request.headers.get("content-encoding")?.trim().toLowerCase() ?? "identity";
  if (encoding !== "identity" && encoding !== "") return "content_encoding";
  return checkContentType(request.headers.get("content-type"), MEDIA_TYPES[route.body]);
}

/** @param expected null: any type, or none; a charset must still be UTF-8 */
function checkContentType(header: string | null, expected: string | null): RefusedReason | null {
  if (header === null) return expected === null ? null : "content_type";
  // A header that came twice is joined with a comma: which one was meant?
  if (header.includes(",")) return "content_type";
  const [type = "", ...parameters] = header.split(";").map((part) => part.trim().toLowerCase());
  if (expected !== null && type !== expected) return "content_type";
  const charsets = parameters.filter((parameter) => /^charset\s*=/.test(parameter));
  const isUtf8 = (parameter: string) => /^charset\s*=\s*("utf-8"|utf-8|"utf8"|utf8)$/.test(parameter);
  return charsets.length <= 1 && charsets.every(isUtf8) ? null : "charset";
}

/** Content-Length is a hint that can save the reading; what counts is what arrives. */
async function readWithin(request: Request, maxBytes: number): Promise<Uint8Array | "too_large" | "cut_off"> {
  const declared = Number(request.headers.get("content-length") ?? 0);
  // Left untouched, not cancelled: a body nobody asked for is drained by the runtime, but one that was
  // touched and left breaks the connection, often before its sender has read our answer.
  if (declared > maxBytes) return "too_large";
  try {
    const signal = AbortSignal.timeout(BODY_TIMEOUT_MS);
    return await readBytes(request.body, maxBytes, { signal, discardBytes: MAX_DISCARDED_BYTES });
  } catch {
    // The sender hung up or dawdled: its doing, and nothing an operator should be woken for.
    return "cut_off";
  }
}

function picked(headers: Headers, names: readonly string[]): ReadonlyMap<string, string> {
  return new Map(
    names.flatMap((name) => {
      const value = headers.get(name);
      return value === null ? [] : [[name, value] as const];
    }),
  );
}
