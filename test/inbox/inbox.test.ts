/** The Inbox as an object in workerd: what it keeps, what it hands over, and what survives an eviction. */
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Reference, Result } from "../../src/inbox/protocol.ts";
import { BREAKER_FAILURES, HANDOVER_TIMEOUT_MS } from "../../src/limits.ts";
import { owedBy } from "../support/ledger.ts";
import { bindings, freshRelay, inboxOf, type Outside } from "../support/worker.ts";
import { interceptQueue } from "../support/queue.ts";
import { acceptance, eventId, paymentId, type Stated } from "../support/events.ts";

/** Ahead of the real clock, so that no alarm fires by itself: tests run them when they want to. */
const NOW = "2036-01-01T00:00:00.000Z";
const SHARD = "8/0";
let outside: Outside;
let sent: Reference[];

beforeEach(async () => {
  outside = await freshRelay(NOW);
  sent = interceptQueue();
});

const inbox = () => inboxOf(SHARD);
const accept = (stated: Stated = {}) => inbox().accept(acceptance(stated));
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

describe("accepting", () => {
  it("reports a repeat as a duplicate and owes nothing more", async () => {
    expect(await accept()).toMatchObject({ outcome: "accepted" });
    expect(await accept()).toEqual({ outcome: "duplicate", eventId: eventId("e"), warnings: [] });
    expect(await owedBy(inbox())).toEqual([{ destination: "crm", state: "pending", count: 1 }]);
  });

  it("warns when a repeat says something else, and forwards it nowhere", async () => {
    await accept({ contents: { "conflict:amount": "10" } });
    const again = await accept({ contents: { "conflict:amount": "9000" }, fingerprint: "other" });
    expect(again).toMatchObject({ outcome: "duplicate", warnings: ["conflict:amount"] });
  });

  it("warns when another event states the same state of another sum", async () => {
    await accept({ event: "e1" });
    const same = await accept({ event: "e2" });
    expect(same).toMatchObject({ outcome: "superseded", reason: "same_state", warnings: [] });
    const other = acceptance({ event: "e3" });
    const amount = { value: "9.99", currency: "EUR" };
    const said = await inbox().accept({
      ...other,
      event: { ...other.event, data: { ...other.event.data, amount } },
    });
    expect(said).toMatchObject({
      outcome: "superseded",
      reason: "same_state",
      warnings: ["conflict:amount"],
    });
    expect(outside.lines("alert").map((line) => line.about)).toEqual(["conflict:amount"]);
  });

  it("remembers everything over an eviction", async () => {
    await accept();
    await evictDurableObject(inbox());
    expect(await accept()).toMatchObject({ outcome: "duplicate" });
    const [lease] = await inbox().lease([reference(1)]);
    expect(lease).toMatchObject({ kind: "deliver", attempt: 1, sequence: 1 });
  });

  it("hands over the reference at once", async () => {
    await accept();
    await vi.waitFor(() => expect(sent).toEqual([reference(1)]));
  });
});

describe("leasing and settling", () => {
  it("leases a delivery once at a time", async () => {
    await accept();
    const leases = await inbox().lease([reference(1), reference(1)]);
    expect(leases.map(({ kind }) => kind)).toEqual(["deliver", "held"]);
  });

  it("settles an attempt once: a second report of it changes nothing", async () => {
    await accept();
    await inbox().lease([reference(1)]);
    await inbox().settle([result(reference(1), 1, true)]);
    expect(await inbox().settle([result(reference(1), 1, false)])).toEqual([{ next: "done" }]);
    expect(await inbox().lease([reference(1)])).toEqual([{ kind: "done" }]);
    expect((await inbox().ledger()).counts.destinations.crm?.delivered).toBe(1);
  });

  it("records a 2xx that comes after the same attempt was reported as failed", async () => {
    await accept();
    await inbox().lease([reference(1)]);
    await inbox().settle([result(reference(1), 1, false)]);
    await inbox().settle([result(reference(1), 1, true)]);
    later(6_000);
    expect(await inbox().lease([reference(1)])).toEqual([{ kind: "done" }]);
    expect((await inbox().ledger()).counts.destinations.crm?.delivered).toBe(1);
  });

  it("does not take a second report of the first delivery for the replay of it", async () => {
    await accept();
    await inbox().lease([reference(1)]);
    await inbox().settle([result(reference(1), 1, true)]);
    await inbox().replay(1, undefined, "op");
    await inbox().settle([result(reference(1), 1, true)]);
    expect(await inbox().lease([reference(1)])).toMatchObject([
      { kind: "deliver", attempt: 2, replay: true },
    ]);
  });

  it("schedules a failed attempt and refuses an early lease", async () => {
    await accept();
    await inbox().lease([reference(1)]);
    const [settled] = await inbox().settle([result(reference(1), 1, false)]);
    expect(settled).toMatchObject({ next: "retry" });
    const [early] = await inbox().lease([reference(1)]);
    expect(early).toMatchObject({ kind: "wait" });
    later(6_000);
    const [due] = await inbox().lease([reference(1)]);
    expect(due).toMatchObject({ kind: "deliver", attempt: 2 });
  });

  it("holds the next event of a payment until the one before it is delivered", async () => {
    await accept({ event: "e1", status: "pending" });
    await accept({ event: "e2", status: "confirmed" });
    await accept({ event: "other", payment: "q" });
    await vi.waitFor(() => expect(sent).toHaveLength(2));
    expect(await inbox().lease([reference(2, "e2")])).toEqual([{ kind: "held" }]);
    await inbox().lease([reference(1, "e1")]);
    await inbox().settle([result(reference(1, "e1"), 1, true)]);
    await vi.waitFor(() => expect(sent.at(-1)).toEqual(reference(2, "e2")));
    expect(await inbox().lease([reference(2, "e2")])).toMatchObject([{ kind: "deliver", sequence: 2 }]);
  });

  it("makes a delivery dead after its last attempt and hands over the payment's next", async () => {
    await accept({ event: "e1", status: "pending" });
    await accept({ event: "e2" });
    let attempt = 0;
    let settled: { next: string } = { next: "retry" };
    while (settled.next === "retry") {
      attempt += 1;
      // Days pass; every time the breaker has let a probe through again.
      later(100_000_000);
      await runDurableObjectAlarm(inbox());
      expect(await inbox().lease([reference(1, "e1")])).toMatchObject([{ kind: "deliver", attempt }]);
      [settled = { next: "done" }] = await inbox().settle([result(reference(1, "e1"), attempt, false)]);
    }
    expect(attempt).toBe(15);
    expect(await owedBy(inbox())).toEqual([
      { destination: "crm", state: "dead", count: 1 },
      { destination: "crm", state: "pending", count: 1 },
    ]);
    expect(outside.lines("alert").map((line) => line.about)).toContain("dead_letter");
  });
});

describe("a receiver that does not know our requests", () => {
  it("is alerted after three refusals in a row, once", async () => {
    for (let i = 1; i <= 5; i += 1) {
      await accept({ event: `r${i}`, payment: `r${i}` });
      const of = reference(i, `r${i}`, `r${i}`);
      await inbox().lease([of]);
      const refused = result(of, 1, false);
      await inbox().settle([{ ...refused, attempt: { ...refused.attempt, status: 401 } }]);
      const told = outside.lines("alert").filter(({ about }) => about === "destination_refuses");
      expect(told).toHaveLength(i < 3 ? 0 : 1);
    }
  });
});

describe("the sweep", () => {
  it("hands over again what was not settled within the hand-over time-out", async () => {
    await accept();
    await vi.waitFor(() => expect(sent).toHaveLength(1));
    later(HANDOVER_TIMEOUT_MS - 1);
    await runDurableObjectAlarm(inbox());
    expect(sent).toHaveLength(1);
    later(2);
    await runDurableObjectAlarm(inbox());
    await vi.waitFor(() => expect(sent).toHaveLength(2));
  });

  it("goes on after an alarm that found the queue broken", async () => {
    vi.spyOn(bindings.DELIVERIES, "sendBatch").mockRejectedValueOnce(new Error("queue is down"));
    await accept();
    await vi.waitFor(() => expect(outside.lines("fault").map((line) => line.where)).toContain("queue.send"));
    later(HANDOVER_TIMEOUT_MS + 1);
    await runDurableObjectAlarm(inbox());
    await vi.waitFor(() => expect(sent).toEqual([reference(1)]));
  });

  it("loses no second alarm: with something owed one is always set", async () => {
    await accept();
    later(HANDOVER_TIMEOUT_MS + 1);
    await runDurableObjectAlarm(inbox());
    const alarm = await runInDurableObject(inbox(), (_, state) => state.storage.getAlarm());
    expect(alarm).not.toBeNull();
  });
});

describe("the breaker", () => {
  async function fail(times: number): Promise<void> {
    for (let i = 1; i <= times; i += 1) {
      await accept({ event: `f${i}`, payment: `f${i}` });
      const of = reference(i, `f${i}`, `f${i}`);
      await inbox().lease([of]);
      await inbox().settle([result(of, 1, false)]);
    }
  }

  it("opens after ten failures in a row, spends no attempt, and probes with one delivery", async () => {
    await fail(BREAKER_FAILURES);
    await accept({ event: "next", payment: "next" });
    const next = reference(BREAKER_FAILURES + 1, "next", "next");
    expect(await inbox().lease([next])).toEqual([{ kind: "held" }]);
    sent.length = 0;
    later(31_000);
    await runDurableObjectAlarm(inbox());
    await vi.waitFor(() => expect(sent).toHaveLength(1));
    const probe = sent[0] as Reference;
    expect(await inbox().lease([probe])).toMatchObject([{ kind: "deliver" }]);
  });

  it("does not open over one payment that fails again and again", async () => {
    await accept({ event: "poison", payment: "poison" });
    const poison = reference(1, "poison", "poison");
    for (let attempt = 1; attempt <= BREAKER_FAILURES + 2; attempt += 1) {
      later(100_000_000);
      await inbox().lease([poison]);
      await inbox().settle([result(poison, attempt, false)]);
    }
    await accept({ event: "next", payment: "next" });
    expect(await inbox().lease([reference(2, "next", "next")])).toMatchObject([{ kind: "deliver" }]);
  });

  it("drains what it had held back once it is closed", async () => {
    await fail(BREAKER_FAILURES);
    await accept({ event: "next", payment: "next" });
    // Their queue messages are delivered one by one and held back.
    later(6_000);
    const references = Array.from({ length: BREAKER_FAILURES }, (_, i) =>
      reference(i + 1, `f${i + 1}`, `f${i + 1}`),
    );
    const leases = await inbox().lease(references);
    expect(new Set(leases.map(({ kind }) => kind))).toEqual(new Set(["held"]));
    sent.length = 0;
    await inbox().resume("crm");
    await runDurableObjectAlarm(inbox());
    await vi.waitFor(() => expect(sent).toHaveLength(6));
    later(1_000);
    await runDurableObjectAlarm(inbox());
    await vi.waitFor(() => expect(sent).toHaveLength(BREAKER_FAILURES + 1));
  });

  it("closes with the first success and drains the backlog", async () => {
    await fail(BREAKER_FAILURES);
    await accept({ event: "next", payment: "next" });
    later(31_000);
    await runDurableObjectAlarm(inbox());
    await vi.waitFor(() => expect(sent).not.toEqual([]));
    const probe = sent.at(-1) as Reference;
    const [lease] = await inbox().lease([probe]);
    sent.length = 0;
    await inbox().settle([result(probe, lease?.kind === "deliver" ? lease.attempt : 0, true)]);
    later(HANDOVER_TIMEOUT_MS + 60_000);
    // In steps, not all at once: 50 a second are six for each of eight shards.
    await runDurableObjectAlarm(inbox());
    await vi.waitFor(() => expect(sent).toHaveLength(6));
    await runDurableObjectAlarm(inbox());
    expect(sent).toHaveLength(6);
    later(1_000);
    await runDurableObjectAlarm(inbox());
    await vi.waitFor(() => expect(sent).toHaveLength(BREAKER_FAILURES));
  });
});

describe("pause and resume", () => {
  it("parks what is owed and what comes, and hands all of it over in order", async () => {
    await accept({ event: "e1", status: "pending" });
    await inbox().pause("crm", "maintenance");
    await accept({ event: "e2" });
    expect(await owedBy(inbox())).toEqual([{ destination: "crm", state: "parked", count: 2 }]);
    expect(await inbox().lease([reference(1, "e1")])).toEqual([{ kind: "held" }]);
    await evictDurableObject(inbox());
    sent.length = 0;
    await inbox().resume("crm");
    later(1);
    await runDurableObjectAlarm(inbox());
    await vi.waitFor(() => expect(sent).toEqual([reference(1, "e1")]));
    await inbox().lease([reference(1, "e1")]);
    await inbox().settle([result(reference(1, "e1"), 1, true)]);
    await vi.waitFor(() => expect(sent.at(-1)).toEqual(reference(2, "e2")));
  });

  it("pauses a destination that says it is gone, and keeps what it was owed", async () => {
    await accept();
    await inbox().lease([reference(1)]);
    const gone = { ...result(reference(1), 1, false), outcome: { kind: "gone" as const } };
    expect(await inbox().settle([gone])).toEqual([{ next: "done" }]);
    expect(await owedBy(inbox())).toEqual([{ destination: "crm", state: "parked", count: 1 }]);
  });
});

describe("a deferred callback", () => {
  const callback = {
    method: "POST",
    kind: null,
    pathKey: null,
    query: "",
    contentType: null,
    body: "",
    receivedAtMs: 0,
    sha256: "ab",
    verification: null,
  };
  const deferred = {
    source: "tokenpayments/broker-eu",
    eventId: eventId("callback"),
    callback,
    why: { state: "deferred" as const, reason: "verifier_status" as const },
  };
  const question: Reference = {
    shard: SHARD,
    payment: "callback:ab",
    n: 1,
    event: eventId("callback"),
    destination: "@verifier",
  };
  const undecided = { kind: "undecided" as const, reason: "verifier_status" as const };

  async function ask(attempt: number): Promise<string> {
    expect(await inbox().lease([question])).toMatchObject([{ kind: "verify", attempt }]);
    const log = {
      attempt,
      atMs: Date.now(),
      durationMs: 1,
      status: null,
      error: "verifier_status",
      answer: null,
    };
    const settled = await inbox().settleVerification(question, log, undecided);
    return settled.next === "retry" ? String(settled.seconds) : settled.next;
  }

  it("is asked about by the schedule, then dead, and alive again when the provider repeats it", async () => {
    expect(await inbox().setAside(deferred)).toMatchObject({ outcome: "deferred", repeated: false });
    expect(await inbox().lease([question])).toMatchObject([{ kind: "wait", seconds: 10 }]);
    const waits: string[] = [];
    for (let attempt = 1; attempt <= 6; attempt += 1) {
      later(50_000_000);
      waits.push(await ask(attempt));
    }
    expect(waits).toEqual(["60", "300", "1800", "7200", "43200", "done"]);
    expect((await inbox().list({ state: "dead" }, null, 10)).events).toHaveLength(1);
    // A second report of a result that was recorded already uses up no attempt.
    const log = { attempt: 6, atMs: 0, durationMs: 1, status: null, error: null, answer: null };
    expect(await inbox().settleVerification(question, log, undecided)).toEqual({ next: "done" });
    expect(await inbox().setAside(deferred)).toMatchObject({ outcome: "deferred", repeated: true });
    later(10_000);
    expect(await ask(7)).toBe("60");
  });
});

describe("replay", () => {
  it("sends the same bytes again, whatever their state was", async () => {
    await accept();
    const [first] = await inbox().lease([reference(1)]);
    await inbox().settle([result(reference(1), 1, true)]);
    expect(await inbox().replay(1, undefined, "op")).toBe(1);
    const [again] = await inbox().lease([reference(1)]);
    expect(again).toMatchObject({ kind: "deliver", replay: true, attempt: 2 });
    expect(again?.kind === "deliver" && first?.kind === "deliver" && again.body === first.body).toBe(true);
    await inbox().settle([result(reference(1), 2, true)]);
    const { counts } = await inbox().ledger();
    expect(counts.destinations.crm).toMatchObject({ owed: 1, delivered: 1, pending: 0 });
    expect(counts.sources["ipay/broker-eu"]?.accepted).toBe(1);
  });
});
