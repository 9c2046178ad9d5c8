/**
 * Counting all rows anew, a step at a time, to find what the ledger cannot see in its own sums. Runs inside
 * one transaction.
 */
import { RECOUNT_INTERVAL_MS, RECOUNT_STEP_INTERVAL_MS } from "../limits.ts";
import type { Transaction } from "./transaction.ts";

export interface RecountState {
  /** Epoch ms of the next step; null: found out by the next one. */
  readonly nextAtMs: number | null;
}

export const RECOUNT_BEGINS: RecountState = { nextAtMs: null };

/** When the next recount begins (epoch ms): written down, since few objects live for as long as a day. */
const BEGINS_AT = "recount_at";

/**
 * One step, if one is due; rows that the ledger has not counted at all come first. A remainder is
 * alerted when the last row was counted.
 */
export function recountStep(tx: Transaction, state: RecountState): RecountState {
  if (tx.book.isBehind) {
    if (state.nextAtMs !== null && state.nextAtMs > tx.nowMs) return state;
    tx.book.catchUp();
    return { nextAtMs: tx.book.isBehind ? tx.nowMs + RECOUNT_STEP_INTERVAL_MS : beginsAt(tx) };
  }
  const dueAtMs = state.nextAtMs ?? beginsAt(tx);
  if (dueAtMs > tx.nowMs) return { nextAtMs: dueAtMs };
  if (tx.book.recountStep()) return { nextAtMs: tx.nowMs + RECOUNT_STEP_INTERVAL_MS };
  for (const [name, count] of Object.entries(tx.book.remainder))
    tx.alert("ledger_remainder", { name, count });
  const nextAtMs = tx.nowMs + RECOUNT_INTERVAL_MS;
  tx.store.singleRows.setMarker(BEGINS_AT, String(nextAtMs));
  return { nextAtMs };
}

function beginsAt(tx: Transaction): number {
  const written = tx.store.singleRows.marker(BEGINS_AT);
  if (written !== null) return Number(written);
  const [oldest] = tx.store.events.after(0, 1);
  return (oldest?.received_at ?? tx.nowMs) + RECOUNT_INTERVAL_MS;
}
