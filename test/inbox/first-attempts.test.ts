/** First attempts leased with the acceptance: what becomes of them over failures, restarts, pauses and purges. */
import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { drainStep } from "../../src/inbox/policy/drain.ts";
import type { Accepted, LeasedAttempt, Reference, Result } from "../../src/inbox/protocol.ts";
import {
  DAY_MS,
  DEFAULT_RETENTION_DAYS,
  DEFAULT_SCHEDULE_SECONDS,
  HANDOVER_TIMEOUT_MS,
  RATE_HEADROOM_RATIO,
  RETRY_JITTER_RATIO,
} from "../../src/limits.ts";
import { alarmAt, inbox, later, LEASE_MS, SHARD, SHARE_IN_FLIGHT } from "../support/attempts.ts";
import { changedEnv, deploy, evict } from "../support/deploy.ts";
import { acceptance, eventId, type Stated } from "../support/events.ts";
import { owedBy } from "../support/ledger.ts";
import { interceptQueue } from "../support/queue.ts";
import { freshRelay } from "../support/worker.ts";

let sent: Reference[];

beforeEach(async () => {
  // Ahead of the real clock, so that no alarm fires by itself.
  await freshRelay("2036-01-01T00:00:00.000Z");
  sent = interceptQueue();
});

const attemptsOf = (accepted: Accepted) => (accepted.outcome === "accepted" ? accepted.attempts : []);
const accept = async (stated: Stated = {}) =>
  attemptsOf(await inbox().accept(acceptance({ attemptNow: true, ...stated })));

/** The relay with these destinations, as after a deployment. */
const deployTo = async (destinations: Record<string, object>) => {
  await deploy(SHARD, changedEnv({ destinations }));
};

/** Runs the alarm as the platform would, at its time or later: returns whether one was due. */
async function ring(): Promise<boolean> {
  const atMs = await alarmAt();
  if (atMs === null || atMs > Date.now()) return false;
  return await runDurableObjectAlarm(inbox());
}

/** Moves the clock from alarm to alarm, until something is handed over; answers how long that took (ms). */
async function untilHandedOver(withinMs: number): Promise<number> {
  const [fromMs, before] = [Date.now(), sent.length];
  while (sent.length === before && Date.now() - fromMs < withinMs) {
    const atMs = await alarmAt();
    if (atMs === null || atMs - fromMs > withinMs) break;
    vi.setSystemTime(Math.max(Date.now(), atMs));
    await ring();
  }
  return Date.now() - fromMs;
}

function result(reference: Reference, attempt: number, delivered: boolean): Result {
  const answered = { status: delivered ? 200 : 500, error: null, answer: "" };
  return {
    reference,
    attempt: { attempt, atMs: Date.now(), durationMs: 5, ...answered },
    outcome: delivered ? { kind: "delivered" } : { kind: "failed", retryAfterSeconds: null },
  };
}

const settle = (reference: Reference | undefined, attempt = 1, delivered = true) =>
  inbox().settle([result(reference as Reference, attempt, delivered)]);
const referenceOf = (attempts: readonly LeasedAttempt[]) => attempts[0]?.reference;

/** Leases what was handed over last, as the consumer does. */
async function leaseLast(): Promise<{ kind: string; attempt: number | null; reference: Reference }> {
  const reference = sent.at(-1) as Reference;
  const [leased] = await inbox().lease([reference]);
  const attempt = leased?.kind === "deliver" ? leased.attempt : null;
  return { kind: leased?.kind ?? "", attempt, reference };
}

describe("one that failed", () => {
  it("is retried by the schedule over the queue, never early", async () => {
    const [first = 0, ...further] = DEFAULT_SCHEDULE_SECONDS.slice(0, 4);
    await settle(referenceOf(await accept()), 1, false);
    const waitedMs = await untilHandedOver(DAY_MS);
    expect(waitedMs).toBeGreaterThanOrEqual(first * 1000);
    expect(waitedMs).toBeLessThanOrEqual(first * 1000 * (1 + RETRY_JITTER_RATIO) + 1);
    for (const [index, seconds] of further.entries()) {
      const { kind, attempt, reference } = await leaseLast();
      expect({ kind, attempt }).toEqual({ kind: "deliver", attempt: index + 2 });
      const [settled] = await settle(reference, index + 2, false);
      const afterMs = settled?.next === "retry" ? Math.ceil(settled.seconds * 1000) : 0;
      expect(afterMs).toBeGreaterThanOrEqual(seconds * 1000);
      // A queue that brings it back a second early is told to wait.
      later(afterMs - 1_000);
      expect((await leaseLast()).kind).toBe("wait");
      later(1_000);
    }
  });

  it("is retried at its time though the object was restarted meanwhile", async () => {
    await settle(referenceOf(await accept()), 1, false);
    await evict(SHARD);
    later(4_000);
    await inbox().ledger();
    expect(await ring()).toBe(false);
    expect(await untilHandedOver(DAY_MS)).toBeLessThanOrEqual(1_501);
    expect(sent).toHaveLength(1);
  });
});

describe("what may be in flight", () => {
  it("is not exceeded by first attempts, and what is over it goes when there is room", async () => {
    const attempts: LeasedAttempt[] = [];
    for (let n = 0; n < SHARE_IN_FLIGHT + 3; n += 1)
      attempts.push(...(await accept({ payment: `p${n}`, event: `e${n}` })));
    expect(attempts).toHaveLength(SHARE_IN_FLIGHT);
    expect(sent).toEqual([]);
    await settle(attempts[0]?.reference);
    expect(sent).toHaveLength(1);
    await settle(attempts[1]?.reference);
    later(1_000);
    await settle(attempts[2]?.reference);
    expect(sent).toHaveLength(3);
  });

  it("is one attempt that waits for its slot; what comes meanwhile takes the queue", async () => {
    // Eight a second over eight shards: this one has one slot a second.
    await deployTo({ crm: { max_per_second: 8 / RATE_HEADROOM_RATIO } });
    later(500);
    const [first] = await accept({ payment: "p1", event: "e1" });
    expect((first?.delivery.notBeforeMs ?? 0) - Date.now()).toBeCloseTo(500, 0);
    expect(await accept({ payment: "p2", event: "e2" })).toEqual([]);
    expect(sent.map(({ event }) => event)).toEqual([eventId("e2")]);
    later(501);
    expect(await accept({ payment: "p3", event: "e3" })).toHaveLength(1);
  });

  it("counts first attempts that were under way before the object was restarted", async () => {
    for (let n = 0; n < SHARE_IN_FLIGHT; n += 1) await accept({ payment: `p${n}`, event: `e${n}` });
    await evict(SHARD);
    expect(await accept({ payment: "q", event: "q" })).toEqual([]);
    await ring();
    expect(sent).toEqual([]);
    // Nobody reports back: they are given up, and have their turn again with the one that waited.
    later(LEASE_MS);
    await untilHandedOver(LEASE_MS);
    expect(sent.length).toBeGreaterThan(0);
  });
});

/**
 * A step of the drain was used up by its first hand-over, however few rows there had been room for, and a
 * settlement that came while it was used up left the alarm at the end of some lease: with something always in
 * flight, a backlog left at one event a step.
 */
describe("a backlog, with attempts in flight that leave room for one", () => {
  const { rows, stepMs } = drainStep(null, 8);
  let attempts: LeasedAttempt[];

  beforeEach(async () => {
    attempts = [];
    for (let n = 0; n < SHARE_IN_FLIGHT - 1; n += 1)
      attempts.push(...(await accept({ payment: `p${n}`, event: `e${n}` })));
    await inbox().pause("crm", "maintenance");
    for (let n = 0; n < 2 * SHARE_IN_FLIGHT; n += 1) await accept({ payment: `q${n}`, event: `f${n}` });
    await inbox().resume("crm");
    await ring();
  });

  it("has the rest of a step when settlements make room, and the next step when that begins", async () => {
    expect(rows).toBeGreaterThan(2);
    expect(sent).toHaveLength(1);
    for (let settled = 1; settled < rows; settled += 1) {
      await settle(attempts.pop()?.reference);
      expect(sent).toHaveLength(settled + 1);
    }
    await settle(attempts.pop()?.reference);
    expect(sent).toHaveLength(rows);
    expect(await alarmAt()).toBe(Date.now() + stepMs);
    later(stepMs);
    await settle(attempts.pop()?.reference);
    // Two have made room by now.
    expect(sent).toHaveLength(rows + 2);
  });

  it("goes on by the alarm where no settlement comes", async () => {
    for (let settled = 1; settled <= rows; settled += 1) await settle(attempts.pop()?.reference);
    expect(sent).toHaveLength(rows);
    expect(await untilHandedOver(DAY_MS)).toBe(stepMs);
    expect(sent).toHaveLength(rows + 1);
  });

  it("has all the room there is once a restart has ended its pace", async () => {
    await evict(SHARD);
    for (const { reference } of attempts) await settle(reference);
    expect(sent.length).toBeGreaterThan(rows);
  });
});

/**
 * References that were in the queue for longer than the hand-over time-out were refused, since others had been handed
 * over in their place and filled the cap: with a queue that slow nothing of a backlog was ever attempted.
 */
describe("a queue that is slower than the hand-over time-out", () => {
  it("has its late references attempted, and no more at once than the cap", async () => {
    const attempts: LeasedAttempt[] = [];
    for (let n = 0; n < SHARE_IN_FLIGHT; n += 1)
      attempts.push(...(await accept({ payment: `p${n}`, event: `e${n}` })));
    for (let n = 0; n < 2 * SHARE_IN_FLIGHT; n += 1) await accept({ payment: `q${n}`, event: `f${n}` });
    for (const { reference } of attempts) await settle(reference);
    expect(sent).toHaveLength(SHARE_IN_FLIGHT);
    const late = sent.splice(0);
    later(HANDOVER_TIMEOUT_MS);
    await ring();
    // The sweep has filled the cap anew.
    expect(sent).toHaveLength(SHARE_IN_FLIGHT);
    const leased = await inbox().lease(late);
    expect(leased.map(({ kind }) => kind)).toEqual(late.map(() => "deliver"));
    // All that may be attempted at once is.
    const others = sent.filter(({ n }) => !late.some((reference) => reference.n === n));
    expect(others.length).toBeGreaterThan(0);
    const kinds = (await inbox().lease(others)).map(({ kind }) => kind);
    expect(new Set(kinds)).toEqual(new Set(["held"]));
  });
});

describe("a destination that is paused", () => {
  it("stays paused over a restart, gets no first attempt, and everything in order when it resumes", async () => {
    await inbox().pause("crm", "maintenance");
    expect(await accept({ event: "e1", status: "pending" })).toEqual([]);
    await evict(SHARD);
    expect(await accept({ event: "e2", status: "confirmed" })).toEqual([]);
    expect(await accept({ payment: "q", event: "e3" })).toEqual([]);
    expect(await untilHandedOver(DAY_MS)).toBeLessThan(DAY_MS);
    expect(sent).toEqual([]);
    expect(await owedBy(inbox())).toEqual([{ destination: "crm", state: "parked", count: 3 }]);
    await evict(SHARD);
    await inbox().resume("crm");
    await ring();
    expect(sent.map(({ event }) => event)).toEqual([eventId("e1"), eventId("e3")]);
    await inbox().lease(sent);
    await settle(sent[0]);
    expect(sent.at(-1)?.event).toBe(eventId("e2"));
  });

  it("while one is under way takes its result, and holds the payment's next event", async () => {
    const first = await accept({ event: "e1", status: "pending" });
    expect(await accept({ event: "e2", status: "confirmed" })).toEqual([]);
    await inbox().pause("crm", "maintenance");
    await settle(referenceOf(first));
    expect(sent).toEqual([]);
    expect(await owedBy(inbox())).toEqual([{ destination: "crm", state: "parked", count: 1 }]);
    await evict(SHARD);
    await inbox().resume("crm");
    await ring();
    expect(sent.map(({ event }) => event)).toEqual([eventId("e2")]);
  });
});

describe("a destination that is removed", () => {
  it("while one is under way is owed it still, and has it again when it is back", async () => {
    await deployTo({ crm: {}, erp: {} });
    const attempts = await accept({ destinations: ["crm", "erp"] });
    expect(attempts.map(({ reference }) => reference.destination)).toEqual(["crm", "erp"]);
    await settle(attempts[0]?.reference);
    await deployTo({ crm: {} });
    later(LEASE_MS);
    await inbox().ledger();
    await ring();
    expect(sent).toEqual([]);
    expect(await owedBy(inbox())).toEqual([{ destination: "erp", state: "parked", count: 1 }]);
    await deployTo({ crm: {}, erp: {} });
    await inbox().health();
    await ring();
    expect(sent.map(({ destination }) => destination)).toEqual(["erp"]);
  });

  it("takes a result that comes when it is gone", async () => {
    await deployTo({ crm: {}, erp: {} });
    const attempts = await accept({ destinations: ["crm", "erp"] });
    await deployTo({ crm: {} });
    for (const { reference } of attempts) await settle(reference);
    expect(await owedBy(inbox())).toEqual([]);
  });
});

describe("after everything was purged", () => {
  async function purgeAll(): Promise<void> {
    later((DEFAULT_RETENTION_DAYS + 1) * DAY_MS);
    for (let step = 0; step < 5; step += 1) {
      await runInDurableObject(inbox(), (_, state) => state.storage.setAlarm(Date.now() + 1));
      await runDurableObjectAlarm(inbox());
      later(7_200_000);
    }
    const rows = await runInDurableObject(
      inbox(),
      (_, state) => state.storage.sql.exec("SELECT n FROM events").toArray().length,
    );
    expect(rows).toBe(0);
  }

  it("one that is lost with its Worker is found again by the next life", async () => {
    for (let n = 0; n < 100; n += 1)
      await settle(referenceOf(await accept({ payment: `p${n}`, event: `e${n}` })));
    await purgeAll();
    await accept({ payment: "new", event: "new" });
    await evict(SHARD);
    await inbox().ledger();
    expect(await untilHandedOver(DAY_MS)).toBeLessThanOrEqual(LEASE_MS);
    expect(sent.map(({ event }) => event)).toEqual([eventId("new")]);
  });

  it("an old payment's repeat is not taken for an event that came after", async () => {
    await settle(referenceOf(await accept({ payment: "old", event: "old" })));
    await purgeAll();
    await accept({ payment: "new", event: "new" });
    const again = await inbox().accept(
      acceptance({ payment: "old", event: "old", fingerprint: "as re-sent" }),
    );
    expect(again).toEqual({ outcome: "duplicate", eventId: eventId("old"), warnings: [] });
    expect(await inbox().timeline(acceptance({ payment: "old" }).event.data.payment_id)).toEqual([]);
  });
});
