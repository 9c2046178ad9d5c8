/**
 * What one shard has measured since it was last asked: attempts and how long things took. In memory for a few seconds
 * (src/inbox/measure-reports.ts): what is lost with an object is missing in charts and metrics, and nowhere else.
 */
import { merged, NO_DURATIONS, observed, type Histogram } from "../histogram.ts";
import type { Result } from "./protocol.ts";

export interface Measures {
  /** By source: from a callback's arrival at the Worker until it was on disk. */
  readonly accepting: Readonly<Record<string, Histogram>>;
  /** By destination. */
  readonly attempting: Readonly<Record<string, AttemptMeasures>>;
}

export interface AttemptMeasures {
  /** By `2xx` … `5xx`, or the class of failure where there was no answer. */
  readonly results: Readonly<Record<string, number>>;
  /** One attempt. */
  readonly durations: Histogram;
  /** From a callback's arrival until its event was delivered; replays are left out. */
  readonly endToEnd: Histogram;
}

export const NO_MEASURES: Measures = { accepting: {}, attempting: {} };
export const NO_ATTEMPTS: AttemptMeasures = { results: {}, durations: NO_DURATIONS, endToEnd: NO_DURATIONS };

export class MeasureBook {
  #measures = NO_MEASURES;

  accepted(source: string, receivedAtMs: number, nowMs: number): void {
    const { accepting } = this.#measures;
    const histogram = observed(accepting[source] ?? NO_DURATIONS, nowMs - receivedAtMs);
    this.#measures = { ...this.#measures, accepting: { ...accepting, [source]: histogram } };
  }

  /** @param receivedAtMs of the event it delivered; null: it did not, or it was a replay */
  attempted({ reference, attempt }: Result, receivedAtMs: number | null): void {
    const { destination } = reference;
    const { attempting } = this.#measures;
    const before = attempting[destination] ?? NO_ATTEMPTS;
    const result = resultOf(attempt);
    const after = {
      results: { ...before.results, [result]: (before.results[result] ?? 0) + 1 },
      durations: observed(before.durations, attempt.durationMs),
      endToEnd:
        receivedAtMs === null
          ? before.endToEnd
          : observed(before.endToEnd, attempt.atMs + attempt.durationMs - receivedAtMs),
    };
    this.#measures = { ...this.#measures, attempting: { ...attempting, [destination]: after } };
  }

  get isEmpty(): boolean {
    return this.#measures === NO_MEASURES;
  }

  /** What was taken and could not be told. */
  putBack(measures: Measures): void {
    this.#measures = allMeasures([measures, this.#measures]);
  }

  /** What there is since the last call. */
  take(): Measures {
    const taken = this.#measures;
    this.#measures = NO_MEASURES;
    return taken;
  }
}

function resultOf({ status, error }: Result["attempt"]): string {
  return status === null ? (error ?? "failed") : `${Math.floor(status / 100)}xx`;
}

/** What several shards have measured, as one. */
export function allMeasures(parts: readonly Measures[]): Measures {
  const accepting: Record<string, Histogram> = {};
  const attempting: Record<string, AttemptMeasures> = {};
  for (const part of parts) {
    for (const [name, histogram] of Object.entries(part.accepting))
      accepting[name] = merged(accepting[name] ?? NO_DURATIONS, histogram);
    for (const [name, measures] of Object.entries(part.attempting))
      attempting[name] = bothAttempts(attempting[name] ?? NO_ATTEMPTS, measures);
  }
  return { accepting, attempting };
}

function bothAttempts(a: AttemptMeasures, b: AttemptMeasures): AttemptMeasures {
  const results = { ...a.results };
  for (const [result, count] of Object.entries(b.results)) results[result] = (results[result] ?? 0) + count;
  return {
    results,
    durations: merged(a.durations, b.durations),
    endToEnd: merged(a.endToEnd, b.endToEnd),
  };
}
