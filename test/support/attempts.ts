/** References and results as the consumer has them, and what an object's steps write. */
import { runInDurableObject } from "cloudflare:test";
import { vi } from "vitest";
import type { Inbox } from "../../src/inbox/inbox.ts";
import type { Reference, Result } from "../../src/inbox/protocol.ts";
import { DEFAULT_DELIVERY_TIMEOUT_MS, DEFAULT_MAX_IN_FLIGHT, LEASE_GRACE_MS } from "../../src/limits.ts";
import { eventId, paymentId } from "./events.ts";
import { inboxOf } from "./worker.ts";

export const SHARD = "8/0";
export const inbox = () => inboxOf(SHARD);
export const later = (ms: number) => vi.setSystemTime(Date.now() + ms);

/** What one of the test Worker's eight shards may have under way to the CRM, and for how long each is leased. */
export const SHARE_IN_FLIGHT = DEFAULT_MAX_IN_FLIGHT / 8;
export const LEASE_MS = DEFAULT_DELIVERY_TIMEOUT_MS + LEASE_GRACE_MS;

/** The alarm that is set (epoch ms), or null. */
export const alarmAt = () => runInDurableObject(inbox(), (_, state) => state.storage.getAlarm());

export function referenceTo(n: number, event: string, payment: string, destination = "crm"): Reference {
  return { shard: SHARD, payment: paymentId(payment), n, event: eventId(event), destination };
}

export function resultOf(reference: Reference, attempt: number, delivered: boolean, answer = "ok"): Result {
  const status = delivered ? 200 : 500;
  return {
    reference,
    attempt: { attempt, atMs: Date.now(), durationMs: 5, status, error: null, answer },
    outcome: delivered ? { kind: "delivered" } : { kind: "failed", retryAfterSeconds: null },
  };
}

/** Rows written by each step in one object, by the platform's own count. */
export async function rowsWritten(
  steps: (instance: Inbox) => readonly (() => Promise<unknown>)[],
): Promise<number[]> {
  return await runInDurableObject(inbox(), async (instance, state) => {
    const cursors: { readonly rowsWritten: number }[] = [];
    const exec = state.storage.sql.exec.bind(state.storage.sql);
    const spy = vi.spyOn(state.storage.sql, "exec").mockImplementation(((
      query: string,
      ...bindings: never[]
    ) => {
      const cursor = exec(query, ...bindings);
      cursors.push(cursor);
      return cursor;
    }) as never);
    const written: number[] = [];
    for (const step of steps(instance)) {
      cursors.length = 0;
      await step();
      written.push(cursors.reduce((sum, cursor) => sum + cursor.rowsWritten, 0));
    }
    spy.mockRestore();
    return written;
  });
}
