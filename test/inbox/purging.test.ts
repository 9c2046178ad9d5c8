/** Retention: what has outlived it is forgotten with its dedupe keys, never before, and never what is owed. */
import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Reference } from "../../src/inbox/protocol.ts";
import { DEFAULT_RETENTION_DAYS, PURGE_INTERVAL_MS } from "../../src/limits.ts";
import { freshRelay, inboxOf } from "../support/front-door.ts";
import { replaceQueues } from "../support/queue.ts";
import { acceptance, eventId, paymentId, type Stated } from "../support/events.ts";

const SHARD = "8/0";
const DAY_MS = 86_400_000;
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
  vi.setSystemTime(Date.now() + days * DAY_MS + PURGE_INTERVAL_MS);
  await runDurableObjectAlarm(inbox());
}

async function rows(): Promise<Record<string, number>> {
  return await runInDurableObject(inbox(), (_, state) =>
    Object.fromEntries(
      ["events", "deliveries", "attempts", "claims"].map((table) => [
        table,
        state.storage.sql.exec<{ count: number }>(`SELECT COUNT(*) AS count FROM ${table}`).one().count,
      ]),
    ),
  );
}

describe("retention", () => {
  it("forgets a payment whole, and its event would be new again", async () => {
    await accept({ event: "e", payment: "p" });
    await deliver(1, "e", "p");
    await inbox().reserve("token", "owner", "bytes");
    await passDays(DEFAULT_RETENTION_DAYS - 1);
    expect(await accept({ event: "e", payment: "p" })).toMatchObject({ outcome: "duplicate" });
    await passDays(2);
    expect(await rows()).toEqual({ events: 0, deliveries: 0, attempts: 0, claims: 0 });
    expect(await accept({ event: "e", payment: "p" })).toMatchObject({ outcome: "accepted" });
  });

  it("keeps an old event while its payment is alive: it holds the order", async () => {
    await accept({ event: "e1", payment: "p", status: "confirmed" });
    await deliver(1, "e1", "p");
    await passDays(DEFAULT_RETENTION_DAYS - 1);
    await accept({ event: "e2", payment: "p", status: "reversed" });
    await deliver(2, "e2", "p");
    await passDays(5);
    expect(await rows()).toMatchObject({ events: 2, deliveries: 2 });
  });

  it("keeps what is still owed, however old it is", async () => {
    await accept({ event: "e", payment: "p" });
    await passDays(DEFAULT_RETENTION_DAYS * 3);
    expect(await rows()).toMatchObject({ events: 1, deliveries: 1 });
  });

  it("goes on in small steps until all that is old is gone", async () => {
    for (let i = 1; i <= 450; i += 1) {
      await accept({ event: `e${i}`, payment: `p${i}`, destinations: [] });
    }
    await passDays(DEFAULT_RETENTION_DAYS + 1);
    expect((await rows()).events).toBe(250);
    await runDurableObjectAlarm(inbox());
    await runDurableObjectAlarm(inbox());
    expect((await rows()).events).toBe(0);
  });
});
