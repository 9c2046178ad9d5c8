/**
 * What can be refused before a request's contents are read, in one order for all providers: method,
 * address list, content encoding, content type, size.
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
  const refused = checkEnvelope(request, { source, route });
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

function checkEnvelope(
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
  // A header sent twice is joined with a comma, and either could be meant.
  if (header.includes(",")) return "content_type";
  const [type = "", ...parameters] = header.split(";").map((part) => part.trim().toLowerCase());
  if (expected !== null && type !== expected) return "content_type";
  const charsets = parameters.filter((parameter) => /^charset\s*=/.test(parameter));
  const isUtf8 = (parameter: string) => /^charset\s*=\s*("utf-8"|utf-8|"utf8"|utf8)$/.test(parameter);
  return charsets.length <= 1 && charsets.every(isUtf8) ? null : "charset";
}

/** Content-Length can save the reading; the limit holds for what arrives. */
async function readWithin(request: Request, maxBytes: number): Promise<Uint8Array | "too_large" | "cut_off"> {
  const declared = Number(request.headers.get("content-length") ?? 0);
  // Not cancelled: the runtime drains a body that was never read, but breaks the connection for one that
  // was read in part, often before its sender has read our response.
  if (declared > maxBytes) return "too_large";
  try {
    const signal = AbortSignal.timeout(BODY_TIMEOUT_MS);
    return await readBytes(request.body, maxBytes, { signal, discardBytes: MAX_DISCARDED_BYTES });
  } catch {
    // The sender hung up or was too slow: nothing an operator should be alerted about.
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
