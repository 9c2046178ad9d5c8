/** Faults around the Inbox and inside it, and what must hold in spite of them. */
import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Leased, Reference, Result } from "../../src/inbox/protocol.ts";
import { HANDOVER_TIMEOUT_MS } from "../../src/limits.ts";
import { owedBy } from "../support/ledger.ts";
import { bindings, freshRelay, inboxOf } from "../support/worker.ts";
import { acceptance, eventId, paymentId, type Stated } from "../support/events.ts";

/** Ahead of the real clock, so that no alarm fires by itself: tests run them when they want to. */
const NOW = "2036-01-01T00:00:00.000Z";
const SHARD = "8/0";
let sent: Reference[];
let sendBatch: (messages: Iterable<MessageSendRequest<Reference>>) => Promise<unknown>;

beforeEach(async () => {
  await freshRelay(NOW);
  sent = [];
  sendBatch = (messages) => {
    for (const { body } of messages) sent.push(body);
    return Promise.resolve();
  };
  vi.spyOn(bindings.DELIVERIES, "sendBatch").mockImplementation(
    (messages) => sendBatch(messages) as Promise<never>,
  );
});

afterEach(() => vi.restoreAllMocks());

const inbox = () => inboxOf(SHARD);
const accept = (stated: Stated = {}) => inbox().accept(acceptance(stated));
const later = (ms: number) => vi.setSystemTime(Date.now() + ms);
const alarmAt = () => runInDurableObject(inbox(), (_, state) => state.storage.getAlarm());

function reference(n: number, event = "e", payment = "p"): Reference {
  return { shard: SHARD, payment: paymentId(payment), n, event: eventId(event), destination: "crm" };
}

function result(of: Reference, attempt: number, delivered = true): Result {
  const answered = { status: delivered ? 200 : 500, error: null, answer: "" };
  return {
    reference: of,
    attempt: { attempt, atMs: Date.now(), durationMs: 5, ...answered },
    outcome: delivered ? { kind: "delivered" } : { kind: "failed", retryAfterSeconds: null },
  };
}

async function leaseOne(of: Reference): Promise<Leased | undefined> {
  const [leased] = await inbox().lease([of]);
  return leased;
}

/** Leases and delivers one event. */
async function deliver(of: Reference, attempt = 1): Promise<void> {
  expect(await leaseOne(of)).toMatchObject({ kind: "deliver", attempt });
  await inbox().settle([result(of, attempt)]);
}

describe("the alarm", () => {
  it("is not put off by a run that was busy with the queue while an event came", async () => {
    await accept({ event: "old", payment: "old" });
    await deliver(reference(1, "old", "old"));
    // An event whose reference the sweep hands over again, to a slow queue.
    await accept({ event: "e1", payment: "q1" });
    await vi.waitFor(() => expect(sent).toHaveLength(2));
    const queue = Promise.withResolvers<void>();
    sendBatch = () => queue.promise;
    later(HANDOVER_TIMEOUT_MS + 1);
    const ringing = runDurableObjectAlarm(inbox());
    await vi.waitFor(() => expect(bindings.DELIVERIES.sendBatch).toHaveBeenCalledTimes(3));
    await inbox().settle([result(reference(2, "e1", "q1"), 1)]);
    const acceptedAtMs = Date.now();
    await accept({ event: "e2", payment: "q2" });
    queue.resolve();
    await ringing;
    expect(await alarmAt()).toBeLessThanOrEqual(acceptedAtMs + HANDOVER_TIMEOUT_MS);
  });

  it("rings when what it is for is due, and not a fraction of a millisecond before", async () => {
    vi.spyOn(Math, "random").mockReturnValue(0.123_456_789);
    await accept();
    await leaseOne(reference(1));
    await inbox().settle([result(reference(1), 1, false)]);
    await vi.waitFor(() => expect(sent).toHaveLength(1));
    // Every run until the retry's lease has ended, each at its time.
    for (let run = 0; run < 4 && sent.length < 2; run += 1) {
      vi.setSystemTime((await alarmAt()) ?? 0);
      await runDurableObjectAlarm(inbox());
      await vi.waitFor(() => expect(bindings.DELIVERIES.sendBatch).toHaveBeenCalledTimes(sent.length));
    }
    const dueMs = Date.parse(NOW) + 5_000 * 1.012_345_678_9;
    expect(sent).toHaveLength(2);
    expect(Date.now()).toBe(Math.ceil(dueMs + HANDOVER_TIMEOUT_MS));
  });

  it("is armed by the next event when arming it failed once", async () => {
    await runInDurableObject(inbox(), async (instance, state) => {
      vi.spyOn(state.storage, "setAlarm").mockRejectedValueOnce(new Error("storage is down"));
      await expect(instance.accept(acceptance({ event: "e1", payment: "q1" }))).rejects.toThrow("down");
    });
    await accept({ event: "e2", payment: "q2" });
    expect(await alarmAt()).not.toBeNull();
  });
});

describe("storage that refuses", () => {
  it("leaves no half of an accepted event", async () => {
    await runInDurableObject(inbox(), async (instance, state) => {
      const exec = state.storage.sql.exec.bind(state.storage.sql);
      const spy = vi.spyOn(state.storage.sql, "exec").mockImplementation(((sql: string, ...args: never[]) => {
        if (sql.includes("INSERT INTO deliveries")) throw new Error("disk is full");
        return exec(sql, ...args);
      }) as never);
      await expect(instance.accept(acceptance())).rejects.toThrow("disk is full");
      spy.mockRestore();
      expect(exec("SELECT n FROM events").toArray()).toEqual([]);
    });
    expect(await accept()).toMatchObject({ outcome: "accepted" });
  });

  it("does not pause a destination in memory only", async () => {
    await accept();
    await runInDurableObject(inbox(), async (instance, state) => {
      const exec = state.storage.sql.exec.bind(state.storage.sql);
      const spy = vi.spyOn(state.storage.sql, "exec").mockImplementation(((sql: string, ...args: never[]) => {
        if (sql.includes("INSERT INTO destinations")) throw new Error("disk is full");
        return exec(sql, ...args);
      }) as never);
      await expect(instance.pause("crm", "maintenance")).rejects.toThrow("disk is full");
      spy.mockRestore();
    });
    expect(await inbox().destinations()).toEqual([]);
    expect(await leaseOne(reference(1))).toMatchObject({ kind: "deliver" });
  });

  it("knows what is owed after a transaction that was undone", async () => {
    await accept();
    await runInDurableObject(inbox(), async (instance, state) => {
      const exec = state.storage.sql.exec.bind(state.storage.sql);
      const spy = vi.spyOn(state.storage.sql, "exec").mockImplementation(((sql: string, ...args: never[]) => {
        if (sql.includes("INSERT INTO payments")) throw new Error("disk is full");
        return exec(sql, ...args);
      }) as never);
      const refused = instance.accept(acceptance({ event: "x", payment: "x", attemptNow: true }));
      await expect(refused).rejects.toThrow("disk");
      spy.mockRestore();
    });
    expect(await owedBy(inbox())).toEqual([{ destination: "crm", state: "pending", count: 1 }]);
    expect((await inbox().ledger()).counts.sources["ipay/broker-eu"]).toMatchObject({
      arrived: 1,
      accepted: 1,
    });
  });
});

describe("a replay", () => {
  it("of the event that blocks its payment hands over the next ones when it is delivered", async () => {
    await accept({ event: "e1", status: "pending" });
    await accept({ event: "e2" });
    await leaseOne(reference(1, "e1"));
    await inbox().settle([result(reference(1, "e1"), 1, false)]);
    await inbox().replay(1, undefined, "op");
    await deliver(reference(1, "e1"), 2);
    await deliver(reference(2, "e2"));
    expect(await owedBy(inbox())).toEqual([]);
  });

  it("of an event that waits for another does not overtake it", async () => {
    await accept({ event: "e1", status: "pending" });
    await accept({ event: "e2" });
    await inbox().replay(2, undefined, "op");
    expect(await leaseOne(reference(2, "e2"))).toEqual({ kind: "held" });
    await deliver(reference(1, "e1"));
    await deliver(reference(2, "e2"));
  });

  it("asked for during a pause, of an event after one that is parked, is made after the pause", async () => {
    await accept({ event: "e1", status: "pending" });
    await accept({ event: "e2" });
    await inbox().pause("crm", "maintenance");
    await inbox().replay(2, undefined, "op");
    await inbox().resume("crm");
    await deliver(reference(1, "e1"));
    await deliver(reference(2, "e2"));
    expect(await owedBy(inbox())).toEqual([]);
  });
});
