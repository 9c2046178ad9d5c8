/**
 * One call for many: what is asked for while a call is under way, or in the same instant, goes together
 * in the next. So a batch costs a handful of calls, and nobody waits for a slower neighbour.
 */

interface Waiting<In, Out> {
  readonly item: In;
  readonly resolve: (answer: Out) => void;
  readonly reject: (error: unknown) => void;
}

export class Together<In, Out> {
  readonly #call: (items: readonly In[]) => Promise<readonly Out[]>;
  #waiting: Waiting<In, Out>[] = [];
  #running = false;

  /** @param call answers every item, in their order */
  constructor(call: (items: readonly In[]) => Promise<readonly Out[]>) {
    this.#call = call;
  }

  ask(item: In): Promise<Out> {
    const { promise, resolve, reject } = Promise.withResolvers<Out>();
    this.#waiting.push({ item, resolve, reject });
    if (!this.#running) void this.#run();
    return promise;
  }

  /** Never rejects: a failure goes to those who wait for it. */
  async #run(): Promise<void> {
    this.#running = true;
    // Others may be about to ask in this very turn.
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      const group = this.#waiting;
      this.#waiting = [];
      try {
        const answers = await this.#call(group.map(({ item }) => item));
        if (answers.length !== group.length) throw new Error("not every item was answered");
        for (const [index, { resolve }] of group.entries()) resolve(answers[index] as Out);
      } catch (error) {
        for (const { reject } of group) reject(error);
      }
    }
    this.#running = false;
  }
}
