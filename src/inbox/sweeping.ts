/**
 * The sweep: whatever got no answer within its lease is handed over again. It is what makes a lost,
 * expired or purged queue message harmless. Runs inside one transaction.
 */
import { admits, isOpen } from "../delivery/breaker.ts";
import { unpark } from "./delivering.ts";
import { keyOf, type Desk } from "./desk.ts";
import { nextHandoverAt } from "./outbox.ts";

/** Hands over what is overdue, at each destination's rate. */
export function sweep(desk: Desk): void {
  for (const destination of desk.served()) sweepDestination(desk, destination);
}

function sweepDestination(desk: Desk, destination: string): void {
  const breaker = desk.breakerOf(destination);
  if (!admits(breaker, desk.nowMs) || desk.roomAtMs(destination) > desk.nowMs) return;
  const { rows: share, stepMs } = desk.releaseStep(destination);
  const limit = isOpen(breaker) ? 1 : share;
  if (!isOpen(breaker) && desk.releasedWithin(destination, stepMs)) return;
  const rows = desk.store.toSweep(destination, desk.nowMs, limit);
  for (const row of rows) {
    const again = nextHandoverAt(desk.nowMs, desk.config.handoverLeaseMs, row.handovers + 1);
    desk.store.handedOver(keyOf(row), again);
    if (isOpen(breaker)) desk.setProbe(row);
    if (!desk.isClaimed(row)) desk.send(keyOf(row), row.event_id);
  }
  if (!isOpen(breaker) && rows.length > 0) desk.released(destination);
}

/** The earliest instant at which something has to be handed over: no lower bound, overdue is now. */
export function nextSweepAt(desk: Desk): number | null {
  const times = desk.served().flatMap((destination) => {
    const at = desk.store.nextSweepAt(destination);
    if (at === null) return [];
    const { stepMs } = desk.releaseStep(destination);
    const step = desk.releasedWithin(destination, stepMs) ? desk.nowMs + stepMs : 0;
    return [Math.max(at, step, desk.roomAtMs(destination), desk.breakerOf(destination).probeAtMs ?? 0)];
  });
  return times.length === 0 ? null : Math.min(...times);
}

/** Parked means paused or not configured, and nothing else: a new configuration may have changed which. */
export function reconcile(desk: Desk): void {
  const served = new Set(desk.served());
  for (const name of desk.store.destinationsWith("pending")) if (!served.has(name)) desk.store.parkAll(name);
  for (const name of desk.store.destinationsWith("parked")) if (served.has(name)) unpark(desk, name);
}
