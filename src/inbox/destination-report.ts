/** How destinations are, as one shard sees them. Runs inside one transaction. */
import { OLDEST_OWED_ROWS } from "../limits.ts";
import type { Transaction } from "./transaction.ts";

export interface DestinationReport {
  readonly name: string;
  /** Why it is paused, or null. */
  readonly paused: string | null;
  /** A `Breaker` as JSON; null: closed. */
  readonly breaker: string | null;
  /** When the oldest event came that it is owed (epoch ms), or null. */
  readonly owedSinceMs: number | null;
  /** Attempts under way. */
  readonly inFlight: number;
}

/** Those that are configured, and whatever else is paused or has its breaker open. */
export function destinationReports(tx: Transaction): DestinationReport[] {
  const kept = new Map(tx.store.destinations.all().map((row) => [row.name, row]));
  const names = new Set([...kept.keys(), ...tx.config.destinations.keys()]);
  return [...names].map((name) => ({
    name,
    paused: kept.get(name)?.paused ?? null,
    breaker: kept.get(name)?.breaker ?? null,
    owedSinceMs: tx.store.operators.oldestOwed(name, OLDEST_OWED_ROWS),
    inFlight: tx.leases.inFlight(name, tx.nowMs),
  }));
}
