/** Responses to a provider: its own form of success, a refusal without particulars, or 503 to make it repeat. */
import { FLOOD_RETRY_AFTER_SECONDS, UNAVAILABLE_RETRY_AFTER_SECONDS } from "../limits.ts";
import type { Source } from "../providers/source.ts";
import { refusal, type RefusedReason } from "../reasons.ts";

export interface Success {
  readonly outcome: "accepted" | "duplicate" | "superseded" | "deferred" | "quarantined";
  readonly eventId: string;
  /** Why an authentic callback was set aside, and what a repeat said differently. Never before verification. */
  readonly reason?: string | undefined;
  readonly warnings?: readonly string[] | undefined;
}

export async function succeed(
  source: Source,
  { outcome, eventId, reason, warnings }: Success,
  nowMs: number,
): Promise<Response> {
  const { status, body, contentType, headers: own } = await source.reply(nowMs);
  const headers: Record<string, string> = {
    ...own,
    "relay-outcome": outcome,
    "relay-event-id": eventId,
    "cache-control": "no-store",
    ...(contentType === null ? {} : { "content-type": contentType }),
    ...(reason === undefined ? {} : { "relay-reason": reason }),
    ...(warnings && warnings.length > 0 ? { "relay-warning": warnings.join(", ") } : {}),
  };
  // An explicit empty body keeps the runtime from inventing a content type.
  return new Response(body === "" ? null : body, { status, headers });
}

/** @param allow the methods of the address, for 405 */
export function refuse(reason: RefusedReason, allow?: string): Response {
  const { status, text } = refusal(reason);
  return Response.json(
    { error: text },
    { status, headers: { "cache-control": "no-store", ...(reason === "method" && allow ? { allow } : {}) } },
  );
}

/** Our own failure: not a 4xx, which would blame the provider, and not a 2xx, since nothing was stored. */
export function unavailable(): Response {
  return Response.json(
    { error: "temporarily unavailable, please repeat" },
    {
      status: 503,
      headers: { "retry-after": String(UNAVAILABLE_RETRY_AFTER_SECONDS), "cache-control": "no-store" },
    },
  );
}

/** For a caller with too many refused requests; a callback that verifies is still accepted. */
export function slowDown(): Response {
  return Response.json(
    { error: "too many requests" },
    {
      status: 429,
      headers: { "retry-after": String(FLOOD_RETRY_AFTER_SECONDS), "cache-control": "no-store" },
    },
  );
}
