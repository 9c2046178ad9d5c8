/**
 * Counting all rows anew, a step at a time, to find what the ledger cannot see in its own sums. Runs inside
 * one transaction.
 */
import { RECOUNT_INTERVAL_MS, RECOUNT_STEP_INTERVAL_MS } from "../limits.ts";
import type { Transaction } from "./transaction.ts";

export interface RecountState {
  /** Epoch ms of the next step; null: not before something is accepted. */
  readonly nextAtMs: number | null;
}

export const RECOUNT_BEGINS: RecountState = { nextAtMs: null };

/** One step, if one is due. A remainder is alerted when the last row was counted. */
export function recountStep(tx: Transaction, state: RecountState): RecountState {
  // A new life has counted its newest rows; the first full recount has time.
  if (state.nextAtMs === null) return { nextAtMs: tx.nowMs + RECOUNT_INTERVAL_MS };
  if (state.nextAtMs > tx.nowMs) return state;
  if (tx.book.recountStep()) return { nextAtMs: tx.nowMs + RECOUNT_STEP_INTERVAL_MS };
  for (const [name, count] of Object.entries(tx.book.remainder))
    tx.alert("ledger_remainder", { name, count });
  return { nextAtMs: tx.nowMs + RECOUNT_INTERVAL_MS };
}
