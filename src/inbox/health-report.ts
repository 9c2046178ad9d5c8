/** One shard's report to the monitor. Runs inside one transaction. */
import { ACTIVITY_EVENTS, RETRY_JITTER_RATIO } from "../limits.ts";
import type { HealthReport } from "./health.ts";
import type { Transaction } from "./transaction.ts";

export function healthOf(tx: Transaction): HealthReport {
  const served = [...tx.config.destinations.values()].filter(({ name }) => tx.isServed(name));
  return {
    activity: tx.store.operators.activity(ACTIVITY_EVENTS),
    deferredSince: tx.store.operators.deferredSince(),
    oldestOwed: served.flatMap(({ name: destination, scheduleSeconds }) => {
      const oldest = tx.store.operators.oldestOwed(destination);
      if (oldest === null) return [];
      const seconds = scheduleSeconds.slice(0, oldest.attempts).reduce((sum, delay) => sum + delay, 0);
      const explainedMs = seconds * (1 + RETRY_JITTER_RATIO) * 1000;
      return [{ destination, since: oldest.receivedAt, explainedMs }];
    }),
  };
}
