/**
 * Has a shard's measures taken to the Activity object as they are made: on a quiet relay nobody asks for them before the
 * shard, which has nothing more to do, is ended with all that is in its memory. No timer waits for more: one that is
 * pending keeps an object awake, and billed, for as long.
 */
import { MEASURES_REPORT_INTERVAL_MS } from "../limits.ts";
import { fault } from "../log.ts";
import type { MeasureBook, Measures } from "./measures.ts";

/** Who keeps them: the Activity object. */
export interface MeasureListener {
  measured(measures: Measures): Promise<void>;
}

/** Each is told by itself, so that an acceptance does not hold back the attempt that follows it. */
export type MeasureKind = "accepted" | "attempted";

export class MeasureReports {
  readonly #book: MeasureBook;
  readonly #listener: () => MeasureListener | null;
  /** When something of the kind was told last (epoch ms). */
  readonly #toldAtMs = new Map<MeasureKind, number>();

  /** @param listener a new stub every time: one that has failed goes on failing */
  constructor(book: MeasureBook, listener: () => MeasureListener | null) {
    this.#book = book;
    this.#listener = listener;
  }

  /** Something was measured: it is told at once, unless something of the kind was just now; then with the next. */
  note(kind: MeasureKind): void {
    const nowMs = Date.now();
    if (nowMs < (this.#toldAtMs.get(kind) ?? 0) + MEASURES_REPORT_INTERVAL_MS) return;
    this.#toldAtMs.set(kind, nowMs);
    void this.#tell();
  }

  async #tell(): Promise<void> {
    // What is measured in the same turn goes with it.
    await Promise.resolve();
    const listener = this.#listener();
    if (listener === null || this.#book.isEmpty) return;
    const measures = this.#book.take();
    try {
      await listener.measured(measures);
    } catch (error) {
      fault("measure_reports", error);
      this.#book.putBack(measures);
    }
  }
}
