/**
 * Retention: what has outlived it is forgotten a payment at a time, with its dedupe keys, never
 * before: a key that is gone lets its callback in again. What is still owed, or dead and not yet
 * looked at, stays however old it is.
 */
import { PURGE_INTERVAL_MS, PURGE_STEP_EVENTS } from "../limits.ts";
import type { Transaction } from "./transaction.ts";

const DAY_MS = 86_400_000;

export interface PurgeState {
  /** Epoch ms of the next step. */
  nextAtMs: number;
  /** Events up to this number were looked at in this round. */
  lookedTo: number;
}

/** One small step, if one is due; answers when the next is. */
export function purgeStep(tx: Transaction, state: PurgeState): PurgeState {
  if (state.nextAtMs > tx.nowMs) return state;
  const before = tx.nowMs - tx.config.retentionDays * DAY_MS;
  const candidates = tx.operatorStore.oldest(state.lookedTo, PURGE_STEP_EVENTS);
  const old = candidates.filter(({ received_at }) => received_at < before);
  for (const payment of new Set(old.map(({ payment_id }) => payment_id))) {
    if (!tx.operatorStore.isAlive(payment, before)) tx.operatorStore.forgetPayment(payment);
  }
  const leases = tx.operatorStore.forgetOldReservations(before, PURGE_STEP_EVENTS);
  const more = old.length === PURGE_STEP_EVENTS || leases > 0;
  return more
    ? { nextAtMs: tx.nowMs, lookedTo: old.at(-1)?.n ?? state.lookedTo }
    : { nextAtMs: tx.nowMs + PURGE_INTERVAL_MS, lookedTo: 0 };
}
