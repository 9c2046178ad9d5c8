/**
 * References on their way to the queue, a hundred at a time, one call after another.
 *
 * In memory only. What is lost here, with the object or with a queue that fails, is still owed in its
 * row, and the sweep hands it over again.
 */
import { Coalescer } from "../coalescer.ts";
import { withDeadline } from "../deadline.ts";
import { QUEUE_BATCH_MESSAGES, QUEUE_SEND_DEADLINE_MS } from "../limits.ts";
import { fault } from "../log.ts";
import type { Reference } from "./protocol.ts";

export class QueueSender {
  readonly #calls: Coalescer<Reference, undefined>;

  constructor(queue: Pick<Queue<Reference>, "sendBatch">, deadlineMs: number = QUEUE_SEND_DEADLINE_MS) {
    this.#calls = new Coalescer(async (references) => {
      try {
        await withDeadline(queue.sendBatch(references.map((body) => ({ body }))), deadlineMs);
      } catch (error) {
        fault("queue.send", error, { references: references.length });
      }
      return references.map(() => undefined);
    }, QUEUE_BATCH_MESSAGES);
  }

  /** Resolves when these references have been given to the queue, or given up for the sweep. Never rejects. */
  async send(references: readonly Reference[]): Promise<void> {
    await Promise.all(references.map((reference) => this.#calls.ask(reference)));
  }

  /** Resolves when nothing is on its way any more. */
  async idle(): Promise<void> {
    await this.#calls.idle();
  }
}
