/**
 * Request coalescing: items that arrive while a call is under way, or in the same tick of the event loop,
 * share the next call. A batch costs a few calls, and no caller waits for a slower one.
 */

interface Waiting<In, Out> {
  readonly item: In;
  readonly resolve: (result: Out) => void;
  readonly reject: (error: unknown) => void;
}

export class Coalescer<In, Out> {
  readonly #call: (items: readonly In[]) => Promise<readonly Out[]>;
  readonly #maxItems: number;
  #waiting: Waiting<In, Out>[] = [];
  #running: Promise<void> | null = null;

  /**
   * @param call returns one result per item, in their order
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

  /** Never rejects: a failure goes to the callers of that group. */
  async #run(): Promise<void> {
    // Callers in the same tick share this call.
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      const group = this.#waiting.splice(0, this.#maxItems);
      try {
        const results = await this.#call(group.map(({ item }) => item));
        if (results.length !== group.length) throw new Error("not every item has a result");
        for (const [index, { resolve }] of group.entries()) resolve(results[index] as Out);
      } catch (error) {
        for (const { reject } of group) reject(error);
      }
    }
  }
}
