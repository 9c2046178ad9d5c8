/** Refusals of an operation, as problem details (RFC 9457): what is wrong, and in which place of the request. */
import { z } from "zod";

/** The part of a request that a mistake is in. */
export type Place = "path" | "query" | "body";

const problemError = z.object({
  in: z.enum(["path", "query", "body"]),
  path: z.string().describe("the member, with dots; empty: the whole"),
  message: z.string(),
});
export type ProblemError = z.infer<typeof problemError>;

/** `application/problem+json`; members of an operation's own come besides these. */
export const problem = z
  .looseObject({
    type: z.literal("about:blank"),
    title: z.string().describe("what the status means"),
    status: z.int(),
    detail: z.string(),
    error: z.string().describe("the same as `detail`"),
    errors: z.array(problemError).optional().describe("every mistake in the request, each with its place"),
  })
  .meta({ id: "Problem" });
export type Problem = z.infer<typeof problem>;

export const TITLES = {
  400: "The request is not valid",
  401: "Not authenticated",
  403: "Not allowed",
  404: "Not found",
  405: "Method not allowed",
  409: "Not possible now",
  413: "Too large",
  429: "Too many failed log-ins",
  500: "The relay failed",
  503: "The relay is not ready",
} as const;
export type RefusalStatus = keyof typeof TITLES;

/** An operation that was not carried out. */
export interface Refused {
  readonly ok: false;
  readonly status: RefusalStatus;
  readonly problem: Problem;
  /** When it makes sense to ask again. */
  readonly retryAfterSeconds?: number;
}

/** @param members of the operation's own, beside those of every problem */
export function refused(
  status: RefusalStatus,
  detail: string,
  members: Readonly<Record<string, unknown>> = {},
): Refused {
  const title = TITLES[status];
  return {
    ok: false,
    status,
    problem: { type: "about:blank", title, status, detail, error: detail, ...members },
  };
}

/** A request with mistakes in it; the detail names them all. */
export function invalid(errors: readonly ProblemError[]): Refused {
  const detail = errors.map((error) => `${placeOf(error)}: ${error.message}`).join("; ");
  return refused(400, detail, { errors: [...errors] });
}

export const notFound = (what: string): Refused => refused(404, `there is no such ${what}`);

/** `query.limit`, `body.as`, `body`. */
function placeOf({ in: place, path }: ProblemError): string {
  return path === "" ? place : `${place}.${path}`;
}

/** Every issue of a value that a schema has refused, an unknown key under its own name. */
export function problemErrors(place: Place, error: z.ZodError): ProblemError[] {
  return error.issues.flatMap((issue) => {
    const path = issue.path.map(String);
    if (issue.code === "unrecognized_keys")
      return issue.keys.map((key) => ({
        in: place,
        path: [...path, key].join("."),
        message: "is not known here",
      }));
    return [{ in: place, path: path.join("."), message: issue.message }];
  });
}
