/** What an event costs in rows written, by the platform's own count: rows are what a month's bill is made of. */
import { runInDurableObject } from "cloudflare:test";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Inbox } from "../../src/inbox/inbox.ts";
import type { Reference, Result } from "../../src/inbox/protocol.ts";
import { LEDGER_SNAPSHOT_CHANGES, REPEATS_IN_MEMORY_MS } from "../../src/limits.ts";
import { acceptance, eventId, paymentId } from "../support/events.ts";
import { interceptQueue } from "../support/queue.ts";
import { freshRelay, inboxOf } from "../support/worker.ts";

const SHARD = "8/0";

beforeEach(async () => {
  // Ahead of the real clock, so that no alarm fires by itself.
  await freshRelay("2036-01-01T00:00:00.000Z");
  interceptQueue();
});

const inbox = () => inboxOf(SHARD);
const later = (ms: number) => vi.setSystemTime(Date.now() + ms);

function reference(n: number, event = "e", payment = "p"): Reference {
  return { shard: SHARD, payment: paymentId(payment), n, event: eventId(event), destination: "crm" };
}

function result(of: Reference, attempt: number, delivered: boolean): Result {
  return {
    reference: of,
    attempt: {
      attempt,
      atMs: Date.now(),
      durationMs: 5,
      status: delivered ? 200 : 500,
      error: null,
      answer: "",
    },
    outcome: delivered ? { kind: "delivered" } : { kind: "failed", retryAfterSeconds: null },
  };
}

describe("what an event costs", () => {
  /** Rows written by each step, by the platform's own count. */
  async function rowsOf(steps: (instance: Inbox) => readonly (() => Promise<unknown>)[]): Promise<number[]> {
    return await runInDurableObject(inbox(), async (instance, state) => {
      const cursors: { readonly rowsWritten: number }[] = [];
      const exec = state.storage.sql.exec.bind(state.storage.sql);
      vi.spyOn(state.storage.sql, "exec").mockImplementation(((query: string, ...bindings: never[]) => {
        const cursor = exec(query, ...bindings);
        cursors.push(cursor);
        return cursor;
      }) as never);
      // A shard's first acceptance also writes how many shards there are.
      await instance.accept(acceptance({ event: "first", payment: "first", destinations: [] }));
      const written: number[] = [];
      for (const step of steps(instance)) {
        cursors.length = 0;
        await step();
        written.push(cursors.reduce((sum, { rowsWritten }) => sum + rowsWritten, 0));
      }
      return written;
    });
  }

  it("writes two rows on arrival and one when its first attempt succeeds", async () => {
    const rows = await rowsOf((instance) => [
      () => instance.accept(acceptance({ attemptNow: true })),
      () => instance.settle([result(reference(2), 1, true)]),
    ]);
    expect(rows).toEqual([2, 1]);
  });

  it("writes two more where it goes over the queue: the delivery, and where the sweep finds it", async () => {
    const rows = await rowsOf((instance) => [
      () => instance.accept(acceptance()),
      () => instance.lease([reference(2)]),
      () => instance.settle([result(reference(2), 1, true)]),
    ]);
    expect(rows).toEqual([4, 0, 1]);
  });

  it("writes no row for a repeat, and a few for a storm of them once it is over", async () => {
    const repeats = Array.from({ length: 50 }, () => acceptance());
    const rows = await rowsOf((instance) => [
      () => instance.accept(acceptance({ attemptNow: true })),
      async () => {
        for (const repeat of repeats) await instance.accept(repeat);
      },
      async () => {
        later(REPEATS_IN_MEMORY_MS);
        await instance.alarm();
      },
    ]);
    expect(rows).toEqual([2, 0, 2]);
    expect((await inbox().list({}, null, 1)).events[0]?.duplicates).toBe(50);
  });

  it("writes the ledger once for many events", async () => {
    const rows = await rowsOf((instance) =>
      Array.from({ length: LEDGER_SNAPSHOT_CHANGES }, (_, i) => async () => {
        await instance.accept(acceptance({ event: `e${i}`, payment: `p${i}`, attemptNow: true }));
        await instance.settle([result(reference(i + 2, `e${i}`, `p${i}`), 1, true)]);
      }),
    );
    expect(rows.reduce((sum, count) => sum + count, 0)).toBe(3 * LEDGER_SNAPSHOT_CHANGES + 2);
  });
});
