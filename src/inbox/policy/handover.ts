/**
 * When a reference is handed over to the queue again. Pure.
 *
 * The row is the truth and the queue only carries: a reference that got no answer within its lease is
 * handed over once more, each time after twice as long, so that a slow consumer is not buried under
 * copies of what it has yet to read.
 */
import { HANDOVER_MAX_DOUBLINGS } from "../../limits.ts";

/** @param handovers how often the reference was handed over without an answer, the first time included */
export function nextHandoverAt(nowMs: number, leaseMs: number, handovers: number): number {
  return nowMs + leaseMs * 2 ** Math.min(handovers, HANDOVER_MAX_DOUBLINGS);
}
