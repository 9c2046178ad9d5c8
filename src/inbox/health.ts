/**
 * Things that go wrong by not happening: a source that has fallen silent, a callback that waits too long
 * for its verifier, a ledger that cannot be right. Pure; `monitor.ts` asks the shards and raises the alerts.
 */
import {
  DEFERRED_TOO_LONG_MS,
  OWED_LONG_MARGIN_MS,
  SILENCE_FACTOR,
  SILENCE_MIN_EVENTS,
  SILENCE_MIN_MS,
} from "../limits.ts";
import type { Ledger } from "./ledger.ts";

/** One shard's newest events by source, and since when its oldest undecided callback waits (epoch ms). */
export interface HealthReport {
  readonly activity: readonly Activity[];
  readonly deferredSince: number | null;
  /** By destination: the delivery that waits longest of those whose turn it is. */
  readonly oldestOwed: readonly OldestOwed[];
}

export interface Activity {
  readonly source: string;
  readonly count: number;
  readonly first: number;
  readonly last: number;
  /** Id of the secret that proved the last one, or null. An object of the release before does not say. */
  readonly key?: string | null;
}

export interface OldestOwed {
  readonly destination: string;
  /** When its attempt was due (epoch ms): its arrival, its retry's time, or when it was replayed. */
  readonly since: number;
}

export interface Finding {
  readonly about: "silence" | "deferred_long" | "owed_long" | "ledger_remainder";
  readonly fields: Readonly<Record<string, string | number>>;
}

export function findingsOf(reports: readonly HealthReport[], ledger: Ledger, nowMs: number): Finding[] {
  return [
    ...silences(reports, nowMs),
    ...waits(reports, nowMs),
    ...owedTooLong(reports, nowMs),
    ...remainders(ledger),
  ];
}

/** How a source behaves, as far as its newest events tell. */
export interface Habit {
  readonly source: string;
  /** When its last event came (epoch ms). */
  readonly lastMs: number;
  /** Id of the secret that proved it, or null. */
  readonly key: string | null;
  /** The usual time between two; null: too few events to speak of a habit. */
  readonly usualGapMs: number | null;
  /** Quiet for many times its usual gap. */
  readonly isSilent: boolean;
}

/** Every source of which there are events among the newest. */
export function habitsOf(reports: readonly Pick<HealthReport, "activity">[], nowMs: number): Habit[] {
  const bySource = Map.groupBy(
    reports.flatMap(({ activity }) => activity),
    ({ source }) => source,
  );
  return [...bySource].map(([source, parts]): Habit => {
    const count = parts.reduce((sum, part) => sum + part.count, 0);
    const firstMs = Math.min(...parts.map((part) => part.first));
    const lastMs = Math.max(...parts.map((part) => part.last));
    const key = parts.find(({ last }) => last === lastMs)?.key ?? null;
    const usualGapMs = count < SILENCE_MIN_EVENTS ? null : (lastMs - firstMs) / (count - 1);
    const isSilent =
      usualGapMs !== null && nowMs - lastMs >= Math.max(SILENCE_MIN_MS, usualGapMs * SILENCE_FACTOR);
    return { source, lastMs, key, usualGapMs, isSilent };
  });
}

/** A source that is rare by nature has no usual gap to speak of. */
function silences(reports: readonly HealthReport[], nowMs: number): Finding[] {
  const seconds = (ms: number) => Math.round(ms / 1000);
  return habitsOf(reports, nowMs).flatMap(({ source, lastMs, usualGapMs, isSilent }): Finding[] => {
    if (!isSilent || usualGapMs === null) return [];
    const fields = { source, quietSeconds: seconds(nowMs - lastMs), usualGapSeconds: seconds(usualGapMs) };
    return [{ about: "silence", fields }];
  });
}

function waits(reports: readonly HealthReport[], nowMs: number): Finding[] {
  const since = reports.flatMap(({ deferredSince }) => deferredSince ?? []);
  const oldest = Math.min(...since);
  if (since.length === 0 || nowMs - oldest < DEFERRED_TOO_LONG_MS) return [];
  return [{ about: "deferred_long", fields: { waitingSeconds: Math.round((nowMs - oldest) / 1000) } }];
}

/** Overdue by more than a margin: whatever holds it, somebody should look. */
function owedTooLong(reports: readonly HealthReport[], nowMs: number): Finding[] {
  const byDestination = Map.groupBy(
    reports.flatMap(({ oldestOwed }) => oldestOwed),
    ({ destination }) => destination,
  );
  return [...byDestination].flatMap(([destination, parts]): Finding[] => {
    const late = parts.filter(({ since }) => nowMs - since > OWED_LONG_MARGIN_MS);
    if (late.length === 0) return [];
    const waitingSeconds = Math.round((nowMs - Math.min(...late.map(({ since }) => since))) / 1000);
    return [{ about: "owed_long", fields: { destination, waitingSeconds } }];
  });
}

/** Arrived, and ended as nothing; or counted otherwise than there are rows. */
function remainders({ remainder }: Ledger): Finding[] {
  return Object.entries(remainder).map(([name, count]) => ({
    about: "ledger_remainder",
    fields: { name, count },
  }));
}
