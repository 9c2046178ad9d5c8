/** An HTTP request as the input of an operation, unvalidated. */
import { MAX_API_BODY_BYTES } from "../limits.ts";
import { decodeUtf8 } from "../parse/decode.ts";
import { readBytes } from "../parse/read-bytes.ts";
import { noBody, type AnyOperation } from "./operations/operation.ts";
import { invalid, refused, type Refused } from "./operations/problem.ts";

interface RawInput {
  readonly params: Readonly<Record<string, unknown>>;
  readonly query: Readonly<Record<string, unknown>>;
  readonly body: unknown;
}

export async function inputOf(
  { body, mediaType }: AnyOperation,
  request: Request,
  params: Readonly<Record<string, string>>,
): Promise<RawInput | Refused> {
  const query = queryOf(new URL(request.url).searchParams);
  // What a client of server-sent events says by itself when it comes back.
  const lastId = request.headers.get("last-event-id");
  if (lastId !== null && mediaType === "text/event-stream") query["after"] ??= lastId;
  if (body === noBody) return { params, query, body: undefined };
  const read = await bodyOf(request);
  return "ok" in read ? read : { params, query, body: read.value };
}

/** A key that is given several times is a list: what takes one value refuses it. */
function queryOf(search: URLSearchParams): Record<string, string | string[]> {
  const query: Record<string, string | string[]> = {};
  for (const name of new Set(search.keys())) {
    const [first, ...more] = search.getAll(name);
    if (first !== undefined) query[name] = more.length === 0 ? first : [first, ...more];
  }
  return query;
}

/** The body as JSON, whatever its type says; none is `undefined`. */
async function bodyOf(request: Request): Promise<{ value: unknown } | Refused> {
  const bytes = await readBytes(request.body, MAX_API_BODY_BYTES);
  if (bytes === "too_large") return refused(413, `the body is larger than ${MAX_API_BODY_BYTES} bytes`);
  if (bytes.byteLength === 0) return { value: undefined };
  const text = decodeUtf8(bytes);
  try {
    if (text !== null) return { value: JSON.parse(text) as unknown };
  } catch {
    // Said below, as for one that is not UTF-8.
  }
  return invalid([{ in: "body", path: "", message: "is not JSON in UTF-8" }]);
}
