/**
 * Migrations: from every older version, with data in it, to the newest; and one more, as the next
 * deployment will bring it, forward and back again.
 */
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { beforeEach, describe, expect, it } from "vitest";
import { Inbox } from "../../src/inbox/inbox.ts";
import type { Reference, Result } from "../../src/inbox/protocol.ts";
import { migrate, MIGRATIONS } from "../../src/inbox/store/schema.ts";
import { replaceQueues } from "../support/queue.ts";
import { acceptance, eventId, paymentId } from "../support/events.ts";
import { owedBy } from "../support/ledger.ts";
import { bindings, freshRelay, inboxOf } from "../support/worker.ts";

const SHARD = "8/0";
const ONE_MORE = "ALTER TABLE events ADD COLUMN note TEXT; CREATE TABLE notes (n INTEGER PRIMARY KEY);";
const NEXT = [...MIGRATIONS, ONE_MORE];
const OLDER = MIGRATIONS.map((_, index) => index + 1);

beforeEach(async () => {
  await freshRelay("2036-01-01T00:00:00.000Z");
  replaceQueues(() => undefined);
});

/** An object whose storage holds nothing but what `fill` puts there. */
async function withStorage<T>(fill: (storage: DurableObjectStorage) => T | Promise<T>): Promise<T> {
  return await runInDurableObject(inboxOf(SHARD), async (_, { storage }) => {
    await storage.deleteAll();
    return await fill(storage);
  });
}

function numbers({ sql }: DurableObjectStorage): number[] {
  return sql
    .exec<{ number: number }>("SELECT number FROM migrations ORDER BY number")
    .toArray()
    .map(({ number }) => number);
}

function tables({ sql }: DurableObjectStorage): string[] {
  return sql
    .exec<{ sql: string }>(
      "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE '\\_cf\\_%' ESCAPE '\\' ORDER BY name",
    )
    .toArray()
    .map((row) => row.sql);
}

const reference = (n: number, event: string): Reference => ({
  shard: SHARD,
  payment: paymentId("p"),
  n,
  event: eventId(event),
  destination: "crm",
});

const delivered = (of: Reference, attempt: number): Result => ({
  reference: of,
  attempt: { attempt, atMs: Date.now(), durationMs: 1, status: 200, error: null, answer: "" },
  outcome: { kind: "delivered" },
});

/**
 * What version 1 left behind: one event delivered after a failure, one owed. Later versions begin with
 * the rows their own migrations make of these.
 */
function fillVersion1({ sql }: DurableObjectStorage): void {
  const body = (sequence: number) => JSON.stringify({ id: eventId(`e${sequence}`), data: { sequence } });
  for (const [n, state, status] of [
    [1, "delivered", "pending"],
    [2, "pending", "confirmed"],
  ] as const) {
    sql.exec(
      `INSERT INTO events (event_id, payment_id, source, state, type, received_at, fingerprint, contents, body)
       VALUES (?, ?, 'ipay/broker-eu', 'accepted', 'payment.confirmed', ?, ?, '{}', ?)`,
      eventId(`e${n}`),
      paymentId("p"),
      Date.now() - 1_000,
      `e${n}-bytes`,
      body(n),
    );
    sql.exec(
      `INSERT INTO deliveries (payment_id, n, destination, event_id, sequence, status, state, due, sweep_at, attempts)
       VALUES (?, ?, 'crm', ?, ?, ?, ?, ?, ?, ?)`,
      paymentId("p"),
      n,
      eventId(`e${n}`),
      n,
      status,
      state,
      n === 2 ? Date.now() : null,
      n === 2 ? Date.now() : null,
      n === 1 ? 2 : 0,
    );
  }
  sql.exec(
    "INSERT INTO ledger (name, counts) VALUES ('ledger', ?)",
    JSON.stringify({
      sources: {
        "ipay/broker-eu": {
          accepted: 1,
          duplicate: 0,
          superseded: 0,
          deferred: 0,
          quarantined: 0,
          refused: 0,
        },
      },
      delivered: { crm: 1 },
    }),
  );
}

/** The Inbox goes on with what it finds: it knows repeats, owes what is owed, counts from where it was. */
async function expectGoesOn(inbox: Inbox): Promise<void> {
  const accept = (event: string, status: "pending" | "confirmed" | "refunded") =>
    inbox.accept(acceptance({ event, status }));
  expect(await accept("e1", "pending")).toMatchObject({ outcome: "duplicate", warnings: [] });
  expect(await accept("e2", "confirmed")).toMatchObject({ outcome: "duplicate", warnings: [] });
  expect(await accept("e3", "refunded")).toMatchObject({ outcome: "accepted" });
  expect(await inbox.lease([reference(1, "e1")])).toEqual([{ kind: "done" }]);
  const [second] = await inbox.lease([reference(2, "e2")]);
  expect(second).toMatchObject({ kind: "deliver", sequence: 2, attempt: 1 });
  expect(second?.kind === "deliver" && second.body).toContain('"sequence":2');
  await inbox.settle([delivered(reference(2, "e2"), 1)]);
  expect(await inbox.lease([reference(3, "e3")])).toMatchObject([{ kind: "deliver", sequence: 3 }]);
  await inbox.settle([delivered(reference(3, "e3"), 1)]);
  const { counts } = await inbox.ledger();
  expect(await owedBy(inbox)).toEqual([]);
  expect(counts.sources["ipay/broker-eu"]).toMatchObject({ accepted: 3, duplicate: 2 });
  expect(counts.destinations.crm).toMatchObject({ owed: 3, delivered: 3 });
}

describe("migrations", () => {
  it("bring an empty storage to the newest version, and do nothing the second time", async () => {
    await withStorage((storage) => {
      migrate(storage);
      const [first, made] = [numbers(storage), tables(storage)];
      expect(first).toEqual(OLDER);
      migrate(storage);
      expect([numbers(storage), tables(storage)]).toEqual([first, made]);
    });
  });

  it.each(OLDER)("go on from version %i with what it held", async (version) => {
    await withStorage(async (storage) => {
      migrate(storage, MIGRATIONS.slice(0, 1));
      fillVersion1(storage);
      migrate(storage, MIGRATIONS.slice(0, version));
      expect(numbers(storage)).toEqual(OLDER.slice(0, version));
    });
    await runInDurableObject(inboxOf(SHARD), async (_, state) => {
      const inbox = new Inbox(state, bindings);
      await expectGoesOn(inbox);
      expect(numbers(state.storage)).toEqual(OLDER);
    });
  });

  it("make the same tables step by step as at once", async () => {
    const atOnce = await withStorage((storage) => {
      migrate(storage);
      return tables(storage);
    });
    const stepwise = await withStorage((storage) => {
      for (const version of OLDER) migrate(storage, MIGRATIONS.slice(0, version));
      return tables(storage);
    });
    expect(stepwise).toEqual(atOnce);
  });

  it("that fail half-way leave nothing of the step, and are tried again after a restart", async () => {
    await withStorage((storage) => {
      migrate(storage);
      fillVersion1(storage);
      const before = tables(storage);
      expect(() => migrate(storage, [...MIGRATIONS, `${ONE_MORE} INSERT INTO nowhere VALUES (1);`])).toThrow(
        "nowhere",
      );
      expect([numbers(storage), tables(storage)]).toEqual([OLDER, before]);
      migrate(storage, NEXT);
      expect(numbers(storage)).toEqual([...OLDER, NEXT.length]);
    });
  });
});

describe("a deployment with one more column", () => {
  it("finds all that was there, and so does the one before it when it is taken back", async () => {
    await withStorage((storage) => {
      migrate(storage, MIGRATIONS.slice(0, 1));
      fillVersion1(storage);
      migrate(storage, NEXT);
      expect(
        storage.sql.exec<{ note: string | null }>("SELECT note FROM events ORDER BY n").toArray(),
      ).toEqual([{ note: null }, { note: null }]);
    });
    // Today's code over the next version's tables.
    await runInDurableObject(inboxOf(SHARD), async (_, state) => {
      await expectGoesOn(new Inbox(state, bindings));
      expect(numbers(state.storage)).toEqual([...OLDER, NEXT.length]);
    });
    await evictDurableObject(inboxOf(SHARD));
    expect(await inboxOf(SHARD).accept(acceptance({ event: "e3", status: "refunded" }))).toMatchObject({
      outcome: "duplicate",
    });
  });
});
