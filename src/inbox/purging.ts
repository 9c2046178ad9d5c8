/**
 * Retention: an event that has outlived it is forgotten with its deliveries and attempts; its payment's row
 * stays, so that what comes later is still folded into it. What is still owed, or dead and not yet looked at,
 * stays however old it is. Runs inside one transaction, a step at a time.
 */
import {
  DAY_MS,
  MIN_PURGE_INTERVAL_MS,
  PURGE_STEP_EVENTS,
  PURGE_STEP_INTERVAL_MS,
  PURGE_STEP_SEARCH_BLOCKS,
  ROUND_OF_OLD_NAMES_MS,
} from "../limits.ts";
import type { EventHead } from "./store/rows.ts";
import type { Transaction } from "./transaction.ts";

export interface PurgeState {
  /** Epoch ms of the next step; null: found out by the next one. */
  nextAtMs: number | null;
  /** Events up to this number were looked at in this round. */
  lookedTo: number;
  /** Where the rounds over payments' and reserved names go on. */
  payment: string;
  reservation: string;
  /** Epoch ms of the next step of that round; null: found out by the next step. */
  nextRoundAtMs: number | null;
}

export const PURGE_BEGINS: PurgeState = {
  nextAtMs: null,
  lookedTo: 0,
  payment: "",
  reservation: "",
  nextRoundAtMs: null,
};

/** When the next round over names begins (epoch ms): written down, since few objects live for as long as a week. */
const ROUND_BEGINS_AT = "round_of_names_at";

/** One small step, if one is due. */
export function purgeStep(tx: Transaction, state: PurgeState): PurgeState {
  if (state.nextAtMs !== null && state.nextAtMs > tx.nowMs) return state;
  const before = tx.nowMs - tx.config.retentionDays * DAY_MS;
  const candidates = tx.store.events.after(state.lookedTo, PURGE_STEP_EVENTS);
  const old = candidates.filter(({ received_at }) => received_at < before);
  for (const event of old) forget(tx, event);
  forgetBlocks(tx);
  // One that is younger than those after it (it was deferred anew, or a clock had jumped) holds up none of them.
  const goesOn = candidates.length === PURGE_STEP_EVENTS && old.at(-1) === candidates.at(-1);
  if (goesOn) return { ...state, nextAtMs: tx.nowMs + PURGE_STEP_INTERVAL_MS, lookedTo: old.at(-1)?.n ?? 0 };
  const oldest = candidates.find(({ received_at }) => received_at >= before);
  const round = forgetNames(tx, state, before);
  // No sooner than something can be too old; events may be out of order by as much as a clock jumped.
  const dueAtMs = oldest ? oldest.received_at + tx.config.retentionDays * DAY_MS : Number.POSITIVE_INFINITY;
  const nextAtMs = Math.min(Math.max(dueAtMs, tx.nowMs + MIN_PURGE_INTERVAL_MS), round.nextRoundAtMs);
  return { ...round, nextAtMs, lookedTo: 0 };
}

/** What the searches know of events that are all gone. */
function forgetBlocks(tx: Transaction): void {
  const oldest = tx.store.events.after(0, 1)[0]?.n ?? tx.store.events.last() + 1;
  tx.store.eventIds.forgetBefore(oldest);
  tx.store.search.forgetBefore(oldest, PURGE_STEP_SEARCH_BLOCKS);
}

/** Everything about an event, unless something of it is still owed or dead. */
function forget(tx: Transaction, event: EventHead): void {
  const rows = tx.store.deliveries.of(event.payment_id, event.n);
  const isOwed = rows.some(({ state }) => state === "pending" || state === "dead");
  if (isOwed || tx.directs.opensOf(event.n)) return;
  tx.book.purge(event);
  tx.store.retention.forgetEvent(event.payment_id, event.n);
  // A callback that never had an event has no payment that could go on.
  const payment = tx.store.payments.get(event.payment_id);
  if (payment?.state.sequence === 0 && payment.events.every(([n]) => tx.store.events.head(n) === null))
    tx.store.payments.forget(event.payment_id);
}

/** Part of a slow round over names in their order: an index by age would cost a row with each. */
function forgetNames(
  tx: Transaction,
  state: PurgeState,
  beforeMs: number,
): PurgeState & { nextRoundAtMs: number } {
  const dueAtMs = state.nextRoundAtMs ?? roundBeginsAt(tx);
  if (dueAtMs > tx.nowMs) return { ...state, nextRoundAtMs: dueAtMs };
  const tombstonesBefore = tx.nowMs - tx.config.tombstoneDays * DAY_MS;
  const payment = tx.store.payments.forgetTombstones(state.payment, tombstonesBefore, PURGE_STEP_EVENTS);
  const reservation = tx.store.reservations.forgetOld(state.reservation, beforeMs, PURGE_STEP_EVENTS);
  tx.store.operators.forgetOld(beforeMs, PURGE_STEP_EVENTS);
  const more = payment !== null || reservation !== null;
  const nextRoundAtMs = tx.nowMs + (more ? PURGE_STEP_INTERVAL_MS : ROUND_OF_OLD_NAMES_MS);
  if (!more) tx.store.singleRows.setMarker(ROUND_BEGINS_AT, String(nextRoundAtMs));
  return {
    ...state,
    payment: payment ?? (more ? LAST_NAME : ""),
    reservation: reservation ?? (more ? LAST_NAME : ""),
    nextRoundAtMs,
  };
}

function roundBeginsAt(tx: Transaction): number {
  const written = tx.store.singleRows.marker(ROUND_BEGINS_AT);
  if (written !== null) return Number(written);
  const [oldest] = tx.store.events.after(0, 1);
  return (oldest?.received_at ?? 0) + ROUND_OF_OLD_NAMES_MS;
}

/** After every name: this part of the round is done. */
const LAST_NAME = "\u{10FFFF}";
