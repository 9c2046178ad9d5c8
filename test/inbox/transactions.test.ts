/** No transaction touches many more than a thousand rows, however much is under way, owed, or not counted yet. */
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Inbox } from "../../src/inbox/inbox.ts";
import type { Reference } from "../../src/inbox/protocol.ts";
import {
  LEDGER_SCAN_EVENTS,
  LEDGER_SNAPSHOT_CHANGES,
  LEDGER_TAIL_EVENTS,
  MAX_MAX_IN_FLIGHT,
  RECOVER_MAX_ATTEMPTS,
} from "../../src/limits.ts";
import { alarmAt, inbox, later, LEASE_MS, resultOf } from "../support/attempts.ts";
import { relay } from "../support/bindings.ts";
import { acceptance, eventId } from "../support/events.ts";
import { interceptQueue } from "../support/queue.ts";
import { bindings, freshRelay } from "../support/worker.ts";

const MOST_ROWS = 1_100;
let sent: Reference[];

beforeEach(async () => {
  // Ahead of the real clock, so that no alarm fires by itself.
  await freshRelay("2036-01-01T00:00:00.000Z");
  sent = interceptQueue();
});

const crm = { ...relay.destinations.crm, max_in_flight: MAX_MAX_IN_FLIGHT };
const RELAY = JSON.stringify({ ...relay, destinations: { crm } });

/** Does something in the object, which has the largest `max_in_flight` there is; answers the rows it touched. */
async function rowsOf(
  work: (instance: Inbox) => Promise<unknown>,
): Promise<{ read: number; written: number }> {
  return await runInDurableObject(inbox(), async (instance, state) => {
    Object.defineProperty(instance, "env", { value: { ...bindings, RELAY }, configurable: true });
    const cursors: { readonly rowsRead: number; readonly rowsWritten: number }[] = [];
    const exec = state.storage.sql.exec.bind(state.storage.sql);
    const spy = vi.spyOn(state.storage.sql, "exec").mockImplementation(((
      query: string,
      ...values: never[]
    ) => {
      const cursor = exec(query, ...values);
      cursors.push(cursor);
      return cursor;
    }) as never);
    await work(instance);
    spy.mockRestore();
    const sum = (of: (cursor: (typeof cursors)[number]) => number) =>
      cursors.reduce((total, cursor) => total + of(cursor), 0);
    return { read: sum(({ rowsRead }) => rowsRead), written: sum(({ rowsWritten }) => rowsWritten) };
  });
}

/** Accepts events with a first attempt each, and settles those of which `isSettled` says so. */
async function accept(from: number, count: number, isSettled: (i: number) => boolean): Promise<void> {
  await rowsOf(async (instance) => {
    for (let i = from; i < from + count; i += 1) {
      const accepted = await instance.accept(
        acceptance({ payment: `p${i}`, event: `e${i}`, attemptNow: true }),
      );
      const attempts = accepted.outcome === "accepted" ? accepted.attempts : [];
      if (isSettled(i)) await instance.settle(attempts.map(({ reference }) => resultOf(reference, 1, true)));
    }
  });
}

async function evict(): Promise<void> {
  await inbox().destinations();
  await evictDurableObject(inbox());
}

const ring = async () => await rowsOf(async (instance) => await instance.alarm());
const owedAndDelivered = async () => {
  const { owed, delivered, pending } = (await inbox().ledger()).counts.destinations["crm"] ?? {};
  return { owed, delivered, pending };
};
const snapshot = () =>
  runInDurableObject(inbox(), (_, state) => {
    const row = state.storage.sql.exec<{ counts: string }>("SELECT counts FROM ledger").toArray()[0];
    return JSON.parse(row?.counts ?? "{}") as { through: number; last?: number };
  });

describe("first attempts that all go without a report", () => {
  /** All of them got their own rows in one alarm: 1,250 of a shard, or 10,000 of the only one. */
  it("are taken over in steps, and each is handed over once", { timeout: 60_000 }, async () => {
    const count = 5 * RECOVER_MAX_ATTEMPTS + 1;
    await accept(0, count, () => false);
    later(LEASE_MS);
    let steps = 0;
    for (; sent.length < count; steps += 1) {
      expect((await ring()).written).toBeLessThanOrEqual(MOST_ROWS);
      // What is left is due now: the platform rings again at once.
      if (sent.length < count) expect(await alarmAt()).toBeLessThanOrEqual(Date.now());
      expect(steps).toBeLessThan(20);
    }
    expect(steps).toBeGreaterThan(1);
    expect(new Set(sent.map(({ event }) => event)).size).toBe(count);
    expect(await owedAndDelivered()).toEqual({ owed: count, delivered: 0, pending: count });
  });
});

describe("a first attempt that hangs while hundreds are settled", () => {
  /** Every snapshot stopped before it, counted all that came after it again, and so did the next life. */
  it("does not keep the ledger's snapshot back, nor is it forgotten", { timeout: 60_000 }, async () => {
    const count = 2 * LEDGER_TAIL_EVENTS;
    await accept(0, count, (i) => i !== 0);
    const { through, last = 0 } = await snapshot();
    expect(last).toBeGreaterThan(count - LEDGER_SNAPSHOT_CHANGES);
    expect(last - through).toBeLessThanOrEqual(LEDGER_TAIL_EVENTS);
    await evict();
    const { read } = await rowsOf(async (instance) => await instance.ledger());
    expect(read).toBeLessThanOrEqual(MOST_ROWS);
    expect(await owedAndDelivered()).toEqual({ owed: count, delivered: count - 1, pending: 1 });
    later(LEASE_MS);
    await ring();
    expect(sent.map(({ event }) => event)).toEqual([eventId("e0")]);
    await inbox().lease(sent);
    await inbox().settle([resultOf(sent[0] as Reference, 1, true)]);
    await evict();
    expect(await owedAndDelivered()).toEqual({ owed: count, delivered: count, pending: 0 });
  });
});

describe("a shard whose rows no ledger has counted, as after an upgrade from 0.1.0", () => {
  const OLDER = 4 * LEDGER_SCAN_EVENTS;

  /** Delivered events by the thousand, and no snapshot. */
  async function fillBefore(): Promise<void> {
    await accept(0, 1, () => true);
    await runInDurableObject(inbox(), (_, state) => {
      state.storage.sql.exec(
        `WITH RECURSIVE copy(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM copy WHERE i < ?)
         INSERT INTO events (n, event_id, payment_id, source, state, received_at, fingerprint, contents, direct)
         SELECT 1 + i, 'evt_old' || i, 'pay_old' || i, source, state, received_at, fingerprint, contents, NULL
         FROM events, copy WHERE n = 1`,
        OLDER,
      );
      state.storage.sql.exec(
        `INSERT INTO deliveries (payment_id, n, destination, event_id, state)
         SELECT payment_id, n, 'crm', event_id, 'delivered' FROM events WHERE n > 1`,
      );
      state.storage.sql.exec("DELETE FROM ledger");
    });
    await evict();
  }

  it(
    "takes events in at once, and counts the others in steps, over restarts",
    { timeout: 60_000 },
    async () => {
      await fillBefore();
      const first = await rowsOf(
        async (instance) =>
          await instance.accept(acceptance({ payment: "new", event: "new", attemptNow: true })),
      );
      expect(first.read).toBeLessThanOrEqual(2 * MOST_ROWS);
      // A repeat and a settlement of what is not counted yet are counted with their rows, once.
      await accept(10, 20, (i) => i % 2 === 0);
      await inbox().accept(acceptance({ payment: "p10", event: "e10" }));
      const all = 1 + OLDER + 1 + 20;
      const counted: number[] = [];
      for (let step = 0; step < 10; step += 1) {
        const at = (await alarmAt()) ?? 0;
        vi.setSystemTime(Math.max(Date.now(), at));
        expect((await ring()).written).toBeLessThanOrEqual(MOST_ROWS);
        await evict();
        const { counts, remainder } = await inbox().ledger();
        expect(remainder).toEqual({});
        counted.push(counts.destinations["crm"]?.owed ?? 0);
      }
      expect(counted[0]).toBeLessThan(all);
      expect(counted.at(-1)).toBe(all);
      expect(await owedAndDelivered()).toEqual({ owed: all, delivered: 1 + OLDER + 10, pending: 11 });
      const { counts } = await inbox().ledger();
      expect(counts.sources["ipay/broker-eu"]).toMatchObject({
        arrived: all + 1,
        accepted: all,
        duplicate: 1,
      });
      // The attempts that nobody reported are found among the newest events.
      later(LEASE_MS);
      await ring();
      expect(new Set(sent.map(({ event }) => event)).size).toBe(11);
    },
  );
});
