/**
 * A receiver that answers 401, 403, 404 or another 4xx again and again does not know our requests: a
 * wrong address or a wrong secret more often than a bad hour. It is retried like any failure, and
 * somebody should be told before the schedule is through. Pure; the Inbox keeps the count.
 */
import { REFUSALS_BEFORE_ALERT } from "../../limits.ts";

/** Those that mean "later" or have a meaning of their own (docs/delivery.md#judging-the-response). */
const NO_REFUSAL: ReadonlySet<number> = new Set([408, 410, 425, 429]);

export function isRefusal(status: number | null): boolean {
  return status !== null && status >= 400 && status < 500 && !NO_REFUSAL.has(status);
}

/**
 * The count after one more attempt, and whether it is the one to alert about: once per row of refusals.
 *
 * @param inARow refusals of this destination before this attempt
 * @param status the attempt's, null when there was no answer
 */
export function countRefusal(inARow: number, status: number | null): { inARow: number; alert: boolean } {
  if (!isRefusal(status)) return { inARow: 0, alert: false };
  return { inARow: inARow + 1, alert: inARow + 1 === REFUSALS_BEFORE_ALERT };
}
