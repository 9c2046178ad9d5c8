/** Reports that come when they are no news any more, and failures of what is held back: nothing is counted twice or lost from sight. */
import { runDurableObjectAlarm } from "cloudflare:test";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { VERIFIER, type Attempt, type Decision, type Reference } from "../../src/inbox/protocol.ts";
import { DEFAULT_SCHEDULE_SECONDS, HANDOVER_TIMEOUT_MS, MAX_RETRY_AFTER_SECONDS } from "../../src/limits.ts";
import { acceptance, eventId, paymentId, settingAside, type Stated } from "../support/events.ts";
import { interceptQueue } from "../support/queue.ts";
import { freshRelay, inboxOf } from "../support/worker.ts";

const SHARD = "8/0";
let sent: Reference[];

beforeEach(async () => {
  // Ahead of the real clock, so that no alarm fires by itself: tests run them when they want to.
  await freshRelay("2036-01-01T00:00:00.000Z");
  sent = interceptQueue();
});

const inbox = () => inboxOf(SHARD);
const later = (ms: number) => vi.setSystemTime(Date.now() + ms);

function attemptOf(attempt: number, status: number | null): Attempt {
  return { attempt, atMs: Date.now(), durationMs: 5, status, error: null, answer: "" };
}

describe("a question to a verifier", () => {
  const why = { state: "deferred", reason: "verifier_timeout" } as const;
  const question: Reference = {
    shard: SHARD,
    payment: "callback:bytes",
    n: 1,
    event: eventId("d"),
    destination: VERIFIER,
  };
  const undecided: Decision = { kind: "undecided", reason: "verifier_status" };
  const report = (attempt: number, decision: Decision) =>
    inbox().settleVerification(question, attemptOf(attempt, null), decision);
  const state = async () => (await inbox().list({}, null, 1)).events[0]?.shown;
  /** The first attempt has come back without an answer, and the second is under way. */
  async function askedTwice(): Promise<void> {
    await inbox().setAside(settingAside("bytes", why));
    later(3_600_000);
    expect(await inbox().lease([question])).toMatchObject([{ kind: "verify", attempt: 1 }]);
    expect(await report(1, undecided)).toMatchObject({ next: "retry" });
    later(3_600_000);
    expect(await inbox().lease([question])).toMatchObject([{ kind: "verify", attempt: 2 }]);
  }

  it.each([
    { kind: "refused", reason: "token_invalid" },
    { kind: "accepted", eventId: eventId("e"), outcome: "accepted" },
    { kind: "undecided", reason: "verifier_status" },
  ] satisfies Decision[])("reported late, for an older attempt, changes nothing: $kind", async (decision) => {
    await askedTwice();
    expect(await report(1, decision)).toEqual({ next: "done" });
    expect(await state()).toBe("deferred");
    expect((await inbox().ledger()).counts.sources["tokenpayments/broker-eu"]).toMatchObject({
      arrived: 1,
      deferred: 1,
    });
    // And the attempt under way still counts as the second.
    expect(await report(2, { kind: "refused", reason: "token_invalid" })).toEqual({ next: "done" });
    expect(await state()).toBe("refused");
  });

  it("that was refused does not end the next one, if its report comes twice", async () => {
    await inbox().setAside(settingAside("bytes", why));
    later(3_600_000);
    await inbox().lease([question]);
    const refused = { kind: "refused", reason: "token_invalid" } as const;
    await report(1, refused);
    // The provider comes again, and now nobody can say.
    await inbox().setAside(settingAside("bytes", why));
    expect(await report(1, refused)).toEqual({ next: "done" });
    expect(await state()).toBe("deferred");
    later(3_600_000);
    expect(await inbox().lease([question])).toMatchObject([{ kind: "verify", attempt: 2 }]);
  });

  it("reported twice counts once", async () => {
    await askedTwice();
    await report(2, { kind: "refused", reason: "token_invalid" });
    expect(await report(2, { kind: "accepted", eventId: eventId("e"), outcome: "accepted" })).toEqual({
      next: "done",
    });
    expect(await state()).toBe("refused");
  });
});

describe("an attempt that fails while its destination is paused", () => {
  const reference: Reference = {
    shard: SHARD,
    payment: paymentId("p"),
    n: 1,
    event: eventId("e"),
    destination: "crm",
  };
  const fail = (attempt: number) =>
    inbox().settle([
      { reference, attempt: attemptOf(attempt, 500), outcome: { kind: "failed", retryAfterSeconds: null } },
    ]);
  const accept = (stated: Stated = {}) => inbox().accept(acceptance(stated));
  const shown = async () => (await inbox().list({}, null, 1)).events[0]?.shown;
  /** What the sweep hands over, an hour and more after the destination has its turn again. */
  async function sweptAfterResume(): Promise<Reference[]> {
    await inbox().resume("crm");
    later(MAX_RETRY_AFTER_SECONDS * 1_000 + HANDOVER_TIMEOUT_MS);
    sent.length = 0;
    await runDurableObjectAlarm(inbox());
    await vi.waitFor(() => expect(sent).not.toEqual([]));
    return sent;
  }

  it("over the queue is parked, and the sweep finds it once its destination is resumed", async () => {
    await accept();
    await inbox().lease([reference]);
    await inbox().pause("crm", "maintenance");
    await fail(1);
    expect(await shown()).toBe("parked");
    sent.length = 0;
    later(DEFAULT_SCHEDULE_SECONDS.reduce((sum, seconds) => sum + seconds, 0) * 1_000);
    await runDurableObjectAlarm(inbox());
    expect(sent).toEqual([]);
    expect(await sweptAfterResume()).toEqual([reference]);
    expect(await inbox().lease([reference])).toMatchObject([{ kind: "deliver", attempt: 2 }]);
  });

  it("from the acceptance is parked, and the sweep finds it too", async () => {
    expect(await accept({ attemptNow: true })).toMatchObject({ attempts: [{ delivery: { attempt: 1 } }] });
    await inbox().pause("crm", "maintenance");
    await fail(1);
    expect(await shown()).toBe("parked");
    expect(await sweptAfterResume()).toEqual([reference]);
    expect(await inbox().lease([reference])).toMatchObject([{ kind: "deliver", attempt: 2 }]);
  });

  it("and was its last one is not given up: it is tried once more after the resume", async () => {
    await accept();
    const last = DEFAULT_SCHEDULE_SECONDS.length + 1;
    for (let attempt = 1; attempt <= last; attempt += 1) {
      // Days pass; every time the breaker has let a probe through again.
      later(100_000_000);
      await runDurableObjectAlarm(inbox());
      expect(await inbox().lease([reference])).toMatchObject([{ kind: "deliver", attempt }]);
      if (attempt === last) await inbox().pause("crm", "maintenance");
      await fail(attempt);
    }
    expect(await shown()).toBe("parked");
    expect((await inbox().ledger()).counts.destinations.crm).toMatchObject({ pending: 1, dead: 0 });
    expect(await sweptAfterResume()).toEqual([reference]);
    expect(await inbox().lease([reference])).toMatchObject([{ kind: "deliver", attempt: last + 1 }]);
  });

  it("with a 410 is parked as well, and handed over when somebody resumes the destination", async () => {
    await accept();
    await inbox().lease([reference]);
    await inbox().settle([{ reference, attempt: attemptOf(1, 410), outcome: { kind: "gone" } }]);
    expect(await shown()).toBe("parked");
    expect(await sweptAfterResume()).toEqual([reference]);
  });
});
