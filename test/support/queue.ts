/** A queue that accepts references and delivers none: the test is its consumer. */
import { vi } from "vitest";
import type { Reference } from "../../src/inbox/protocol.ts";
import { bindings } from "./worker.ts";

/** What is to be delivered and what is to be asked about, in one: both queues do as told. */
export function replaceQueues(take: (references: Reference[]) => void | Promise<void>): void {
  for (const queue of [bindings.DELIVERIES, bindings.VERIFICATIONS]) {
    if (!queue) throw new Error("wrangler.toml has both queues");
    vi.spyOn(queue, "sendBatch").mockImplementation(async (messages) => {
      await take([...messages].map(({ body }) => body));
      return { metadata: { metrics: {} } } as never;
    });
  }
}

/** Everything the Inbox hands over from now on, in order. */
export function interceptQueue(): Reference[] {
  const sent: Reference[] = [];
  replaceQueues((references) => {
    sent.push(...references);
  });
  return sent;
}
