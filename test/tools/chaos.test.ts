/** The verdict of chaos: clean evidence has no violations, and each promise broken in the evidence is named. */
import { expect, it } from "vitest";
import { random } from "../../tools/lib/chaos/random.ts";
import type { Told } from "../../tools/lib/chaos/psp.ts";
import { type Evidence, judge } from "../../tools/lib/chaos/verdict.ts";
import type { Received } from "../../tools/lib/ledger.ts";

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
  answered: new Map([[id, 1]]),
  unanswered: 0,
  ...more,
});
const listed = (id: string, state = "delivered") => ({ id, state, duplicates: 0, became: null });

/** Two events of one payment, sent once, delivered once. */
const clean: Evidence = {
  told: [told("evt_1"), told("evt_2")],
  events: [listed("evt_1"), listed("evt_2")],
  received: [received("evt_1", 1), received("evt_2", 2)],
  refused: [],
  ledger: {
    sources: { "ipay/broker-eu": { authentic: 2, accepted: 2, duplicate: 0 } },
    destinations: { crm: { owed: 2, delivered: 2, dead: 0 } },
  },
  recount: {
    sources: { "ipay/broker-eu": { accepted: 2, duplicate: 0 } },
    destinations: { crm: { delivered: 2, dead: 0 } },
    bodies: new Map([
      ["evt_1", "sha-evt_1"],
      ["evt_2", "sha-evt_2"],
    ]),
  },
  kills: 1,
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
    evidence: { told: [told("evt_1", { answered: new Map([["evt_1", 2]]) }), told("evt_2")] },
  },
  "a callback that was counted twice": {
    promise: "ledger",
    evidence: { events: [{ ...listed("evt_1"), duplicates: 1 }, listed("evt_2")] },
  },
  "a ledger with a remainder": {
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

it("takes what is dead for visible, and its gap for no mistake", () => {
  const events = [listed("evt_1", "dead"), listed("evt_2")];
  expect(judge({ ...clean, events, received: [received("evt_2", 2)] })).toEqual([]);
});

it("draws the same for the same seed", () => {
  const draw = (seed: number) => Array.from({ length: 20 }, random(seed).next);
  expect(draw(7)).toEqual(draw(7));
  expect(draw(7)).not.toEqual(draw(8));
});
