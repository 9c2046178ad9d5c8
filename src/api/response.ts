/** The outcome of an operation as an HTTP response. */
import type { AnyOperation, Outcome, Responses } from "./operations/operation.ts";
import type { Refused } from "./operations/problem.ts";

const NO_STORE = { "cache-control": "no-store" };

export function responseOf({ mediaType }: AnyOperation, outcome: Outcome<Responses>): Response {
  if (!outcome.ok) return problemResponse(outcome);
  const { status, view } = outcome;
  if (mediaType === undefined) return Response.json(view, { status, headers: NO_STORE });
  return new Response(view as string | ReadableStream, {
    status,
    headers: { ...NO_STORE, "content-type": mediaType },
  });
}

/** RFC 9457. */
export function problemResponse(
  { status, problem, retryAfterSeconds }: Refused,
  headers: Readonly<Record<string, string>> = {},
): Response {
  return Response.json(problem, {
    status,
    headers: {
      ...NO_STORE,
      "content-type": "application/problem+json",
      ...(status === 401 ? { "www-authenticate": "Bearer" } : {}),
      ...(retryAfterSeconds === undefined ? {} : { "retry-after": String(retryAfterSeconds) }),
      ...headers,
    },
  });
}
