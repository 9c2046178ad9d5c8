/**
 * Points of the charts on disk: one for every five minutes of the last two days, one for every hour of the last
 * month. A step costs two rows, whatever happened in it.
 */
import type { Counts } from "../inbox/ledger.ts";
import { NO_COUNTS } from "../inbox/ledger.ts";
import { allMeasures, NO_MEASURES, type Measures } from "../inbox/measures.ts";
import { SERIES_KEPT_MS, SERIES_LONG_KEPT_MS, SERIES_LONG_STEP_MS, SERIES_STEP_MS } from "../limits.ts";
import { first } from "../inbox/store/sql.ts";
import { joined, pointOf, refusedTotals, type Point, type Totals } from "./points.ts";
import type { RefusedGroup } from "./refused-groups.ts";

export interface TimedPoint {
  /** When the step begins, epoch ms. */
  readonly atMs: number;
  readonly point: Point;
}

/** All that was recorded so far. */
export interface Recorded extends Totals {
  readonly atMs: number;
  readonly measures: Measures;
}

const NOTHING: Point = { sources: {}, destinations: {} };

export class Series {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** Null: nothing yet. */
  recorded(): Recorded | null {
    return this.#last();
  }

  /** Adds what has come to pass since the last call to the step under way. The first call has nothing to compare with. */
  record(nowMs: number, counts: Counts, groups: readonly RefusedGroup[], measures: Measures): void {
    const last = this.#last();
    const totals = { counts, refused: refusedTotals(groups) };
    const allMeasured = allMeasures([last?.measures ?? NO_MEASURES, measures]);
    this.#setLast({ atMs: nowMs, ...totals, measures: allMeasured });
    const before = last ?? { counts: NO_COUNTS, refused: {} };
    // The last millisecond of a step that has just ended is still its own.
    const atMs = stepOf(nowMs - 1, SERIES_STEP_MS);
    const point = pointOf(last === null ? totals : before, totals, measures);
    this.#put(SERIES_STEP_MS, atMs, joined(this.#get(SERIES_STEP_MS, atMs) ?? NOTHING, point));
    if (last !== null && stepOf(last.atMs - 1, SERIES_LONG_STEP_MS) !== stepOf(atMs, SERIES_LONG_STEP_MS))
      this.#rollUp(stepOf(last.atMs - 1, SERIES_LONG_STEP_MS), nowMs);
  }

  /** Points in [from, to) in order, of the short or the long step; the hour under way is added up from its parts. */
  between(step: "short" | "long", fromMs: number, toMs: number): TimedPoint[] {
    if (step === "short") return this.#range(SERIES_STEP_MS, fromMs, toMs);
    const finished = this.#range(SERIES_LONG_STEP_MS, fromMs, toMs);
    const hour = stepOf(toMs - 1, SERIES_LONG_STEP_MS);
    const parts = this.#range(SERIES_STEP_MS, hour, toMs);
    if (parts.length === 0 || finished.some(({ atMs }) => atMs === hour)) return finished;
    return [...finished, { atMs: hour, point: together(parts) }];
  }

  #rollUp(hour: number, nowMs: number): void {
    const parts = this.#range(SERIES_STEP_MS, hour, hour + SERIES_LONG_STEP_MS);
    this.#put(SERIES_LONG_STEP_MS, hour, together(parts));
    const forget = "DELETE FROM series WHERE step = ? AND at < ?";
    this.#sql.exec(forget, SERIES_STEP_MS, nowMs - SERIES_KEPT_MS);
    this.#sql.exec(forget, SERIES_LONG_STEP_MS, nowMs - SERIES_LONG_KEPT_MS);
  }

  #range(step: number, fromMs: number, toMs: number): TimedPoint[] {
    return this.#sql
      .exec<{ at: number; point: string }>(
        "SELECT at, point FROM series WHERE step = ? AND at >= ? AND at < ? ORDER BY at",
        step,
        fromMs,
        toMs,
      )
      .toArray()
      .map(({ at, point }) => ({ atMs: at, point: JSON.parse(point) as Point }));
  }

  #get(step: number, at: number): Point | null {
    const query = "SELECT point FROM series WHERE step = ? AND at = ?";
    const row = first<{ point: string }>(this.#sql, query, step, at);
    return row && (JSON.parse(row.point) as Point);
  }

  #put(step: number, at: number, point: Point): void {
    this.#sql.exec(
      "INSERT INTO series (step, at, point) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET point = excluded.point",
      step,
      at,
      JSON.stringify(point),
    );
  }

  #last(): Recorded | null {
    const row = first<{ value: string }>(this.#sql, "SELECT value FROM state WHERE name = 'totals'");
    return row && (JSON.parse(row.value) as Recorded);
  }

  #setLast(recorded: Recorded): void {
    this.#sql.exec(
      "INSERT INTO state (name, value) VALUES ('totals', ?) ON CONFLICT DO UPDATE SET value = excluded.value",
      JSON.stringify(recorded),
    );
  }
}

/** The beginning of the step that an instant is in. */
export function stepOf(atMs: number, stepMs: number): number {
  return Math.floor(atMs / stepMs) * stepMs;
}

function together(parts: readonly TimedPoint[]): Point {
  return parts.reduce((sum, { point }) => joined(sum, point), NOTHING);
}
