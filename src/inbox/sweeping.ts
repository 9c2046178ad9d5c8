/**
 * The sweep: whatever got no answer within its lease is handed over again. It is what makes a lost,
 * expired or purged queue message harmless. Runs inside one transaction.
 */
import { admits, isOpen } from "./policy/breaker.ts";
import { unpark } from "./delivering.ts";
import { drainStep } from "./rate-slots.ts";
import { keyOf, type Transaction } from "./transaction.ts";
import { nextHandoverAt } from "./policy/handover.ts";

/** Hands over what is overdue, at each destination's rate. */
export function sweep(tx: Transaction): void {
  for (const destination of tx.servedDestinations()) sweepDestination(tx, destination);
}

function sweepDestination(tx: Transaction, destination: string): void {
  const breaker = tx.destinations.breakerOf(destination);
  if (!admits(breaker, tx.nowMs) || tx.rateAllowsAtMs(destination) > tx.nowMs) return;
  const { rows: share, stepMs } = drainStep(tx.config, destination);
  const limit = isOpen(breaker) ? 1 : share;
  if (!isOpen(breaker) && tx.rates.wasDrainedWithin(destination, stepMs, tx.nowMs)) return;
  const rows = tx.store.toSweep(destination, tx.nowMs, limit);
  for (const row of rows) {
    const again = nextHandoverAt(tx.nowMs, tx.config.handoverTimeoutMs, row.handovers + 1);
    tx.store.handedOver(keyOf(row), again);
    if (isOpen(breaker)) tx.destinations.setProbe(row, tx.nowMs);
    if (!tx.leases.isHeld(row, tx.nowMs)) tx.handOver(keyOf(row), row.event_id);
  }
  if (!isOpen(breaker) && rows.length > 0) tx.rates.noteDrained(destination, tx.nowMs);
}

/** The earliest instant at which something has to be handed over: no lower bound, overdue is now. */
export function nextSweepAt(tx: Transaction): number | null {
  const times = tx.servedDestinations().flatMap((destination) => {
    const at = tx.store.nextSweepAt(destination);
    if (at === null) return [];
    const { stepMs } = drainStep(tx.config, destination);
    const step = tx.rates.wasDrainedWithin(destination, stepMs, tx.nowMs) ? tx.nowMs + stepMs : 0;
    return [
      Math.max(
        at,
        step,
        tx.rateAllowsAtMs(destination),
        tx.destinations.breakerOf(destination).probeAtMs ?? 0,
      ),
    ];
  });
  return times.length === 0 ? null : Math.min(...times);
}

/** Parked means paused or not configured, and nothing else: a new configuration may have changed which. */
export function reconcile(tx: Transaction): void {
  const served = new Set(tx.servedDestinations());
  for (const name of tx.store.destinationsWith("pending")) if (!served.has(name)) tx.store.parkAll(name);
  for (const name of tx.store.destinationsWith("parked")) if (served.has(name)) unpark(tx, name);
}
