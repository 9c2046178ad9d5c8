/** The verdict of chaos: clean evidence has no violations, and each promise broken in the evidence is named. */
import { expect, it } from "vitest";
import { random } from "../../tools/lib/chaos/random.ts";
import { REPEATS_IN_MEMORY_MS } from "../../src/limits.ts";
import type { ShardCounts } from "../../tools/lib/chaos/rows.ts";
import type { Told } from "../../tools/lib/chaos/psp.ts";
import { ALARM_LATE_MS, byKind, type Evidence, forgettable, judge } from "../../tools/lib/chaos/verdict.ts";
import type { Received } from "../../tools/lib/ledger.ts";

const ANSWERED_MS = 1_000_000;

function received(id: string, sequence: number): Received {
  return {
    id,
    type: "payment.confirmed",
    payment_id: "pay_1",
    sequence,
    provider: "ipay",
    account: "broker-eu",
    merchant_reference: null,
    amount: null,
    verified: true,
    sha256: `sha-${id}`,
    firstAt: "",
    arrivals: 1,
    history: [],
    flags: [],
  };
}

const told = (id: string, more: Partial<Told> = {}): Told => ({
  shieldable: false,
  answered: new Map([[id, [ANSWERED_MS]]]),
  unanswered: 0,
  ...more,
});
/** The first event, sent again after so long; only once counted. */
const repeatedAt = (afterMs: number) =>
  told("evt_1", { answered: new Map([["evt_1", [ANSWERED_MS, ANSWERED_MS + afterMs]]]) });
const killAt = (afterMs: number) => ({ fromMs: ANSWERED_MS + afterMs, toMs: ANSWERED_MS + afterMs + 1 });
const listed = (id: string, state = "delivered") => ({ id, state, duplicates: 0, became: null });

/** A shard that says this of the source, and has two accepted events in its rows. */
function shard(said: Record<string, number>, remainder: Record<string, number> = {}): ShardCounts {
  return {
    name: "a database",
    sources: {
      said: { "ipay/broker-eu": said },
      rows: { "ipay/broker-eu": { accepted: 2, duplicate: 0 } },
    },
    destinations: { said: {}, rows: {} },
    remainder,
  };
}

/** Two events of one payment, sent once, delivered once. */
const clean: Evidence = {
  told: [told("evt_1"), told("evt_2")],
  events: [listed("evt_1"), listed("evt_2")],
  received: [received("evt_1", 1), received("evt_2", 2)],
  refused: [],
  ledger: {
    sources: { "ipay/broker-eu": { authentic: 2, accepted: 2, duplicate: 0 } },
    destinations: { crm: { owed: 2, delivered: 2, dead: 0 } },
    remainder: {},
  },
  recount: {
    sources: { "ipay/broker-eu": { accepted: 2, duplicate: 0 } },
    destinations: { crm: { delivered: 2, dead: 0 } },
    bodies: new Map([
      ["evt_1", "sha-evt_1"],
      ["evt_2", "sha-evt_2"],
    ]),
    shards: [shard({ arrived: 2, accepted: 2, duplicate: 0 })],
  },
  kills: [],
};

it("finds nothing in clean evidence", () => {
  expect(judge(clean)).toEqual([]);
});

const broken: Record<string, { promise: string; evidence: Partial<Evidence> }> = {
  "an event that is nowhere": { promise: "kept", evidence: { events: [listed("evt_1")] } },
  "an event that is delivered and did not arrive": {
    promise: "kept",
    evidence: { received: [received("evt_1", 1)] },
  },
  "an event that is still owed": {
    promise: "kept",
    evidence: { events: [listed("evt_1"), listed("evt_2", "pending")] },
  },
  "an event that is listed twice": {
    promise: "once",
    evidence: { events: [...clean.events, listed("evt_1")] },
  },
  "a later event that came first": {
    promise: "in order",
    evidence: { received: [received("evt_2", 2), received("evt_1", 1)] },
  },
  "a sequence with a gap": {
    promise: "in order",
    evidence: { received: [received("evt_1", 1), received("evt_2", 3)] },
  },
  "a body that changed": {
    promise: "exact",
    evidence: {
      received: [{ ...received("evt_1", 1), flags: ["came again with another body"] }, received("evt_2", 2)],
    },
  },
  "a body that is not the frozen one": {
    promise: "exact",
    evidence: { received: [{ ...received("evt_1", 1), sha256: "other" }, received("evt_2", 2)] },
  },
  "an event of no genuine callback": { promise: "closed", evidence: { told: [told("evt_1")] } },
  "a request that was not signed": {
    promise: "closed",
    evidence: { refused: [{ id: "evt_9", verified: false, why: "no signature", firstAt: "" }] },
  },
  "a repeat that was not counted": {
    promise: "ledger",
    evidence: { told: [repeatedAt(0), told("evt_2")] },
  },
  "a callback that was counted twice": {
    promise: "ledger",
    evidence: { events: [{ ...listed("evt_1"), duplicates: 1 }, listed("evt_2")] },
  },
  "a repeat that was not counted, long before a kill": {
    promise: "ledger",
    evidence: { told: [repeatedAt(0), told("evt_2")], kills: [killAt(REPEATS_IN_MEMORY_MS + ALARM_LATE_MS)] },
  },
  "a repeat that was not counted, after a kill": {
    promise: "ledger",
    evidence: { told: [repeatedAt(2), told("evt_2")], kills: [killAt(0)] },
  },
  "a shard whose ledger differs from its rows": {
    promise: "ledger",
    evidence: {
      recount: { ...clean.recount, shards: [shard({ arrived: 3, accepted: 3, duplicate: 0 })] },
    },
  },
  "a shard whose parts are not the whole": {
    promise: "ledger",
    evidence: {
      recount: { ...clean.recount, shards: [shard({ arrived: 3, accepted: 2, duplicate: 0 })] },
    },
  },
  "a shard that has found a remainder itself": {
    promise: "ledger",
    evidence: {
      recount: {
        ...clean.recount,
        shards: [shard({ arrived: 2, accepted: 2, duplicate: 0 }, { "crm:pending": 1 })],
      },
    },
  },
  "a remainder that the relay reports": {
    promise: "ledger",
    evidence: { ledger: { ...clean.ledger, remainder: { crm: 1 } } },
  },
  "a ledger with other counts than the rows": {
    promise: "ledger",
    evidence: { ledger: { ...clean.ledger, destinations: { crm: { owed: 3, delivered: 2, dead: 0 } } } },
  },
};

it.each(Object.keys(broken))("finds %s", (name) => {
  const { promise, evidence } = broken[name] ?? { promise: "", evidence: {} };
  expect(judge({ ...clean, ...evidence }).map((violation) => violation.promise)).toContain(promise);
});

it("allows a try whose response was lost to have been counted or not", () => {
  const lost = told("evt_1", { unanswered: 1 });
  const counted = [{ ...listed("evt_1"), duplicates: 1 }, listed("evt_2")];
  expect(judge({ ...clean, told: [lost, told("evt_2")] })).toEqual([]);
  expect(judge({ ...clean, told: [lost, told("evt_2")], events: counted })).toEqual([]);
});

it("allows a kill to have taken the count of a repeat of the seconds before it, and of nothing else", () => {
  const kills = [killAt(REPEATS_IN_MEMORY_MS)];
  expect(judge({ ...clean, told: [repeatedAt(1), told("evt_2")], kills })).toEqual([]);
  expect(forgettable([ANSWERED_MS], kills)).toBe(0);
  expect(forgettable([ANSWERED_MS, ANSWERED_MS + 1, ANSWERED_MS + 2], kills)).toBe(2);
});

it("allows every repeat to have been recognised by the shield, where it may", () => {
  const repeats = { ...repeatedAt(1), shieldable: true };
  expect(judge({ ...clean, told: [repeats, told("evt_2")] })).toEqual([]);
  expect(judge({ ...clean, told: [{ ...repeats, shieldable: false }, told("evt_2")] })).toHaveLength(1);
});

it("takes what is dead for visible, and its gap for no mistake", () => {
  const events = [listed("evt_1", "dead"), listed("evt_2")];
  expect(judge({ ...clean, events, received: [received("evt_2", 2)] })).toEqual([]);
});

/** Of 62,026 violations twenty were printed, all alike: whether anything was lost could not be told. */
it("counts violations by their kind, so that a rare one shows among very many", () => {
  const pending = ["evt_1", "evt_2", "evt_3"].map((id) => listed(id, "pending"));
  const violations = judge({
    ...clean,
    told: [...clean.told, told("evt_3"), told("evt_4")],
    events: pending,
    received: [],
  });
  expect(byKind(violations)).toEqual([
    ["is still pending", 3],
    ["is nowhere", 1],
  ]);
});

it("draws the same for the same seed", () => {
  const draw = (seed: number) => Array.from({ length: 20 }, random(seed).next);
  expect(draw(7)).toEqual(draw(7));
  expect(draw(7)).not.toEqual(draw(8));
});
