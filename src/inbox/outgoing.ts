/**
 * References on their way to the queue, a hundred at a time, one call after another: while one call is
 * under way, what comes meanwhile gathers for the next.
 *
 * In memory only. What is lost here, with the object or with a queue that fails, is still owed in its
 * row, and the sweep hands it over when its lease ends.
 */
import { withDeadline } from "../deadline.ts";
import { QUEUE_BATCH_MESSAGES, QUEUE_SEND_DEADLINE_MS } from "../limits.ts";
import { fault } from "../log.ts";
import type { Reference } from "./protocol.ts";

export class Outgoing {
  readonly #queue: Pick<Queue<Reference>, "sendBatch">;
  readonly #deadlineMs: number;
  #waiting: Reference[] = [];
  #running: Promise<void> | null = null;

  constructor(queue: Pick<Queue<Reference>, "sendBatch">, deadlineMs: number = QUEUE_SEND_DEADLINE_MS) {
    this.#queue = queue;
    this.#deadlineMs = deadlineMs;
  }

  /** Resolves when these references have been given to the queue, or given up for the sweep. Never rejects. */
  async send(references: readonly Reference[]): Promise<void> {
    this.#waiting.push(...references);
    await this.flushed();
  }

  async flushed(): Promise<void> {
    if (this.#waiting.length > 0) {
      this.#running ??= this.#run().finally(() => {
        this.#running = null;
      });
    }
    await this.#running;
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, QUEUE_BATCH_MESSAGES);
      try {
        await withDeadline(this.#queue.sendBatch(batch.map((body) => ({ body }))), this.#deadlineMs);
      } catch (error) {
        fault("queue.send", error, { references: batch.length });
      }
    }
  }
}
