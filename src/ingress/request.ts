/**
 * What can be refused before a request's contents are read, in one order for all providers: method,
 * address list, content encoding, content type, size.
 */
import { withDeadline } from "../deadline.ts";
import { BODY_TIMEOUT_MS, MAX_DISCARDED_BYTES, MAX_MAX_BODY_BYTES } from "../limits.ts";
import { readContentType } from "../parse/content-type.ts";
import { readBytes, readUpTo, type BytesRead } from "../parse/read-bytes.ts";
import { readTraceContext } from "../parse/trace-context.ts";
import { Callback, messageOf } from "../providers/callback.ts";
import type { Route } from "../providers/provider.ts";
import type { RefusedReason } from "../reasons.ts";
import { err, ok, type Result } from "../result.ts";
import { sha256Hex } from "../verify/digest.ts";
import { ipInRanges } from "../verify/ip.ts";
import type { Located } from "./locate.ts";
import { requestTarget } from "./request-target.ts";

const JSON_TYPES: readonly string[] = ["application/json"];
const FORM_TYPES: readonly string[] = ["application/x-www-form-urlencoded", "multipart/form-data"];

/** The callback of a request that came to `located`, read once, or why it is refused. */
export async function readCallback(
  request: Request,
  { source, route, pathKey }: Located,
  nowMs: number,
): Promise<Result<Callback, RefusedReason>> {
  const contentType = request.headers.get("content-type");
  const contentEncoding = encodingOf(request);
  const refused = checkEnvelope(request, { source, route }, { contentType, contentEncoding });
  if (refused) return err(refused);
  const read = await readBody(request, route, source.settings.maxBodyBytes);
  if (typeof read === "string") return err(read);
  const { query } = requestTarget(request.url);
  const body = read.bytes;
  return ok(
    new Callback({
      method: request.method,
      kind: route.kind,
      pathKey,
      url: request.url,
      query,
      contentType,
      contentEncoding,
      headers: picked(request.headers, source.headers),
      ...readTraceContext(request.headers),
      body,
      isCut: !read.isWhole,
      receivedAtMs: nowMs,
      sha256: await sha256Hex(messageOf({ body, query })),
    }),
  );
}

function checkEnvelope(
  request: Request,
  { source, route }: Pick<Located, "source" | "route">,
  { contentType, contentEncoding }: Pick<Callback, "contentType" | "contentEncoding">,
): RefusedReason | null {
  if (!(route.methods as readonly string[]).includes(request.method)) return "method";
  const { allowIps } = source.settings;
  // Only Cloudflare's own header: X-Forwarded-For is the client's to write.
  if (allowIps.length > 0 && !ipInRanges(request.headers.get("cf-connecting-ip"), allowIps)) return "ip";
  if (route.body === "any") return null;
  if (contentEncoding !== null) return "content_encoding";
  return route.body === "query" ? null : checkContentType(contentType, route);
}

/** Null for a body that is sent as it is. */
function encodingOf(request: Request): string | null {
  const encoding = request.headers.get("content-encoding")?.trim().toLowerCase() ?? "";
  return encoding === "" || encoding === "identity" ? null : encoding;
}

function checkContentType(header: string | null, { body, contentTypes }: Route): RefusedReason | null {
  const given = readContentType(header);
  if (given === null) return "content_type";
  const isForm = body === "form";
  const taken = contentTypes ?? (isForm ? FORM_TYPES : JSON_TYPES);
  if (!taken.includes(given.type)) return "content_type";
  const isReadable = isForm ? given.charset !== null : given.charset === "utf-8";
  return isReadable ? null : "charset";
}

/** The body within the source's limit; where nothing but the address counts, as much of it as is ever kept. */
async function readBody(
  request: Request,
  route: Route,
  maxBytes: number,
): Promise<BytesRead | "too_large" | "cut_off"> {
  try {
    const declared = declaredLength(request);
    if (declared !== null && declared <= maxBytes) {
      // No more than was declared can come: it is read in one piece.
      const bytes = new Uint8Array(await withDeadline(request.arrayBuffer(), BODY_TIMEOUT_MS));
      return { bytes, isWhole: true };
    }
    const limits = { signal: AbortSignal.timeout(BODY_TIMEOUT_MS), discardBytes: MAX_DISCARDED_BYTES };
    if (route.body === "any") return await readUpTo(request.body, MAX_MAX_BODY_BYTES, limits);
    // Content-Length is a hint that can save the reading; what counts is what arrives. Left untouched, not
    // cancelled: a body nobody asked for is drained by the runtime, but one that was touched and left breaks
    // the connection, often before its sender has read our answer.
    if (declared !== null) return "too_large";
    const bytes = await readBytes(request.body, maxBytes, limits);
    return bytes === "too_large" ? bytes : { bytes, isWhole: true };
  } catch {
    // The sender hung up or was too slow: nothing an operator should be alerted about.
    return "cut_off";
  }
}

/** Bytes, by Content-Length; null where the sender did not say. */
function declaredLength(request: Request): number | null {
  const header = request.headers.get("content-length");
  return header !== null && /^\d+$/.test(header) ? Number(header) : null;
}

function picked(headers: Headers, names: readonly string[]): ReadonlyMap<string, string> {
  return new Map(
    names.flatMap((name) => {
      const value = headers.get(name);
      return value === null ? [] : [[name, value] as const];
    }),
  );
}
