/**
 * The sweep: whatever got no answer in time is handed over again. It is what makes a Worker that died, and a
 * lost, expired or purged queue message harmless. Runs inside one transaction.
 */
import { RECOVER_MAX_ATTEMPTS, SWEEP_MAX_ROWS } from "../limits.ts";
import { isOpen } from "./policy/breaker.ts";
import { nextHandoverAt } from "./policy/handover.ts";
import { VERIFIER, type LeasedAttempt } from "./protocol.ts";
import { leaseOnSettling } from "./leasing.ts";
import { ownRow } from "./own-row.ts";
import { keyOf } from "./store/rows.ts";
import type { Transaction } from "./transaction.ts";

/** Hands over what is overdue, as far as each destination may get more; what is left has the next alarm's turn. */
export function sweep(tx: Transaction): void {
  recoverDirects(tx);
  const destinations = [...tx.config.destinations.keys(), VERIFIER];
  const share = Math.max(1, Math.floor(SWEEP_MAX_ROWS / destinations.length));
  for (const destination of destinations) sweepDestination(tx, destination, { mostRows: share });
}

/** First attempts whose Worker did not report back in time: from now on they are deliveries like any other. */
function recoverDirects(tx: Transaction): void {
  for (const { n, destination } of tx.directs.expired(tx.nowMs).slice(0, RECOVER_MAX_ATTEMPTS)) {
    tx.leases.end({ n, destination });
    ownRow(tx, { n, destination });
  }
}

interface Sweep {
  /** How many leave at most. */
  readonly mostRows?: number;
  /** How many of whoever settled an attempt make another at once: they are leased what has waited longest. */
  readonly takers?: number;
}

/** Hands over what is overdue, as far as the destination may get more; answers what is leased instead. */
export function sweepDestination(
  tx: Transaction,
  destination: string,
  { mostRows = SWEEP_MAX_ROWS, takers = 0 }: Sweep = {},
): LeasedAttempt[] {
  const leased = handOverOverdue(tx, destination, mostRows, takers);
  // Also where nothing may go now: there may be room since the alarm was set, and only the step is used up.
  const next = nextSweepOf(tx, destination);
  if (next !== null) tx.wakeBy(next);
  return leased;
}

function handOverOverdue(
  tx: Transaction,
  destination: string,
  mostRows: number,
  takers: number,
): LeasedAttempt[] {
  const leased: LeasedAttempt[] = [];
  const { now } = tx.admission(destination, true);
  if (now === 0) return leased;
  const probes = isOpen(tx.destinations.breakerOf(destination));
  const rows = tx.store.deliveries.toSweep(destination, tx.nowMs, Math.min(now, mostRows));
  for (const row of rows) {
    const attempt = leased.length < takers && !probes ? leaseOnSettling(tx, row) : null;
    if (attempt !== null) {
      leased.push(attempt);
      continue;
    }
    const again = nextHandoverAt(tx.nowMs, tx.config.handoverTimeoutMs, row.handovers + 1);
    tx.store.deliveries.handedOver(keyOf(row), again);
    if (probes) tx.destinations.setProbe(row, tx.nowMs);
    if (!tx.leases.isHeld(row, tx.nowMs)) tx.handOver(keyOf(row), row.event_id);
  }
  if (rows.length > 0 && !probes) tx.noteDrained(destination, rows.length);
  return leased;
}

/** The earliest instant at which something has to be handed over: no lower bound, overdue is now. */
export function nextSweepAt(tx: Transaction): number | null {
  const times = [...tx.config.destinations.keys(), VERIFIER].flatMap(
    (destination) => nextSweepOf(tx, destination) ?? [],
  );
  const expiry = tx.directs.nextExpiryAt();
  if (expiry !== null) times.push(expiry);
  return times.length === 0 ? null : Math.min(...times);
}

function nextSweepOf(tx: Transaction, destination: string): number | null {
  const atMs = tx.store.deliveries.nextSweepAt(destination);
  if (atMs === null || !tx.isServed(destination)) return null;
  const { now, againAtMs } = tx.admission(destination, true);
  // No room: a settlement makes it, or the end of a lease.
  if (now === 0) return againAtMs === null ? null : Math.max(atMs, againAtMs);
  return Math.max(atMs, tx.nowMs);
}
