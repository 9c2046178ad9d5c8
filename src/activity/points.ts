/** One step of the charts: what came and went in it, by source and destination. Pure. */
import { merged, NO_DURATIONS, type Histogram } from "../histogram.ts";
import type { Counts, DestinationCounts, SourceCounts } from "../inbox/ledger.ts";
import { NO_MEASURES, type Measures } from "../inbox/measures.ts";
import type { RefusedGroup } from "./refused-groups.ts";

export interface SourcePoint {
  readonly accepted: number;
  readonly duplicate: number;
  readonly superseded: number;
  /** Deferred or quarantined. */
  readonly setAside: number;
  /** By reason. */
  readonly refused: Readonly<Record<string, number>>;
}

export interface DestinationPoint {
  readonly delivered: number;
  /** Attempts without a 2xx. */
  readonly failed: number;
  /** Attempts by result, `2xx` … `5xx` or the class of failure; a step of an earlier release does not say. */
  readonly results?: Readonly<Record<string, number>>;
  /** At the end of the step: pending or parked. */
  readonly owed: number;
  /** Of attempts. */
  readonly durations: Histogram;
}

export interface Point {
  readonly sources: Readonly<Record<string, SourcePoint>>;
  readonly destinations: Readonly<Record<string, DestinationPoint>>;
}

/** What was counted up to an instant: a point is the difference of two. */
export interface Totals {
  readonly counts: Counts;
  /** By source (empty: none) and reason. */
  readonly refused: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

const NO_SOURCE: SourcePoint = { accepted: 0, duplicate: 0, superseded: 0, setAside: 0, refused: {} };
const NO_DESTINATION: DestinationPoint = { delivered: 0, failed: 0, owed: 0, durations: NO_DURATIONS };

export function refusedTotals(groups: readonly RefusedGroup[]): Totals["refused"] {
  const totals: Record<string, Record<string, number>> = {};
  for (const { source, reason, count } of groups) (totals[source ?? ""] ??= {})[reason] = count;
  return totals;
}

/** What came to pass between two totals, with what was measured meanwhile. */
export function pointOf(before: Totals, after: Totals, measures: Measures = NO_MEASURES): Point {
  const sources = namesOf(before.counts.sources, after.counts.sources, after.refused).map((name) => {
    const grown = differenceOf<SourceCounts>(before.counts.sources[name], after.counts.sources[name]);
    return [
      name,
      {
        accepted: grown("accepted"),
        duplicate: grown("duplicate"),
        superseded: grown("superseded"),
        setAside: grown("deferred") + grown("quarantined"),
        refused: numbersOf(differenceOf(before.refused[name], after.refused[name]), after.refused[name]),
      },
    ] as const;
  });
  const own = Object.keys(after.counts.destinations).filter((name) => !name.startsWith("@"));
  const destinations = own.map((name) => {
    const now = after.counts.destinations[name];
    const grown = differenceOf<DestinationCounts>(before.counts.destinations[name], now);
    const { results = {}, durations = NO_DURATIONS } = measures.attempting[name] ?? {};
    const failed = Object.entries(results).filter(([result]) => result !== "2xx");
    return [
      name,
      {
        delivered: grown("delivered"),
        failed: failed.reduce((sum, [, count]) => sum + count, 0),
        results,
        owed: now?.pending ?? 0,
        durations,
      },
    ] as const;
  });
  return { sources: Object.fromEntries(sources), destinations: Object.fromEntries(destinations) };
}

/** Two points one after the other as one. */
export function joined(earlier: Point, later: Point): Point {
  const sources = namesOf(earlier.sources, later.sources).map((name) => {
    const [a, b] = [earlier.sources[name] ?? NO_SOURCE, later.sources[name] ?? NO_SOURCE];
    return [
      name,
      {
        accepted: a.accepted + b.accepted,
        duplicate: a.duplicate + b.duplicate,
        superseded: a.superseded + b.superseded,
        setAside: a.setAside + b.setAside,
        refused: sumOf(a.refused, b.refused),
      },
    ] as const;
  });
  const destinations = namesOf(earlier.destinations, later.destinations).map((name) => {
    const a = earlier.destinations[name] ?? NO_DESTINATION;
    const b = later.destinations[name] ?? { ...NO_DESTINATION, owed: a.owed };
    const durations = merged(a.durations, b.durations);
    const results = sumOf(a.results ?? {}, b.results ?? {});
    return [
      name,
      { delivered: a.delivered + b.delivered, failed: a.failed + b.failed, results, owed: b.owed, durations },
    ] as const;
  });
  return { sources: Object.fromEntries(sources), destinations: Object.fromEntries(destinations) };
}

/** Counts by name, added up. */
export function sumOf(
  a: Readonly<Record<string, number>>,
  b: Readonly<Record<string, number>>,
): Record<string, number> {
  return Object.fromEntries(namesOf(a, b).map((name) => [name, (a[name] ?? 0) + (b[name] ?? 0)]));
}

/** How much a count has grown. One that went down (a deferred callback was decided) has not grown. */
function differenceOf<T extends object>(
  before: T | undefined,
  after: T | undefined,
): (key: keyof T) => number {
  const of = (counts: T | undefined, key: keyof T) => (counts?.[key] as number | undefined) ?? 0;
  return (key) => Math.max(0, of(after, key) - of(before, key));
}

function numbersOf(
  grown: (key: string) => number,
  of: Readonly<Record<string, number>> = {},
): Record<string, number> {
  return Object.fromEntries(Object.keys(of).flatMap((key) => (grown(key) > 0 ? [[key, grown(key)]] : [])));
}

function namesOf(...tables: readonly object[]): string[] {
  return [...new Set(tables.flatMap((table) => Object.keys(table)))];
}
