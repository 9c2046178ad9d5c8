/** Callbacks without an event: kept once, counted, asked about again, and never so many that nobody else has room. */
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { VERIFIER, type Attempt, type Decision, type Reference } from "../../src/inbox/protocol.ts";
import {
  DEFERRED_PARTS_OF_FREE,
  DEFERRED_SCHEDULE_SECONDS,
  MAX_DEFERRED_PER_ACCOUNT,
  SEARCH_BLOCK_EVENTS,
} from "../../src/limits.ts";
import { acceptance, eventId, settingAside } from "../support/events.ts";
import { interceptQueue } from "../support/queue.ts";
import { copyEvent, makeBlocks } from "../support/rows.ts";
import { freshRelay, inboxOf, shards, type Outside } from "../support/worker.ts";

const SHARD = "8/0";
const SOURCE = "tokenpayments/broker-eu";
const OTHER = "tokenpayments/broker-us";
const DEFERRED = { state: "deferred", reason: "verifier_timeout" } as const;
const QUARANTINED = { state: "quarantined", reason: "missing_amount", detail: "amount2" } as const;
const QUESTION: Reference = {
  shard: SHARD,
  payment: "callback:bytes",
  n: 1,
  event: eventId("bytes"),
  destination: VERIFIER,
};
let outside: Outside;
let sent: Reference[];

beforeEach(async () => {
  // Ahead of the real clock, so that no alarm fires by itself.
  outside = await freshRelay("2036-01-01T00:00:00.000Z");
  sent = interceptQueue();
});

const inbox = () => inboxOf(SHARD);
const setAside = (why: Parameters<typeof settingAside>[1], name = "bytes") =>
  inbox().setAside(settingAside(name, why));
const later = (seconds: number) => vi.setSystemTime(Date.now() + seconds * 1_000);
const alerts = () =>
  outside.lines("alert").map(({ about, source, event, reason }) => ({ about, source, event, reason }));

async function row() {
  const { events } = await inbox().list({}, null, 10);
  expect(events).toHaveLength(1);
  const [{ state, shown, reason, duplicates, received_at, deliveries } = events[0] as never] = events;
  return { state, shown, reason, duplicates, received_at, questions: deliveries };
}

async function counts() {
  const { counts: all } = await inbox().ledger();
  const nonZero = (of: object | undefined) =>
    Object.fromEntries(Object.entries(of ?? {}).filter(([, count]) => count !== 0));
  return { source: nonZero(all.sources[SOURCE]), verifier: nonZero(all.destinations[VERIFIER]) };
}

/** One attempt to ask, and what came of it. */
async function ask(attempt: number, decision: Decision): Promise<void> {
  later(100_000);
  expect(await inbox().lease([QUESTION])).toMatchObject([{ kind: "verify", attempt }]);
  const made: Attempt = { attempt, atMs: Date.now(), durationMs: 1, status: null, error: null, answer: null };
  await inbox().settleVerification(QUESTION, made, decision);
}

async function giveUp(): Promise<void> {
  for (let i = 1; i <= DEFERRED_SCHEDULE_SECONDS.length; i += 1)
    await ask(i, { kind: "undecided", reason: "verifier_status" });
}

describe("a quarantined callback", () => {
  it("is kept once, counted and alerted; a repeat is only counted", async () => {
    const kept = { outcome: "quarantined", eventId: eventId("bytes") };
    expect(await setAside(QUARANTINED)).toEqual({ ...kept, repeated: false });
    expect(alerts()).toEqual([
      { about: "quarantined", source: SOURCE, event: eventId("bytes"), reason: "missing_amount:amount2" },
    ]);
    expect(await row()).toMatchObject({
      state: "quarantined",
      reason: "missing_amount:amount2",
      questions: [],
    });
    expect(await counts()).toEqual({ source: { arrived: 1, quarantined: 1 }, verifier: {} });

    expect(await setAside(QUARANTINED)).toEqual({ ...kept, repeated: true });
    expect(await row()).toMatchObject({ state: "quarantined", duplicates: 1, questions: [] });
    expect(await counts()).toEqual({ source: { arrived: 2, quarantined: 1, duplicate: 1 }, verifier: {} });
    expect(alerts()).toHaveLength(1);
  });
});

describe("the same bytes at two accounts", () => {
  it("are set aside for each, and repeated for each by itself", async () => {
    const second = { ...settingAside("bytes", QUARANTINED), source: OTHER, eventId: eventId("second") };
    await setAside(QUARANTINED);
    const kept = { outcome: "quarantined", eventId: eventId("second") };
    expect(await inbox().setAside(second)).toEqual({ ...kept, repeated: false });
    expect(await inbox().setAside(second)).toEqual({ ...kept, repeated: true });
    expect((await inbox().list({}, null, 10)).events).toMatchObject([
      { event_id: eventId("second"), source: OTHER, duplicates: 1 },
      { event_id: eventId("bytes"), source: SOURCE, duplicates: 0 },
    ]);
  });
});

describe("a deferred callback", () => {
  it("is kept with the question that is owed for it, and asked about when its time has come", async () => {
    const kept = { outcome: "deferred", eventId: eventId("bytes") };
    expect(await setAside(DEFERRED)).toEqual({ ...kept, repeated: false });
    expect(alerts()).toEqual([
      { about: "deferred", source: SOURCE, event: eventId("bytes"), reason: "verifier_timeout" },
    ]);
    const due = Date.now() + DEFERRED_SCHEDULE_SECONDS[0] * 1_000;
    expect((await row()).questions).toMatchObject([
      { destination: VERIFIER, state: "pending", due, attempts: 0 },
    ]);
    expect(await counts()).toEqual({
      source: { arrived: 1, deferred: 1 },
      verifier: { owed: 1, pending: 1 },
    });
    expect(sent).toEqual([]);
    later(DEFERRED_SCHEDULE_SECONDS[0]);
    await runDurableObjectAlarm(inbox());
    await vi.waitFor(() => expect(sent).toEqual([QUESTION]));
    expect(await inbox().lease([QUESTION])).toMatchObject([
      { kind: "verify", attempt: 1, callback: { sha256: "bytes", caller: "caller" } },
    ]);
  });

  it("that comes again while it waits is counted, and not asked about twice", async () => {
    await setAside(DEFERRED);
    const before = (await row()).questions;
    later(1);
    expect(await setAside(DEFERRED)).toMatchObject({ outcome: "deferred", repeated: true });
    expect(await row()).toMatchObject({ state: "deferred", duplicates: 1, questions: before });
    expect(await counts()).toEqual({
      source: { arrived: 2, deferred: 1, duplicate: 1 },
      verifier: { owed: 1, pending: 1 },
    });
  });

  it("that was refused and is undecided now is undecided anew, as if it came for the first time", async () => {
    await setAside(DEFERRED);
    await ask(1, { kind: "refused", reason: "token_invalid" });
    expect(await row()).toMatchObject({ state: "refused", reason: "token_invalid" });
    expect(await counts()).toEqual({ source: { arrived: 1, refused: 1 }, verifier: {} });
    later(60);
    const why = { state: "deferred", reason: "verifier_status" } as const;
    expect(await setAside(why)).toEqual({ outcome: "deferred", eventId: eventId("bytes"), repeated: false });
    expect(await row()).toMatchObject({
      state: "deferred",
      reason: "verifier_status",
      duplicates: 1,
      received_at: Date.now(),
      questions: [{ state: "pending", due: Date.now() + DEFERRED_SCHEDULE_SECONDS[0] * 1_000 }],
    });
    expect(await counts()).toEqual({
      source: { arrived: 2, deferred: 1, duplicate: 1 },
      verifier: { owed: 1, pending: 1 },
    });
    await ask(2, { kind: "refused", reason: "token_invalid" });
    expect(await row()).toMatchObject({ state: "refused" });
  });

  it("that is undecided anew is found by what it says, though it said nothing when the search took it in", async () => {
    const callback = settingAside("bytes", DEFERRED, {
      contentType: "application/json",
      body: btoa('{"invoice":"INV-4711"}'),
    });
    const found = async () => (await inbox().list({ q: "INV-4711" }, null, 10)).events.map(({ n }) => n);
    await inbox().setAside(callback);
    expect(await found()).toEqual([1]);
    await ask(1, { kind: "refused", reason: "token_invalid" });
    await inbox().accept(acceptance({ destinations: [] }));
    await runInDurableObject(inbox(), (_, { storage }) => copyEvent(storage.sql, 2, 2 * SEARCH_BLOCK_EVENTS));
    await makeBlocks();
    expect(await found()).toEqual([]);
    await inbox().setAside(callback);
    expect(await found()).toEqual([1]);
  });

  it("that was refused and comes again as quarantined stays refused", async () => {
    await setAside(DEFERRED);
    await ask(1, { kind: "refused", reason: "token_invalid" });
    expect(await setAside(QUARANTINED)).toMatchObject({ outcome: "quarantined", repeated: true });
    expect(await row()).toMatchObject({ state: "refused" });
  });

  it("whose verifier was given up on is asked about again when its provider comes again", async () => {
    await setAside(DEFERRED);
    await giveUp();
    expect(await row()).toMatchObject({ shown: "dead" });
    expect((await counts()).verifier).toEqual({ owed: 1, dead: 1 });
    // A callback that is no use by itself is no reason to ask.
    await setAside(QUARANTINED);
    expect(await row()).toMatchObject({ shown: "dead" });
    expect(await setAside(DEFERRED)).toMatchObject({ outcome: "deferred", repeated: true });
    expect(await row()).toMatchObject({ shown: "deferred", duplicates: 2 });
    expect((await counts()).verifier).toEqual({ owed: 1, pending: 1 });
    await ask(DEFERRED_SCHEDULE_SECONDS.length + 1, { kind: "refused", reason: "token_invalid" });
    expect(await row()).toMatchObject({ state: "refused" });
  });

  it("that was quarantined before stays so, and nobody is asked", async () => {
    await setAside(QUARANTINED);
    expect(await setAside(DEFERRED)).toMatchObject({ outcome: "deferred", repeated: true });
    expect(await row()).toMatchObject({ state: "quarantined", duplicates: 1, questions: [] });
  });

  it("is not taken from a caller that has used up its room, and a quarantined one is", async () => {
    const room = MAX_DEFERRED_PER_ACCOUNT / shards.length / DEFERRED_PARTS_OF_FREE;
    let taken = 0;
    for (; taken <= room; taken += 1)
      if ((await setAside(DEFERRED, `bytes${taken}`)).outcome === "full") break;
    expect(taken).toBeGreaterThan(1);
    expect(taken).toBeLessThanOrEqual(room);
    expect(await setAside(DEFERRED, "one more")).toEqual({ outcome: "full" });
    expect((await counts()).source).toEqual({ arrived: taken, deferred: taken });
    expect(await setAside(QUARANTINED, "useless")).toMatchObject({ outcome: "quarantined" });
    // The next life of the object finds in the rows whose they are.
    await evictDurableObject(inbox());
    expect(await setAside(DEFERRED, "one more")).toEqual({ outcome: "full" });
    const other = settingAside("of another", DEFERRED, { caller: "another" });
    expect(await inbox().setAside(other)).toMatchObject({ outcome: "deferred" });
  });
});
