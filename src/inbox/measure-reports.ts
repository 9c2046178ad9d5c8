/**
 * Has a shard's measures taken to the Activity object a few seconds after they were made: on a quiet relay nobody asks
 * for them before the shard, which has nothing more to do, is ended with all that is in its memory.
 */
import { MEASURES_GATHER_MS } from "../limits.ts";
import { fault } from "../log.ts";
import type { MeasureBook, Measures } from "./measures.ts";

/** Who keeps them: the Activity object. */
export interface MeasureListener {
  measured(measures: Measures): Promise<void>;
}

export class MeasureReports {
  readonly #book: MeasureBook;
  readonly #listener: () => MeasureListener | null;
  #isWaiting = false;

  /** @param listener a new stub every time: one that has failed goes on failing */
  constructor(book: MeasureBook, listener: () => MeasureListener | null) {
    this.#book = book;
    this.#listener = listener;
  }

  /** Something was measured: it is told soon, with all that gathers meanwhile. */
  note(): void {
    if (this.#isWaiting) return;
    this.#isWaiting = true;
    // Nobody waits for it; a timer that is lost is lost with what it would have told.
    setTimeout(() => void this.#tell(), MEASURES_GATHER_MS);
  }

  async #tell(): Promise<void> {
    this.#isWaiting = false;
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
