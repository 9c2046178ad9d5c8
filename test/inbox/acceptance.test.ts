/**
 * What the Inbox makes of an event that says what another one has said, or nearly: the answer, what is kept
 * of it, what a person is told, and what it counts as.
 */
import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Money } from "../../src/event.ts";
import type { Acceptance, Accepted } from "../../src/inbox/protocol.ts";
import { MAX_STORED_CONFLICTS, REPEATS_IN_MEMORY_MS } from "../../src/limits.ts";
import { acceptance, eventId, paymentId, type Stated } from "../support/events.ts";
import { interceptQueue } from "../support/queue.ts";
import { freshRelay, inboxOf, type Outside } from "../support/worker.ts";

const SHARD = "8/0";
const SOURCE = "ipay/broker-eu";
let outside: Outside;

beforeEach(async () => {
  // Ahead of the real clock, so that no alarm fires by itself.
  outside = await freshRelay("2036-01-01T00:00:00.000Z");
  interceptQueue();
});

const inbox = () => inboxOf(SHARD);
const accept = (stated: Stated = {}) => inbox().accept(acceptance(stated));

/** Alerts as they were sent, without the object's name. */
const alerts = () => outside.lines("alert").map(({ about, source, event }) => ({ about, source, event }));
const alert = (about: string, event: string) => ({ about, source: SOURCE, event });

/** Every row, oldest first. */
async function rows() {
  const { events } = await inbox().list({}, null, 100);
  return events.toReversed().map(({ event_id, state, reason, warnings, duplicates }) => ({
    id: event_id,
    state,
    reason,
    warnings: JSON.parse(warnings) as string[],
    duplicates,
  }));
}

async function counts() {
  const { counts: all, remainder } = await inbox().ledger();
  expect(
    Object.values(remainder)
      .flat()
      .filter((left) => left !== 0),
  ).toEqual([]);
  return Object.fromEntries(Object.entries(all.sources[SOURCE] ?? {}).filter(([, count]) => count !== 0));
}

/** The first event's row goes, as after its retention; its payment remains. */
async function purgeFirst(): Promise<void> {
  await runInDurableObject(inbox(), (_, { storage }) => {
    storage.sql.exec("DELETE FROM deliveries");
    storage.sql.exec("DELETE FROM events WHERE n = 1");
  });
}

function withAmount(amount: Money | null, stated: Stated): Acceptance {
  const input = acceptance(stated);
  return { ...input, event: { ...input.event, data: { ...input.event.data, amount } } };
}

/** An event whose provider names its events: a repeat of the name is the old news come again. */
function named(stated: Stated): Acceptance {
  const input = acceptance(stated);
  const provider = { ...input.event.data.provider, event_id: "named" };
  return { ...input, event: { ...input.event, data: { ...input.event.data, provider } } };
}

/** The id of what came under the id of another, told apart by this (hex). */
const secondId = (event: string, distinguishing: string) =>
  `${eventId(event).slice(0, 20)}${distinguishing.slice(0, 16)}`;

describe("the same state again, by another event", () => {
  it.each([
    ["the same sum, differently padded", { value: "10.0", currency: "EUR" }, []],
    ["another sum", { value: "10.01", currency: "EUR" }, ["conflict:amount"]],
    // Ten dollars are not ten euros.
    ["the same sum in another currency", { value: "10.00", currency: "USD" }, ["conflict:amount"]],
    ["no sum", null, []],
  ])("with %s is kept, and alerted if it says something else", async (_, amount, warnings) => {
    await accept({ event: "e1" });
    const again = await inbox().accept(withAmount(amount, { event: "e2" }));
    expect(again).toEqual({ outcome: "superseded", eventId: eventId("e2"), reason: "same_state", warnings });
    expect(alerts()).toEqual(warnings.map((about) => alert(about, eventId("e2"))));
    expect((await rows())[1]).toEqual({
      id: eventId("e2"),
      state: "superseded",
      reason: "same_state",
      warnings,
      duplicates: 0,
    });
    expect(await counts()).toEqual({ arrived: 2, accepted: 1, superseded: 1 });
    // The payment knows it: again it is a repeat.
    const repeated = await inbox().accept(withAmount(amount, { event: "e2" }));
    expect(repeated).toEqual({ outcome: "duplicate", eventId: eventId("e2"), warnings: [] });
  });

  it("of a payment that was never forwarded has no sum to compare with", async () => {
    await accept({ event: "e1", status: "confirmed" });
    await accept({ event: "e2", status: "refunded" });
    const late = await inbox().accept(
      withAmount({ value: "9", currency: "EUR" }, { event: "e3", status: "confirmed" }),
    );
    expect(late).toMatchObject({
      outcome: "superseded",
      reason: "regress",
      warnings: ["confirmed_after_reversed"],
    });
    expect(alerts()).toEqual([alert("confirmed_after_reversed", eventId("e3"))]);
  });

  it("is compared with the payment's last forwarded event, not with what was only kept", async () => {
    await accept({ event: "e1" });
    await inbox().accept(withAmount({ value: "11", currency: "EUR" }, { event: "e2" }));
    const third = await inbox().accept(withAmount({ value: "10", currency: "EUR" }, { event: "e3" }));
    expect(third).toMatchObject({ warnings: [] });
  });
});

describe("an event that came with a one-time proof", () => {
  const FIRST = "1".repeat(64);
  const SECOND = "2".repeat(64);

  it("and comes again with the same one is a repeat", async () => {
    await accept({ instance: FIRST });
    expect(await accept({ instance: FIRST })).toEqual({
      outcome: "duplicate",
      eventId: eventId("e"),
      warnings: [],
    });
    expect(await rows()).toHaveLength(1);
  });

  it("and comes again without any is compared by what it says", async () => {
    await accept({ instance: FIRST });
    expect(await accept({ fingerprint: "others" })).toEqual({
      outcome: "duplicate",
      eventId: eventId("e"),
      warnings: [],
    });
    expect(await rows()).toHaveLength(1);
  });

  it("and comes again with another is kept under an id of its own, alerted, and answered as superseded", async () => {
    await accept({ instance: FIRST });
    const id = secondId("e", SECOND);
    const second = await accept({ instance: SECOND });
    expect(second).toEqual({
      outcome: "superseded",
      eventId: id,
      reason: "same_order",
      warnings: ["new_token_same_order"],
    });
    expect(id).toMatch(/^evt_[0-9a-f]{32}$/);
    expect((await rows())[1]).toMatchObject({
      id,
      state: "superseded",
      reason: "same_order",
      warnings: ["new_token_same_order"],
    });
    expect(alerts()).toEqual([alert("new_token_same_order", id)]);
    expect(await counts()).toEqual({ arrived: 2, accepted: 1, superseded: 1 });
    // The second copy of the second proof is counted as a repeat of that one.
    const again = await accept({ instance: SECOND });
    expect(again).toMatchObject({ outcome: "duplicate", eventId: id, warnings: ["new_token_same_order"] });
    expect(await rows()).toMatchObject([{ duplicates: 0 }, { id, duplicates: 1 }]);
    expect(await counts()).toEqual({ arrived: 3, accepted: 1, superseded: 1, duplicate: 1 });
  });

  it("of another sum is probably another payment: a person decides", async () => {
    await accept({ event: "e1", instance: FIRST });
    const input = withAmount({ value: "11", currency: "EUR" }, { event: "e2", instance: SECOND });
    const second = await inbox().accept(input);
    expect(second).toEqual({ outcome: "quarantined", eventId: eventId("e2"), reason: "second_payment" });
    expect((await rows())[1]).toEqual({
      id: eventId("e2"),
      state: "quarantined",
      reason: "second_payment",
      warnings: [],
      duplicates: 0,
    });
    expect(alerts()).toEqual([alert("second_payment", eventId("e2"))]);
    expect(await counts()).toEqual({ arrived: 2, accepted: 1, quarantined: 1 });
    expect(await inbox().accept(input)).toMatchObject({ outcome: "duplicate", eventId: eventId("e2") });
    expect(await rows()).toHaveLength(2);
  });

  it("of another sum that says nothing of the same state is no second payment", async () => {
    await accept({ event: "e1", status: "confirmed", instance: FIRST });
    const input = withAmount(
      { value: "11", currency: "EUR" },
      { event: "e2", status: "pending", instance: SECOND },
    );
    expect(await inbox().accept(input)).toEqual({
      outcome: "superseded",
      eventId: eventId("e2"),
      reason: "regress",
      warnings: [],
    });
  });
});

describe("an event stated differently", () => {
  const FIRST = { contents: { "conflict:amount": "10" }, fingerprint: "a".repeat(64) };
  const other = (i: number) => ({
    contents: { "conflict:amount": `${11 + i}` },
    fingerprint: `${String(i).padStart(16, "b")}${"0".repeat(48)}`,
  });

  it("is answered as a repeat, and kept under an id of its own for a person", async () => {
    await accept(FIRST);
    const answer = { outcome: "duplicate", eventId: eventId("e"), warnings: ["conflict:amount"] };
    expect(await accept(other(0))).toEqual(answer);
    const id = secondId("e", other(0).fingerprint);
    expect(id).toMatch(/^evt_[0-9a-f]{32}$/);
    const kept = { reason: "conflict:amount", warnings: ["conflict:amount"], duplicates: 0 };
    expect(await rows()).toEqual([
      { id: eventId("e"), state: "accepted", ...kept, reason: null },
      { id, state: "conflicting", ...kept },
    ]);
    expect(alerts()).toEqual([alert("conflict:amount", eventId("e"))]);
    expect(await counts()).toEqual({ arrived: 2, accepted: 1, duplicate: 1 });
    // Said again it is a repeat of what is kept already, and told again.
    expect(await accept(other(0))).toEqual(answer);
    expect(await rows()).toMatchObject([{ duplicates: 0 }, { duplicates: 1 }]);
    expect(await counts()).toEqual({ arrived: 3, accepted: 1, duplicate: 2 });
  });

  it("in other bytes that say the same is a plain repeat", async () => {
    await accept(FIRST);
    expect(await accept({ ...FIRST, fingerprint: "c".repeat(64) })).toMatchObject({ warnings: [] });
    expect(await rows()).toHaveLength(1);
    expect(alerts()).toEqual([]);
  });

  it("in the very same bytes is a plain repeat, whatever a new release reads in them", async () => {
    await accept(FIRST);
    expect(await accept({ ...FIRST, contents: other(0).contents })).toMatchObject({ warnings: [] });
    expect(await rows()).toHaveLength(1);
  });

  it("again and again is kept so many times, and from then on only counted and alerted", async () => {
    await accept(FIRST);
    // Others of the same payment do not count.
    await accept({ event: "refund", status: "refunded" });
    for (let i = 0; i <= MAX_STORED_CONFLICTS; i += 1) {
      const answer = await accept(other(i));
      expect(answer).toMatchObject({
        outcome: "duplicate",
        eventId: eventId("e"),
        warnings: ["conflict:amount"],
      });
    }
    const kept = await rows();
    expect(kept.filter(({ state }) => state === "conflicting")).toHaveLength(MAX_STORED_CONFLICTS);
    expect(kept[0]).toMatchObject({ id: eventId("e"), duplicates: 1 });
    expect(await counts()).toMatchObject({ accepted: 2, duplicate: MAX_STORED_CONFLICTS + 1 });
  });
});

describe("a repeat", () => {
  it("is counted in memory, and in its row once the alarm has rung", async () => {
    await accept();
    await accept();
    const alarmAtMs = await runInDurableObject(inbox(), (_, { storage }) => storage.getAlarm());
    expect(alarmAtMs).toBeLessThanOrEqual(Date.now() + REPEATS_IN_MEMORY_MS);
    vi.setSystemTime(Date.now() + REPEATS_IN_MEMORY_MS);
    await runDurableObjectAlarm(inbox());
    const stored = await runInDurableObject(inbox(), (_, { storage }) =>
      storage.sql.exec<{ duplicates: number }>("SELECT duplicates FROM events").one(),
    );
    expect(stored.duplicates).toBe(1);
  });

  it("of a failure of money that has arrived is told to a person, unless the provider names its events", async () => {
    await accept({ event: "e1", status: "failed" });
    await accept({ event: "e2", status: "confirmed" });
    const again = await accept({ event: "e1", status: "failed" });
    expect(again).toEqual({
      outcome: "duplicate",
      eventId: eventId("e1"),
      warnings: ["failed_after_confirmed"],
    });
    expect(alerts()).toEqual([alert("failed_after_confirmed", eventId("e1"))]);
    expect((await rows())[0]).toMatchObject({ warnings: ["failed_after_confirmed"], duplicates: 1 });
    expect(await inbox().accept(named({ event: "e1", status: "failed" }))).toMatchObject({ warnings: [] });
  });
});

describe("a repeat of what was purged", () => {
  const answer = (warnings: readonly string[]): Accepted => ({
    outcome: "duplicate",
    eventId: eventId("e1"),
    warnings,
  });

  it("is a repeat, counted, and not kept again", async () => {
    await accept({ event: "e1" });
    await purgeFirst();
    expect(await accept({ event: "e1" })).toEqual(answer([]));
    expect(await rows()).toEqual([]);
    expect(alerts()).toEqual([]);
    expect(await counts()).toMatchObject({ arrived: 2, duplicate: 1 });
  });

  it("is told to a person where it would be if its row were there", async () => {
    await accept({ event: "e1", status: "failed" });
    await accept({ event: "e2", status: "confirmed" });
    await purgeFirst();
    expect(await accept({ event: "e1", status: "failed" })).toEqual(answer(["failed_after_confirmed"]));
    expect(alerts()).toEqual([alert("failed_after_confirmed", eventId("e1"))]);
    expect(await inbox().accept(named({ event: "e1", status: "failed" }))).toEqual(answer([]));
  });
});

describe("the same state as what was purged", () => {
  it("has no sum to compare with", async () => {
    await accept({ event: "e1" });
    await purgeFirst();
    const again = await inbox().accept(withAmount({ value: "11", currency: "EUR" }, { event: "e2" }));
    expect(again).toMatchObject({ outcome: "superseded", reason: "same_state", warnings: [] });
  });
});

describe("a first attempt made by whoever delivered the acceptance", () => {
  it("is leased with the acceptance, and is in nobody else's hands", async () => {
    const accepted = await accept({ event: "e1", attemptNow: true });
    expect(accepted).toMatchObject({ outcome: "accepted", eventId: eventId("e1") });
    const [first, ...others] = accepted.outcome === "accepted" ? accepted.attempts : [];
    expect(others).toEqual([]);
    expect(first).toMatchObject({
      reference: { shard: SHARD, payment: paymentId("p"), n: 1, event: eventId("e1"), destination: "crm" },
      delivery: { kind: "deliver", notBeforeMs: Date.now(), attempt: 1, sequence: 1, replay: false },
    });
    expect(JSON.parse(first?.delivery.body ?? "null")).toMatchObject({ id: eventId("e1") });
    expect((await inbox().list({}, null, 1)).events[0]?.deliveries).toEqual([
      { destination: "crm", state: "pending", sequence: 1, due: Date.now(), attempts: 0 },
    ]);
  });

  it("is not made of an event whose payment owes an earlier one, nor to a destination that is paused", async () => {
    await accept({ event: "e1", status: "pending" });
    expect(await accept({ event: "e2", attemptNow: true })).toMatchObject({ attempts: [] });
    await inbox().pause("crm", "maintenance");
    expect(await accept({ event: "other", payment: "q", attemptNow: true })).toMatchObject({ attempts: [] });
  });

  it("of a payment is made one at a time", async () => {
    await accept({ event: "e1", status: "pending", attemptNow: true });
    expect(await accept({ event: "e2", attemptNow: true })).toMatchObject({ attempts: [] });
  });

  it("is not made unless asked for", async () => {
    expect(await accept()).toEqual({ outcome: "accepted", eventId: eventId("e"), attempts: [] });
  });
});
