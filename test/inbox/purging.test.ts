/** Retention: what is past it is deleted with its dedupe keys, never before, and never what is owed. */
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Reference } from "../../src/inbox/protocol.ts";
import {
  DAY_MS,
  DEFAULT_RETENTION_DAYS,
  DEFAULT_TOMBSTONE_DAYS,
  EVENT_ID_BLOCK_EVENTS,
  HANDOVER_TIMEOUT_MS,
  MIN_PURGE_INTERVAL_MS,
  PURGE_STEP_EVENTS,
  PURGE_STEP_INTERVAL_MS,
  RECOUNT_INTERVAL_MS,
  ROUND_OF_OLD_NAMES_MS,
} from "../../src/limits.ts";
import { freshRelay, inboxOf } from "../support/worker.ts";
import { interceptQueue, replaceQueues } from "../support/queue.ts";
import { acceptance, eventId, paymentId, type Stated } from "../support/events.ts";

const SHARD = "8/0";
const inbox = () => inboxOf(SHARD);
const accept = (stated: Stated) => inbox().accept(acceptance(stated));

beforeEach(async () => {
  await freshRelay("2036-01-01T00:00:00.000Z");
  replaceQueues(() => undefined);
});

async function deliver(n: number, event: string, payment: string): Promise<void> {
  const reference: Reference = {
    shard: SHARD,
    payment: paymentId(payment),
    n,
    event: eventId(event),
    destination: "crm",
  };
  const attempt = { attempt: 1, atMs: Date.now(), durationMs: 1, status: 200, error: null, answer: "" };
  await inbox().lease([reference]);
  await inbox().settle([{ reference, attempt, outcome: { kind: "delivered" } }]);
}

/** So many events that nobody is owed, each of its own payment; within the object, since calls to it take longer. */
async function fill(count: number, before: (i: number) => void = () => undefined): Promise<void> {
  await runInDurableObject(inbox(), async (instance) => {
    for (let i = 1; i <= count; i += 1) {
      before(i);
      await instance.accept(acceptance({ event: `e${i}`, payment: `p${i}`, destinations: [] }));
    }
  });
}

async function passDays(days: number): Promise<void> {
  vi.setSystemTime(Date.now() + days * DAY_MS + MIN_PURGE_INTERVAL_MS);
  await runDurableObjectAlarm(inbox());
}

async function rows(): Promise<Record<string, number>> {
  return await runInDurableObject(inbox(), (_, state) =>
    Object.fromEntries(
      ["events", "deliveries", "attempts", "reservations"].map((table) => [
        table,
        state.storage.sql.exec<{ count: number }>(`SELECT COUNT(*) AS count FROM ${table}`).one().count,
      ]),
    ),
  );
}

describe("retention", () => {
  it("forgets an event and keeps its payment: what comes later is folded into it, its repeat stays a repeat", async () => {
    await accept({ event: "e", payment: "p" });
    await deliver(1, "e", "p");
    await inbox().reserve("token", "owner", "bytes");
    await passDays(DEFAULT_RETENTION_DAYS - 1);
    expect(await accept({ event: "e", payment: "p" })).toMatchObject({ outcome: "duplicate" });
    // A round over reserved names is made every few days.
    await passDays(ROUND_OF_OLD_NAMES_MS / DAY_MS + 1);
    expect(await rows()).toEqual({ events: 0, deliveries: 0, attempts: 0, reservations: 0 });
    expect(await accept({ event: "e", payment: "p" })).toMatchObject({ outcome: "duplicate" });
    expect(await accept({ event: "other", payment: "p" })).toMatchObject({
      outcome: "superseded",
      reason: "same_state",
    });
    expect(await accept({ event: "late", payment: "p", status: "failed" })).toMatchObject({
      outcome: "accepted",
    });
    const [last] = await inbox()
      .timeline(paymentId("p"))
      .then((events) => events.slice(-1));
    expect(last?.event).toMatchObject({
      type: "payment.reversed",
      data: { sequence: 2, previous_status: "confirmed" },
    });
  });

  it("keeps what is still owed, however old it is", async () => {
    await accept({ event: "e", payment: "p" });
    await passDays(DEFAULT_RETENTION_DAYS * 3);
    expect(await rows()).toMatchObject({ events: 1, deliveries: 1 });
  });

  it(
    "goes on in small steps, with time between them, until all that is old is gone",
    { timeout: 30_000 },
    async () => {
      const count = PURGE_STEP_EVENTS + 50;
      await fill(count);
      await passDays(DEFAULT_RETENTION_DAYS + 1);
      expect((await rows()).events).toBe(50);
      const alarm = await runInDurableObject(inbox(), (_, state) => state.storage.getAlarm());
      expect(alarm).toBe(Date.now() + PURGE_STEP_INTERVAL_MS);
      vi.setSystemTime(Date.now() + PURGE_STEP_INTERVAL_MS);
      await runDurableObjectAlarm(inbox());
      expect((await rows()).events).toBe(0);
    },
  );

  it("is not held up by one that is younger than those after it", { timeout: 30_000 }, async () => {
    const count = PURGE_STEP_EVENTS + 50;
    await fill(count, (i) => {
      // A clock had jumped ahead for a moment.
      if (i === 2) vi.setSystemTime(Date.now() + 30 * DAY_MS);
      if (i === 3) vi.setSystemTime(Date.now() - 30 * DAY_MS);
    });
    await passDays(DEFAULT_RETENTION_DAYS + 1);
    vi.setSystemTime(Date.now() + PURGE_STEP_INTERVAL_MS);
    await runDurableObjectAlarm(inbox());
    expect((await rows()).events).toBe(1);
  });

  it(
    "of everything there was gives out no number again: nothing is taken for what was forgotten",
    { timeout: 30_000 },
    async () => {
      await fill(EVENT_ID_BLOCK_EVENTS);
      await passDays(DEFAULT_RETENTION_DAYS + 1);
      for (let i = 0; i < 3; i += 1) {
        vi.setSystemTime(Date.now() + PURGE_STEP_INTERVAL_MS);
        await runDurableObjectAlarm(inbox());
      }
      expect((await rows()).events).toBe(0);
      await evictDurableObject(inbox());

      const sent = interceptQueue();
      expect(await accept({ event: "new", payment: "new", attemptNow: true })).toMatchObject({
        outcome: "accepted",
        attempts: [{ reference: { n: EVENT_ID_BLOCK_EVENTS + 1 } }],
      });
      expect(await accept({ event: "e1", payment: "p1" })).toMatchObject({
        outcome: "duplicate",
        warnings: [],
      });
      expect(await inbox().timeline(paymentId("p1"))).toEqual([]);
      expect((await inbox().find(eventId("new"))).map(({ row }) => row.duplicates)).toEqual([0]);
      // The Worker that was to make the first attempt has died, and the object as well.
      await evictDurableObject(inbox());
      vi.setSystemTime(Date.now() + 2 * HANDOVER_TIMEOUT_MS);
      await inbox().ledger();
      await runDurableObjectAlarm(inbox());
      await vi.waitFor(() => expect(sent.map(({ event }) => event)).toEqual([eventId("new")]));
    },
  );

  it("leaves the ledger as it was", async () => {
    await accept({ event: "e", payment: "p" });
    await deliver(1, "e", "p");
    const before = (await inbox().ledger()).counts;
    await passDays(DEFAULT_RETENTION_DAYS + 1);
    await evictDurableObject(inbox());
    expect(await inbox().ledger()).toEqual({ counts: before, held: [], remainder: {} });
  });

  it("keeps the count of repeats that came just before their event went", async () => {
    for (const [index, name] of ["e1", "e2"].entries()) {
      await accept({ event: name, payment: name });
      await deliver(index + 1, name, name);
    }
    vi.setSystemTime(Date.now() + (DEFAULT_RETENTION_DAYS + 1) * DAY_MS);
    for (const name of ["e1", "e2", "e2"]) await accept({ event: name, payment: name });
    const before = (await inbox().ledger()).counts;
    expect(before.sources["ipay/broker-eu"]).toMatchObject({ arrived: 5, accepted: 2, duplicate: 3 });
    await runDurableObjectAlarm(inbox());
    expect((await rows()).events).toBe(0);
    vi.setSystemTime(Date.now() + RECOUNT_INTERVAL_MS);
    await runDurableObjectAlarm(inbox());
    expect(await inbox().ledger()).toEqual({ counts: before, held: [], remainder: {} });
    await evictDurableObject(inbox());
    expect(await inbox().ledger()).toEqual({ counts: before, held: [], remainder: {} });
  });

  it("forgets a payment of which nothing came for as long as payments are remembered", async () => {
    await accept({ event: "e", payment: "p" });
    await deliver(1, "e", "p");
    await passDays(DEFAULT_RETENTION_DAYS + 1);
    await passDays(DEFAULT_TOMBSTONE_DAYS);
    expect(await accept({ event: "e", payment: "p" })).toMatchObject({ outcome: "accepted" });
  });
});
