/** Deferred callbacks that come again, or are given up. */
import { beforeEach, describe, expect, it } from "vitest";
import type { Reference, SetAside } from "../../src/inbox/protocol.ts";
import { inbox, later, rowsWritten, SHARD } from "../support/attempts.ts";
import { eventId } from "../support/events.ts";
import { interceptQueue } from "../support/queue.ts";
import { freshRelay } from "../support/worker.ts";

const SOURCE = "tokenpayments/broker-eu";
/** More than any wait between two questions. */
const LONG_MS = 50_000_000;

beforeEach(async () => {
  await freshRelay("2036-01-01T00:00:00.000Z");
  interceptQueue();
});

function deferral(name: string) {
  const callback = {
    method: "POST",
    kind: null,
    pathKey: null,
    query: "",
    contentType: null,
    body: btoa(name),
    receivedAtMs: Date.now(),
    sha256: name,
    verification: null,
    caller: "stranger",
  };
  const why = { state: "deferred" as const, reason: "verifier_status" as const };
  return { source: SOURCE, eventId: eventId(name), callback, why };
}
const defer = (name: string): Promise<SetAside> => inbox().setAside(deferral(name));

function questionOf(n: number, name: string): Reference {
  return { shard: SHARD, payment: `callback:${name}`, n, event: eventId(name), destination: "@verifier" };
}

const attempt = (number: number) => ({
  attempt: number,
  atMs: Date.now(),
  durationMs: 1,
  status: null,
  error: null,
  answer: null,
});

describe("a callback that was refused after it had been deferred", () => {
  it("is stored afresh when it comes again while the verifier is down, and can still become an event", async () => {
    await defer("c");
    const question = questionOf(1, "c");
    later(LONG_MS);
    const [first] = await inbox().lease([question]);
    expect(first).toMatchObject({ kind: "verify", attempt: 1 });
    await inbox().settleVerification(question, attempt(1), { kind: "refused", reason: "token_invalid" });
    expect((await inbox().find(eventId("c")))[0]).toMatchObject({
      row: { shown: "refused" },
      callback: null,
    });

    expect(await defer("c")).toMatchObject({ outcome: "deferred", repeated: false });
    const [kept] = await inbox().find(eventId("c"));
    expect(kept).toMatchObject({ row: { shown: "deferred" }, callback: { body: btoa("c") } });
    later(LONG_MS);
    const [again] = await inbox().lease([question]);
    expect(again).toMatchObject({ kind: "verify", callback: { body: btoa("c") } });
    const decision = { kind: "accepted" as const, eventId: eventId("became"), outcome: "accepted" };
    await inbox().settleVerification(
      question,
      attempt(again?.kind === "verify" ? again.attempt : 0),
      decision,
    );
    expect((await inbox().find(eventId("c")))[0]?.row).toMatchObject({
      shown: "released",
      became: eventId("became"),
    });
    expect(await inbox().ledger()).toMatchObject({ remainder: {} });
  });
});

describe("the quota of deferred callbacks", () => {
  it("does not count those that were given up", { timeout: 30_000 }, async () => {
    let room = 0;
    while ((await defer(`c${room}`)).outcome === "deferred") room += 1;
    expect(room).toBeGreaterThan(1);
    // Whoever asks gets no answer until the schedule is over.
    await rowsWritten((instance) =>
      Array.from({ length: room }, (_, i) => async () => {
        for (let number = 1; number <= 6; number += 1) {
          await instance.settleVerification(questionOf(i + 1, `c${i}`), attempt(number), {
            kind: "undecided",
            reason: "verifier_status",
          });
        }
      }),
    );
    later(LONG_MS);
    expect((await inbox().list({ state: "dead" }, null, 200)).events).toHaveLength(room);
    expect(await defer("another")).toMatchObject({ outcome: "deferred" });
  });
});
