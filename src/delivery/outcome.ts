/** What a receiver's response means (docs/delivery.md#judging-the-response). Pure. */
import type { Outcome } from "../inbox/protocol.ts";
import { MAX_RETRY_AFTER_SECONDS } from "../limits.ts";
import { parseHttpDate } from "./http-date.ts";

/** @param retryAfter the `retry-after` header as sent: seconds or an HTTP date (RFC 9110 10.2.3) */
export function judge(status: number, retryAfter: string | null, nowMs: number): Outcome {
  if (status >= 200 && status < 300) return { kind: "delivered" };
  if (status === 410) return { kind: "gone" };
  const hinted = status === 429 || status === 503;
  return { kind: "failed", retryAfterSeconds: hinted ? readRetryAfter(retryAfter, nowMs) : null };
}

/** Seconds to wait, at most 24 h; null for anything that is neither a number of seconds nor a date ahead. */
export function readRetryAfter(value: string | null, nowMs: number): number | null {
  const text = value?.trim() ?? "";
  if (/^\d+$/.test(text)) return Math.min(Number(text), MAX_RETRY_AFTER_SECONDS);
  const dateMs = parseHttpDate(text, nowMs);
  if (dateMs === null || dateMs <= nowMs) return null;
  return Math.min(Math.ceil((dateMs - nowMs) / 1000), MAX_RETRY_AFTER_SECONDS);
}
