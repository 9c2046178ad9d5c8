/** Retention: what is past it is deleted with its dedupe keys, never before, and never what is owed. */
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Reference } from "../../src/inbox/protocol.ts";
import {
  DAY_MS,
  DEFAULT_RETENTION_DAYS,
  DEFAULT_TOMBSTONE_DAYS,
  MIN_PURGE_INTERVAL_MS,
  PURGE_STEP_EVENTS,
  PURGE_STEP_INTERVAL_MS,
  RECOUNT_INTERVAL_MS,
  ROUND_OF_OLD_NAMES_MS,
} from "../../src/limits.ts";
import { freshRelay, inboxOf } from "../support/worker.ts";
import { replaceQueues } from "../support/queue.ts";
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

  it("goes on in small steps, with time between them, until all that is old is gone", async () => {
    const count = PURGE_STEP_EVENTS + 50;
    for (let i = 1; i <= count; i += 1) {
      await accept({ event: `e${i}`, payment: `p${i}`, destinations: [] });
    }
    await passDays(DEFAULT_RETENTION_DAYS + 1);
    expect((await rows()).events).toBe(50);
    const alarm = await runInDurableObject(inbox(), (_, state) => state.storage.getAlarm());
    expect(alarm).toBe(Date.now() + PURGE_STEP_INTERVAL_MS);
    vi.setSystemTime(Date.now() + PURGE_STEP_INTERVAL_MS);
    await runDurableObjectAlarm(inbox());
    expect((await rows()).events).toBe(0);
  });

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
