import { describe, expect, it, vi } from "vitest";
import { QueueSender } from "../../src/inbox/queue-sender.ts";
import type { Reference } from "../../src/inbox/protocol.ts";
import { QUEUE_BATCH_MESSAGES } from "../../src/limits.ts";

const reference = (n: number): Reference => ({
  shard: "8/0",
  payment: "p",
  n,
  event: `e${n}`,
  destination: "crm",
});
const many = (count: number) => Array.from({ length: count }, (_, n) => reference(n));

type Batch = readonly { readonly body: Reference }[];

describe("references on their way to the queue", () => {
  it("go a hundred at a time, and what comes meanwhile waits for the next call", async () => {
    const sizes: number[] = [];
    const sender = new QueueSender({
      sendBatch: async (messages) => {
        sizes.push([...(messages as Batch)].length);
        await scheduler.wait(5);
        return {} as never;
      },
    });
    await Promise.all([sender.send(many(1)), sender.send(many(150)), sender.send(many(30))]);
    expect(sizes).toEqual([QUEUE_BATCH_MESSAGES, 81]);
  });

  it("do not wait for a queue that never responds", async () => {
    const fault = vi.spyOn(console, "error").mockImplementation(() => undefined);
    let calls = 0;
    const sender = new QueueSender(
      {
        sendBatch: () => {
          calls += 1;
          return calls === 1 ? new Promise(() => undefined) : Promise.resolve({} as never);
        },
      },
      20,
    );
    await sender.send(many(1));
    await sender.send(many(1));
    expect(calls).toBe(2);
    expect(fault).toHaveBeenCalledOnce();
    fault.mockRestore();
  });
});
