/** What a settlement leases to whoever asks for it: the place that has become free, and nothing beyond what may leave now. */
import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { drainStep } from "../../src/inbox/policy/drain.ts";
import type { LeasedAttempt, Reference, Settled } from "../../src/inbox/protocol.ts";
import {
  BREAKER_FAILURES,
  DEFAULT_DELIVERY_TIMEOUT_MS,
  DEFAULT_SCHEDULE_SECONDS,
  FOLLOWING_ATTEMPTS_MS,
  RATE_HEADROOM_RATIO,
  RATE_HORIZON_MS,
  RETRY_JITTER_RATIO,
} from "../../src/limits.ts";
import { alarmAt, inbox, later, LEASE_MS, resultOf, SHARD, SHARE_IN_FLIGHT } from "../support/attempts.ts";
import { changedEnv, deploy, evict } from "../support/deploy.ts";
import { acceptance, eventId, paymentId, type Stated } from "../support/events.ts";
import { interceptQueue } from "../support/queue.ts";
import { freshRelay } from "../support/worker.ts";

let sent: Reference[];

beforeEach(async () => {
  // Ahead of the real clock, so that no alarm fires by itself.
  await freshRelay("2036-01-01T00:00:00.000Z");
  sent = interceptQueue();
});

/** The relay with these destinations, as after a deployment. */
const deployTo = async (destinations: Record<string, object>) => {
  await deploy(SHARD, changedEnv({ destinations }));
};

async function accept(stated: Stated = {}): Promise<LeasedAttempt[]> {
  const accepted = await inbox().accept({
    ...acceptance({ attemptNow: true, ...stated }),
    traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
  });
  return accepted.outcome === "accepted" ? [...accepted.attempts] : [];
}

/** Payments `p0`, `p1` … with an event each, `e0`, `e1` …; answers those that are under way. */
async function acceptMany(count: number, from = 0): Promise<LeasedAttempt[]> {
  const attempts: LeasedAttempt[] = [];
  for (let n = from; n < from + count; n += 1)
    attempts.push(...(await accept({ payment: `p${n}`, event: `e${n}` })));
  return attempts;
}

async function settle(
  made: LeasedAttempt | undefined,
  { delivered = true, nextWithinMs = FOLLOWING_ATTEMPTS_MS } = {},
): Promise<Settled> {
  const { reference, delivery } = made as LeasedAttempt;
  const result = { ...resultOf(reference, delivery.attempt, delivered), hasMessage: false, nextWithinMs };
  const [settled] = await inbox().settle([result]);
  return settled as Settled;
}

const eventOf = ({ leased }: Settled) => leased?.reference.event;
const eventsSent = () => sent.map(({ event }) => event);

/** Runs the alarms that are due until `untilMs` (epoch ms) or until something is sent. */
async function ringUntil(untilMs: number): Promise<void> {
  for (let atMs = await alarmAt(); atMs !== null && atMs <= untilMs; atMs = await alarmAt()) {
    vi.setSystemTime(Math.max(Date.now(), atMs));
    await runDurableObjectAlarm(inbox());
    if (sent.length > 0) return;
  }
  vi.setSystemTime(untilMs);
}

describe("a settlement that asks for another attempt", () => {
  it("is leased what has waited longest, with all it takes, and the queue gets nothing", async () => {
    const attempts = await acceptMany(SHARE_IN_FLIGHT + 2);
    expect(attempts).toHaveLength(SHARE_IN_FLIGHT);
    later(5);
    const { next, leased } = await settle(attempts[0]);
    expect(next).toBe("done");
    const [event, payment] = [eventId(`e${SHARE_IN_FLIGHT}`), paymentId(`p${SHARE_IN_FLIGHT}`)];
    const reference = { shard: SHARD, payment, n: SHARE_IN_FLIGHT + 1, event, destination: "crm" };
    const { body, ...delivery } = (leased as LeasedAttempt).delivery;
    expect(leased?.reference).toEqual(reference);
    expect(delivery).toEqual({
      kind: "deliver",
      attempt: 1,
      sequence: 1,
      replay: false,
      traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
      tracestate: null,
      notBeforeMs: Date.now(),
    });
    expect(JSON.parse(body)).toMatchObject({ id: event, data: { payment_id: payment } });
    expect(eventOf(await settle(attempts[1]))).toBe(eventId(`e${SHARE_IN_FLIGHT + 1}`));
    expect(await settle(attempts[2])).toEqual({ next: "done" });
    expect(await settle(leased)).toEqual({ next: "done" });
    expect(sent).toEqual([]);
  });

  it("is leased something after a failure too, and what failed is retried at its time though it had no message", async () => {
    const attempts = await acceptMany(SHARE_IN_FLIGHT + 1);
    const { leased } = await settle(attempts[0]);
    const again = await acceptMany(1, 100);
    expect(again).toEqual([]);
    const failed = await settle(leased, { delivered: false });
    expect(failed.next).toBe("retry");
    expect(eventOf(failed)).toBe(eventId("e100"));
    for (const made of [...attempts.slice(1), failed.leased]) await settle(made);
    const [first] = DEFAULT_SCHEDULE_SECONDS;
    const failedAtMs = Date.now();
    await ringUntil(failedAtMs + first * 1_000 * (1 + RETRY_JITTER_RATIO) + 1);
    expect(eventsSent()).toEqual([leased?.reference.event]);
    expect(Date.now() - failedAtMs).toBeGreaterThanOrEqual(first * 1_000);
  });

  it("leaves it to the queue where it asks for none, or for less than an attempt may take", async () => {
    const attempts = await acceptMany(SHARE_IN_FLIGHT + 2);
    expect(await settle(attempts[0], { nextWithinMs: 0 })).toEqual({ next: "done" });
    const nextWithinMs = DEFAULT_DELIVERY_TIMEOUT_MS - 1;
    expect(await settle(attempts[1], { nextWithinMs })).toEqual({ next: "done" });
    expect(eventsSent()).toEqual([SHARE_IN_FLIGHT, SHARE_IN_FLIGHT + 1].map((n) => eventId(`e${n}`)));
  });

  it("never has more under way than the cap, and everything leaves once", async () => {
    const underWay = await acceptMany(SHARE_IN_FLIGHT + 10);
    const left = underWay.map(({ reference }) => reference.event);
    for (let n = 100; underWay.length > 0; n += 1) {
      const made = underWay.splice((n * 7) % underWay.length, 1)[0];
      const { leased } = await settle(made, { delivered: n % 5 !== 0 });
      const began = n < 120 ? await acceptMany(1, n) : [];
      for (const { reference } of leased ? [leased, ...began] : began) left.push(reference.event);
      underWay.push(...(leased ? [leased] : []), ...began);
      expect(underWay.length).toBeLessThanOrEqual(SHARE_IN_FLIGHT);
    }
    expect(left).toHaveLength(SHARE_IN_FLIGHT + 10 + 20);
    expect(new Set(left).size).toBe(left.length);
    expect(sent).toEqual([]);
  });
});

describe("the order within a payment", () => {
  it("holds: its next event has its turn, before what has waited longer, and the one after waits", async () => {
    const [first] = await accept({ payment: "p", event: "a", status: "created" });
    for (const [event, status] of [
      ["b", "pending"],
      ["c", "confirmed"],
    ] as const)
      expect(await accept({ payment: "p", event, status })).toEqual([]);
    await acceptMany(SHARE_IN_FLIGHT);
    const second = await settle(first);
    expect(eventOf(second)).toBe(eventId("b"));
    const third = await settle(second.leased);
    expect(eventOf(third)).toBe(eventId("c"));
    expect(eventOf(await settle(third.leased))).toBe(eventId(`e${SHARE_IN_FLIGHT - 1}`));
    expect(sent).toEqual([]);
  });

  it("holds over a failure: nothing of the payment is leased before its retry", async () => {
    const [first] = await accept({ payment: "p", event: "a", status: "pending" });
    await accept({ payment: "p", event: "b", status: "confirmed" });
    const { next, leased } = await settle(first, { delivered: false });
    expect({ next, leased }).toEqual({ next: "retry", leased: undefined });
  });

  it("holds where an earlier event was replayed after a later one had its turn", async () => {
    await deployTo({ crm: { schedule_seconds: [], max_in_flight: 8 } });
    const [first] = await accept({ payment: "p", event: "a", status: "pending" });
    await settle(first, { delivered: false });
    const [other] = await accept({ payment: "q", event: "x" });
    expect(await accept({ payment: "p", event: "b", status: "confirmed" })).toEqual([]);
    later(1);
    expect(await inbox().replay(first?.reference.n ?? 0, undefined, "ops")).toBe(1);
    expect(await settle(other)).toEqual({ next: "done" });
    // The consumer finds that it has to wait.
    expect(eventsSent()).toEqual([eventId("b")]);
    expect(await inbox().lease(sent)).toEqual([{ kind: "held" }]);
  });
});

describe("whatever else holds a delivery back", () => {
  it("a pause: nothing is leased", async () => {
    const attempts = await acceptMany(SHARE_IN_FLIGHT + 1);
    await inbox().pause("crm", "maintenance");
    expect(await settle(attempts[0])).toEqual({ next: "done" });
  });

  it("an open breaker: nothing is leased, not even by the settlement that opens it", async () => {
    const attempts = await acceptMany(SHARE_IN_FLIGHT + BREAKER_FAILURES + 2);
    let last: Settled | null = null;
    for (let failures = 0; failures < BREAKER_FAILURES; failures += 1)
      last = await settle(attempts[failures], { delivered: false });
    expect(last?.leased).toBeUndefined();
    expect((await settle(attempts[BREAKER_FAILURES], { delivered: false })).leased).toBeUndefined();
    expect(sent).toEqual([]);
  });

  it("a destination that is not configured any more", async () => {
    const attempts = await acceptMany(SHARE_IN_FLIGHT + 1);
    await deployTo({ erp: {} });
    expect(await settle(attempts[0])).toEqual({ next: "done" });
    expect(sent).toEqual([]);
  });

  it("a rate: what is leased has a slot of its own, and nothing is while the next one is far away", async () => {
    // One slot a second for this shard; its cap is one, so that the others wait.
    await deployTo({ crm: { max_per_second: 8 / RATE_HEADROOM_RATIO, max_in_flight: 8 } });
    const [first] = await acceptMany(4);
    const slots = [first?.delivery.notBeforeMs ?? 0];
    let made = first;
    for (let n = 1; n < 4; n += 1) {
      const { leased } = await settle(made);
      slots.push(leased?.delivery.notBeforeMs ?? 0);
      made = leased;
      vi.setSystemTime(slots.at(-1) ?? 0);
    }
    for (const [index, slot] of slots.slice(1).entries())
      expect(slot - (slots[index] ?? 0)).toBeGreaterThanOrEqual(1_000 - 1);
    expect(sent).toEqual([]);
  });

  it("a rate so low that the next slot is beyond the horizon", async () => {
    await deployTo({ crm: { max_per_second: 1 / RATE_HEADROOM_RATIO, max_in_flight: 8 } });
    vi.setSystemTime(Date.now() - (Date.now() % 8_000));
    const [first] = await acceptMany(2);
    vi.setSystemTime(first?.delivery.notBeforeMs ?? 0);
    later(1_000);
    expect((await settle(first)).leased).toBeUndefined();
    expect(sent).toEqual([]);
    later(8_000 - 1_000 - RATE_HORIZON_MS + 1);
    const [again] = await inbox().settle([resultOf(first?.reference as Reference, 1, true)]);
    expect(again).toEqual({ next: "done" });
    // Its turn comes with the next slot, by the alarm or by whoever comes then.
    expect(sent).toHaveLength(1);
  });

  it("the pace of a drain: no more leave in a step than its share, on either way", async () => {
    const { rows } = drainStep(null, 8);
    const attempts = await acceptMany(SHARE_IN_FLIGHT);
    await inbox().pause("crm", "maintenance");
    await acceptMany(2 * SHARE_IN_FLIGHT, 100);
    await inbox().resume("crm");
    const leased = [];
    for (const made of attempts) leased.push(...((await settle(made)).leased ? [made] : []));
    expect(leased.length).toBeGreaterThan(0);
    expect(leased.length + sent.length).toBe(rows);
  });
});

describe("a settlement whose answer is lost", () => {
  it("leases nothing the second time, and what was leased leaves when its lease is over, not before", async () => {
    const attempts = await acceptMany(SHARE_IN_FLIGHT + 2);
    const lost = await settle(attempts[0]);
    const leasedAtMs = Date.now();
    expect(eventOf(lost)).toBe(eventId(`e${SHARE_IN_FLIGHT}`));
    expect(await settle(attempts[0])).toEqual({ next: "done" });
    await settle((await settle(attempts[1])).leased);
    for (const made of attempts.slice(2)) expect(await settle(made)).toEqual({ next: "done" });
    await ringUntil(leasedAtMs + LEASE_MS - 1);
    expect(sent).toEqual([]);
    await ringUntil(leasedAtMs + LEASE_MS);
    expect(eventsSent()).toEqual([eventId(`e${SHARE_IN_FLIGHT}`)]);
    expect(await inbox().lease(sent)).toMatchObject([{ kind: "deliver", attempt: 1 }]);
  });

  it("after which the object restarts: what it leased is nobody else's before its lease is over", async () => {
    const attempts = await acceptMany(SHARE_IN_FLIGHT + 1);
    const lost = await settle(attempts[0]);
    const leasedAtMs = Date.now();
    await evict(SHARD);
    for (const made of attempts.slice(1)) expect(await settle(made)).toEqual({ next: "done" });
    await ringUntil(leasedAtMs + LEASE_MS - 1);
    expect(sent).toEqual([]);
    await ringUntil(leasedAtMs + LEASE_MS);
    expect(eventsSent()).toEqual([eventOf(lost)]);
  });
});

it("a message for what is leased, or was delivered meanwhile, comes to nothing", async () => {
  const attempts = await acceptMany(SHARE_IN_FLIGHT + 1);
  const { leased } = await settle(attempts[0]);
  const message = [leased?.reference as Reference];
  expect(await inbox().lease(message)).toEqual([{ kind: "held" }]);
  await settle(leased);
  expect(await inbox().lease(message)).toEqual([{ kind: "done" }]);
});

describe("what it costs", () => {
  interface Touched {
    read: number;
    written: number;
    /** `EXPLAIN QUERY PLAN` of every statement that reads or changes rows. */
    readonly plans: string[];
  }

  /** Rows that one settlement touches in the object, and how. */
  async function touchedBy(made: LeasedAttempt | undefined, nextWithinMs: number): Promise<Touched> {
    return await runInDurableObject(inbox(), async (instance, { storage: { sql } }) => {
      const exec = sql.exec.bind(sql);
      const cursors: SqlStorageCursor<Record<string, SqlStorageValue>>[] = [];
      const plans: string[] = [];
      const spy = vi.spyOn(sql, "exec").mockImplementation(((query: string, ...values: SqlStorageValue[]) => {
        for (const row of exec<{ detail: string }>(`EXPLAIN QUERY PLAN ${query}`, ...values))
          plans.push(row.detail);
        const cursor = exec(query, ...values);
        cursors.push(cursor);
        return cursor;
      }) as never);
      const { reference, delivery } = made as LeasedAttempt;
      await instance.settle([{ ...resultOf(reference, delivery.attempt, true), nextWithinMs }]);
      spy.mockRestore();
      const sum = (of: (cursor: (typeof cursors)[number]) => number) =>
        cursors.reduce((total, cursor) => total + of(cursor), 0);
      return { read: sum(({ rowsRead }) => rowsRead), written: sum(({ rowsWritten }) => rowsWritten), plans };
    });
  }

  it("no row and no statement where nothing waits", async () => {
    const [one, other] = await acceptMany(3);
    const without = await touchedBy(one, 0);
    expect(await touchedBy(other, FOLLOWING_ATTEMPTS_MS)).toEqual(without);
  });

  it("no row where all that waits is a retry whose time has not come", async () => {
    const [failing, before, one, other] = await acceptMany(4);
    await settle(failing, { delivered: false });
    await settle(before);
    const without = await touchedBy(one, 0);
    const { read, written } = await touchedBy(other, FOLLOWING_ATTEMPTS_MS);
    expect({ read, written }).toEqual({ read: without.read, written: without.written });
  });

  it("as many rows however many wait, each found by an index", async () => {
    const attempts = await acceptMany(SHARE_IN_FLIGHT + 3);
    const few = await touchedBy(attempts[0], FOLLOWING_ATTEMPTS_MS);
    await acceptMany(200, 1_000);
    const many = await touchedBy(attempts[1], FOLLOWING_ATTEMPTS_MS);
    expect({ read: many.read, written: many.written }).toEqual({ read: few.read, written: few.written });
    // The settled event's row; the other delivery's, and its entry in the index.
    expect(many.written).toBe(3);
    expect(many.plans.filter((plan) => plan.startsWith("SCAN deliveries"))).toEqual([]);
    expect(many.plans.some((plan) => plan.includes("USING INDEX deliveries_owed"))).toBe(true);
  });
});
