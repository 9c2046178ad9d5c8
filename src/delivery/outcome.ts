/** What an answer of the receiver means (delivery.md, "Judging the answer"). Pure. */
import { MAX_RETRY_AFTER_SECONDS } from "../limits.ts";
import type { Outcome } from "../inbox/protocol.ts";

/** @param retryAfter the `retry-after` header as sent: seconds or an HTTP date (RFC 9110 10.2.3) */
export function judge(status: number, retryAfter: string | null, nowMs: number): Outcome {
  if (status >= 200 && status < 300) return { kind: "delivered" };
  if (status === 410) return { kind: "gone" };
  const hinted = status === 429 || status === 503;
  return { kind: "failed", retryAfterSeconds: hinted ? readRetryAfter(retryAfter, nowMs) : null };
}

/** Seconds to wait, at most 24 h; null for anything that is neither a number of seconds nor a date ahead. */
export function readRetryAfter(value: string | null, nowMs: number): number | null {
  if (value === null) return null;
  const text = value.trim();
  if (/^\d{1,9}$/.test(text)) return Math.min(Number(text), MAX_RETRY_AFTER_SECONDS);
  // A bare date is asked for by name: Date.parse would take "1.5" or "-1" for a year.
  const dateMs = /^[A-Z][a-z]{2},? /.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(dateMs) || dateMs <= nowMs) return null;
  return Math.min(Math.ceil((dateMs - nowMs) / 1000), MAX_RETRY_AFTER_SECONDS);
}
