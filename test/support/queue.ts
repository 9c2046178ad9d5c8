/** A queue that accepts references and delivers none: the test is its consumer. */
import { vi } from "vitest";
import type { Reference } from "../../src/inbox/protocol.ts";
import { bindings } from "./worker.ts";

/** Everything the Inbox hands over from now on, in order. */
export function interceptQueue(): Reference[] {
  const sent: Reference[] = [];
  vi.spyOn(bindings.DELIVERIES, "sendBatch").mockImplementation((messages) => {
    for (const { body } of messages) sent.push(body);
    return Promise.resolve({ metadata: { metrics: {} } } as never);
  });
  return sent;
}
