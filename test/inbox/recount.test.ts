/** The recount of all rows: it finds what the ledger cannot see in its own sums, and nothing where all is well. */
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { beforeEach, describe, expect, it, vi } from "vitest";
import {
  DAY_MS,
  DEFAULT_RETENTION_DAYS,
  LEDGER_SNAPSHOT_CHANGES,
  MIN_PURGE_INTERVAL_MS,
  PURGE_STEP_INTERVAL_MS,
  RECOUNT_INTERVAL_MS,
  RECOUNT_STEP_EVENTS,
  RECOUNT_STEP_INTERVAL_MS,
} from "../../src/limits.ts";
import { alarmAt, inbox, later, referenceTo, resultOf } from "../support/attempts.ts";
import { acceptance, type Stated } from "../support/events.ts";
import { replaceQueues } from "../support/queue.ts";
import { freshRelay, type Outside } from "../support/worker.ts";

let outside: Outside;

beforeEach(async () => {
  outside = await freshRelay("2036-01-01T00:00:00.000Z");
  replaceQueues(() => undefined);
});

const ring = () => runInDurableObject(inbox(), (instance) => instance.alarm());

/** Runs whatever alarms there are until an instant from now. */
async function pass(
  ms: number,
  between: (step: number) => Promise<void> = () => Promise.resolve(),
): Promise<void> {
  const untilMs = Date.now() + ms;
  for (let step = 0; step < 200; step += 1) {
    const nextMs = (await alarmAt()) ?? untilMs;
    if (nextMs > untilMs) break;
    vi.setSystemTime(Math.max(Date.now(), nextMs));
    await ring();
    await between(step);
  }
  vi.setSystemTime(untilMs);
}

async function fill(count: number, of: (i: number) => Stated): Promise<void> {
  await runInDurableObject(inbox(), async (instance) => {
    for (let i = 1; i <= count; i += 1) {
      const accepted = await instance.accept(acceptance({ attemptNow: true, ...of(i) }));
      const attempts = accepted.outcome === "accepted" ? accepted.attempts : [];
      await instance.settle(attempts.map(({ reference }) => resultOf(reference, 1, true)));
    }
  });
}

const remainder = async () => (await inbox().ledger()).remainder;
const alerted = () =>
  outside
    .lines("alert")
    .filter(({ about }) => about === "ledger_remainder")
    .map(({ name, count }) => [name, count]);

async function tamper(statement: string): Promise<void> {
  await runInDurableObject(inbox(), (_, state) => void state.storage.sql.exec(statement));
}

describe("a recount", () => {
  it("finds nothing over a clean store", async () => {
    await fill(5, (i) => ({ event: `e${i}`, payment: `p${i}` }));
    await pass(RECOUNT_INTERVAL_MS + RECOUNT_STEP_INTERVAL_MS);
    expect(await remainder()).toEqual({});
    expect(alerted()).toEqual([]);
  });

  it.each([
    [
      "an event's state",
      "UPDATE events SET state = 'superseded' WHERE n = 2",
      { "ipay/broker-eu:accepted": 1, "ipay/broker-eu:superseded": -1 },
    ],
    [
      "an event that is gone",
      "DELETE FROM events WHERE n = 2",
      {
        "ipay/broker-eu:arrived": 1,
        "ipay/broker-eu:accepted": 1,
        "crm:owed": 1,
        "crm:delivered": 1,
      },
    ],
    [
      "a delivery that is said to be made",
      "UPDATE deliveries SET state = 'delivered' WHERE n = 6",
      { "crm:pending": 1, "crm:delivered": -1 },
    ],
  ])(
    "finds %s that was tampered with, and alerts it",
    { timeout: 30_000 },
    async (_, statement, expected) => {
      await fill(5, (i) => ({ event: `e${i}`, payment: `p${i}` }));
      await inbox().accept(acceptance({ event: "owed", payment: "owed" }));
      await ring();
      await tamper(statement);
      expect(await remainder()).toEqual({});
      await pass(RECOUNT_INTERVAL_MS + RECOUNT_STEP_INTERVAL_MS);
      expect(await remainder()).toEqual(expected);
      expect(Object.fromEntries(alerted())).toEqual(expected);
    },
  );

  it("is made although the object is evicted again and again", { timeout: 30_000 }, async () => {
    // What is in no snapshot yet is counted from its rows by every new life.
    await fill(LEDGER_SNAPSHOT_CHANGES, (i) => ({ event: `e${i}`, payment: `p${i}` }));
    await ring();
    await tamper("UPDATE events SET state = 'superseded' WHERE n = 2");
    for (let quarter = 0; quarter <= 4; quarter += 1) {
      await evictDurableObject(inbox());
      await inbox().ledger();
      await pass(RECOUNT_INTERVAL_MS / 4);
    }
    expect(await remainder()).toMatchObject({ "ipay/broker-eu:accepted": 1 });
  });

  it("agrees with the counts although much happens between its steps", { timeout: 60_000 }, async () => {
    const old = RECOUNT_STEP_EVENTS + 100;
    await fill(old, (i) => ({ event: `old${i}`, payment: `old${i}` }));
    later((DEFAULT_RETENTION_DAYS - 1) * DAY_MS);
    const young = 2 * RECOUNT_STEP_EVENTS;
    await fill(young, (i) => ({ event: `e${i}`, payment: `p${i}` }));
    await ring();
    // The day of the recount is the day on which the old ones are forgotten.
    let recounting = 0;
    await pass(DAY_MS + MIN_PURGE_INTERVAL_MS, async (step) => {
      recounting += 1;
      const n = old + 1 + step;
      const name = `${step + 1}`;
      await inbox().accept(acceptance({ event: `e${name}`, payment: `p${name}` }));
      await inbox().accept(acceptance({ event: "e1", payment: "p1" }));
      await inbox().accept(acceptance({ event: "old1", payment: "old1" }));
      await inbox().accept(
        acceptance({ event: `new${step}`, payment: `new${step}`, attemptNow: step % 2 === 0 }),
      );
      await inbox().replay(n, undefined, "op");
      await inbox().lease([referenceTo(n, `e${name}`, `p${name}`)]);
      await inbox().settle([resultOf(referenceTo(n, `e${name}`, `p${name}`), 2, step % 3 === 0)]);
    });
    expect(recounting).toBeGreaterThan(3);
    for (let i = 0; i < 3; i += 1) await pass(PURGE_STEP_INTERVAL_MS);
    expect(await remainder()).toEqual({});
    expect(alerted()).toEqual([]);
    const rows = await runInDurableObject(
      inbox(),
      (_, state) =>
        state.storage.sql.exec<{ count: number }>("SELECT COUNT(*) AS count FROM events").one().count,
    );
    expect(rows).toBeLessThan(old + young);
  });
});
