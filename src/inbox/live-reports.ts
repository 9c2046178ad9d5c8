/**
 * What happens in one shard, told to the Activity object while somebody watches: for a minute at a time, renewed
 * from there. While nobody does, an event costs a comparison of two numbers.
 */
import { MAX_LIVE_WAITING, LIVE_GATHER_MS } from "../limits.ts";
import { fault } from "../log.ts";
import type { Raised } from "./alerts.ts";

/** One thing that happened, as it is shown: ids, names and numbers. */
export interface Happening {
  readonly atMs: number;
  readonly what: "callback" | "refused" | "delivery";
  readonly source: string | null;
  readonly destination: string | null;
  readonly outcome: string;
  readonly reason: string | null;
  readonly event: string | null;
  readonly payment: string | null;
  /** HTTP status of an attempt; null: none came, or it is no attempt. */
  readonly status: number | null;
  readonly durationMs: number | null;
  /** How many of the same kind this stands for. */
  readonly count: number;
}

/** Who is told: the Activity object. */
export interface LiveListener {
  happened(happenings: readonly Happening[], dropped: number): Promise<void>;
  raised(alerts: readonly Raised[]): Promise<void>;
  /** Is this alert to be sent, or was the same said by another shard? */
  admitAlert(alert: string, raised: Raised): Promise<boolean>;
}

export class LiveReports {
  readonly #listener: () => LiveListener | null;
  #watchedUntilMs = 0;
  #waiting: Happening[] = [];
  #dropped = 0;
  #isSending = false;

  /** @param listener a new stub every time: one that has failed goes on failing */
  constructor(listener: () => LiveListener | null) {
    this.#listener = listener;
  }

  /** @param untilMs epoch ms */
  watch(untilMs: number): void {
    this.#watchedUntilMs = Math.max(this.#watchedUntilMs, untilMs);
  }

  isWatched(nowMs: number): boolean {
    return nowMs < this.#watchedUntilMs;
  }

  /** Answers what is to be waited for in the background, once for all that gathers meanwhile; null: it is under way. */
  tell(happenings: readonly Happening[]): Promise<void> | null {
    this.#waiting.push(...happenings);
    const tooMany = this.#waiting.length - MAX_LIVE_WAITING;
    if (tooMany > 0) {
      this.#waiting.splice(0, tooMany);
      this.#dropped += tooMany;
    }
    if (this.#isSending) return null;
    this.#isSending = true;
    return this.#send();
  }

  async #send(): Promise<void> {
    try {
      while (this.#waiting.length > 0) {
        await scheduler.wait(LIVE_GATHER_MS);
        const [happenings, dropped] = [this.#waiting, this.#dropped];
        this.#waiting = [];
        this.#dropped = 0;
        await this.#listener()?.happened(happenings, dropped);
      }
    } catch (error) {
      // Whoever watches sees less; nobody else notices.
      fault("live_reports", error);
    } finally {
      this.#isSending = false;
    }
  }
}
