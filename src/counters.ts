/**
 * Counters: one Analytics Engine point per thing that happened, by source or destination, outcome and
 * reason. A refused callback is stored nowhere: this and the log are its only record.
 */
import { fault } from "./log.ts";

export interface CounterBindings {
  /** One point per thing that happened; without it there is only the log. */
  readonly COUNTERS?: AnalyticsEngineDataset;
}

export interface Counted {
  /** `provider/account`, a destination, or null for a request that found neither and for a log-in. */
  readonly name: string | null;
  readonly what: "callback" | "refused" | "delivery" | "login";
  readonly outcome: string;
  readonly reason?: string | undefined;
  readonly durationMs?: number | undefined;
}

/** Never throws: a counter that fails must not fail what it counts. */
export function count(env: CounterBindings, counted: Counted): void {
  try {
    env.COUNTERS?.writeDataPoint({
      indexes: [counted.name ?? ""],
      blobs: [counted.what, counted.outcome, counted.reason ?? ""],
      doubles: [1, counted.durationMs ?? 0],
    });
  } catch (error) {
    fault("counters", error);
  }
}
