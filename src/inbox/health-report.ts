/** One shard's report to the monitor. Runs inside one transaction. */
import { ACTIVITY_EVENTS } from "../limits.ts";
import type { HealthReport } from "./health.ts";
import type { Transaction } from "./transaction.ts";

export function healthOf(tx: Transaction): HealthReport {
  const served = [...tx.config.destinations.values()].filter(({ name }) => tx.isServed(name));
  return {
    activity: tx.store.operators.activity(ACTIVITY_EVENTS),
    deferredSince: tx.store.operators.deferredSince(),
    oldestOwed: served.flatMap(({ name: destination }) => {
      const since = tx.store.operators.longestOverdue(destination);
      return since === null ? [] : [{ destination, since }];
    }),
  };
}
