/** The order of a fair pool, and which items share a call. */
import { describe, expect, it } from "vitest";
import { Coalescer } from "../../src/coalescer.ts";
import { runFairly } from "../../src/delivery/fair-pool.ts";

describe("the fair pool", () => {
  /** Items are under way until they are ended; `slow` ones are ended last. */
  async function order(
    items: readonly string[],
    limit: number,
  ): Promise<{ started: string[]; most: number }> {
    const started: string[] = [];
    const hanging = Promise.withResolvers<void>();
    let now = 0;
    let most = 0;
    const all = runFairly(
      items,
      (item) => item[0] ?? "",
      limit,
      async (item) => {
        started.push(item);
        now += 1;
        most = Math.max(most, now);
        if (item.startsWith("s")) await hanging.promise;
        else await Promise.resolve();
        now -= 1;
      },
    );
    // Everything that can move without the hanging ones has moved after as many ticks.
    for (let tick = 0; tick < items.length * 10; tick += 1) await Promise.resolve();
    hanging.resolve();
    await all;
    return { started, most };
  }

  it("works on every item once, no more than the limit at a time", async () => {
    const items = Array.from({ length: 20 }, (_, index) => `a${index}`);
    const { started, most } = await order(items, 6);
    expect(started).toEqual(items);
    expect(most).toBe(6);
  });

  it("works on quick items while others hang", async () => {
    const slow = Array.from({ length: 10 }, (_, index) => `s${index}`);
    const quick = Array.from({ length: 5 }, (_, index) => `q${index}`);
    const { started } = await order([...slow, ...quick], 6);
    expect(started.slice(0, 8).filter((item) => item.startsWith("q"))).toEqual(quick);
    expect(started.toSorted()).toEqual([...slow, ...quick].toSorted());
  });

  it("has nothing to do with nothing", async () => {
    expect(await order([], 6)).toEqual({ started: [], most: 0 });
  });
});

describe("the coalescer", () => {
  it("makes one call for items of one tick, and the next call for those that come meanwhile", async () => {
    const calls: number[][] = [];
    const first = Promise.withResolvers<void>();
    const coalescer = new Coalescer<number, number>(async (items) => {
      calls.push([...items]);
      if (calls.length === 1) await first.promise;
      return items.map((item) => item * 10);
    });
    const early = [coalescer.ask(1), coalescer.ask(2)];
    await Promise.resolve();
    await Promise.resolve();
    const late = [coalescer.ask(3), coalescer.ask(4)];
    first.resolve();
    expect(await Promise.all([...early, ...late])).toEqual([10, 20, 30, 40]);
    expect(calls).toEqual([
      [1, 2],
      [3, 4],
    ]);
  });

  it("rejects only the items of the call that failed, and goes on", async () => {
    let broken = true;
    const coalescer = new Coalescer<number, number>((items) =>
      broken ? Promise.reject(new Error("down")) : Promise.resolve(items),
    );
    const failed = await Promise.allSettled([coalescer.ask(1), coalescer.ask(2)]);
    expect(failed.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    broken = false;
    expect(await coalescer.ask(3)).toBe(3);
  });

  it("fails a call that returns fewer results than items", async () => {
    const coalescer = new Coalescer<number, number>(() => Promise.resolve([1]));
    const results = await Promise.allSettled([coalescer.ask(1), coalescer.ask(2)]);
    expect(results.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  });
});
