/**
 * Request coalescing: what is asked for while a call is under way, or in the same turn, goes together in
 * the next call. So a batch costs a handful of calls, and nobody waits for a slower neighbour.
 */

interface Waiting<In, Out> {
  readonly item: In;
  readonly resolve: (answer: Out) => void;
  readonly reject: (error: unknown) => void;
}

export class Coalescer<In, Out> {
  readonly #call: (items: readonly In[]) => Promise<readonly Out[]>;
  readonly #maxItems: number;
  #waiting: Waiting<In, Out>[] = [];
  #running: Promise<void> | null = null;

  /**
   * @param call answers every item, in their order
   * @param maxItems of one call
   */
  constructor(call: (items: readonly In[]) => Promise<readonly Out[]>, maxItems = Number.POSITIVE_INFINITY) {
    this.#call = call;
    this.#maxItems = maxItems;
  }

  ask(item: In): Promise<Out> {
    const { promise, resolve, reject } = Promise.withResolvers<Out>();
    this.#waiting.push({ item, resolve, reject });
    this.#running ??= this.#run().finally(() => {
      this.#running = null;
    });
    return promise;
  }

  /** Resolves when no call is under way and nothing waits for one. */
  async idle(): Promise<void> {
    await this.#running;
  }

  /** Never rejects: a failure goes to those who wait for it. */
  async #run(): Promise<void> {
    // Others may be about to ask in this very turn.
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      const group = this.#waiting.splice(0, this.#maxItems);
      try {
        const answers = await this.#call(group.map(({ item }) => item));
        if (answers.length !== group.length) throw new Error("not every item was answered");
        for (const [index, { resolve }] of group.entries()) resolve(answers[index] as Out);
      } catch (error) {
        for (const { reject } of group) reject(error);
      }
    }
  }
}
