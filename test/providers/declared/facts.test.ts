/** What a declared provider's callback says: its facts, or why it is set aside. */
import { describe, expect, it } from "vitest";
import { readFacts } from "../../../src/providers/declared/facts.ts";
import type { WrittenProvider } from "../../../src/providers/declared/written.ts";
import type { Facts } from "../../../src/providers/provider.ts";
import { callbackOf } from "../../support/callbacks.ts";
import { declared } from "./made.ts";

const BASE = {
  event: "json:/kind",
  event_id: "json:/event_id",
  payment_id: "json:/id",
  event_key: ["json:/event_id"],
  subject_key: ["json:/id"],
  status: {
    at: "json:/word",
    map: {
      waiting: "pending",
      done: "confirmed",
      sent: "payout.confirmed",
      noted: "updated",
      back: "refunded",
    },
    warnings: { done: "overpaid" },
  },
  amounts: { amount: { value: "json:/amount", currency: "json:/currency" } },
  reference: "json:/order",
} satisfies Partial<WrittenProvider>;
const PAYMENT = {
  kind: "payment",
  event_id: "e-1",
  id: "p-1",
  word: "waiting",
  amount: "10.50",
  currency: "EUR",
  order: "A-1",
};

const readingOf = (body: object | string, changes: Partial<WrittenProvider> = {}) =>
  readFacts(declared({ ...BASE, ...changes }), callbackOf(body));

/** Of a payment with these members more, or others (undefined: without). */
async function factsOf(more: object, changes: Partial<WrittenProvider> = {}): Promise<Facts> {
  const reading = await readingOf({ ...PAYMENT, ...more }, changes);
  if (reading.kind !== "facts") throw new Error(JSON.stringify(reading));
  return reading.facts;
}

const refusalOf = (more: object, changes: Partial<WrittenProvider> = {}) =>
  readingOf({ ...PAYMENT, ...more }, changes);

/** Set aside for want of something that names the event. */
const unnamed = (detail: string) => ({ kind: "quarantined", reason: "missing_event_id", detail });

describe("the facts", () => {
  it("of a payment with everything in it", async () => {
    const at = (value: string) => ({ value: `json:/${value}`, currency: "json:/currency" });
    const changes: Partial<WrittenProvider> = {
      amounts: {
        amount: { ...at("amount"), network: "json:/chain" },
        requested: at("requested"),
        net: at("net"),
        converted: at("converted"),
        fee: at("fee"),
      },
      blockchain: { network: "json:/chain", txid: "json:/txid" },
      occurred_at: { at: "json:/time" },
      livemode: { at: "json:/live" },
    };
    const more = {
      word: "done",
      currency: "USDT",
      requested: "11",
      net: "10",
      converted: "12",
      fee: "0.50",
      chain: "TRC20",
      txid: "ab",
      time: "2026-09-21T14:13:20Z",
      live: true,
    };
    const money = (value: string) => ({ value, currency: "USDT" });
    expect(await factsOf(more, changes)).toEqual({
      kind: "status",
      direction: "in",
      status: "confirmed",
      eventKey: ["e-1", "p-1"],
      subjectKey: ["p-1"],
      provider: { event: "payment", event_id: "e-1", payment_id: "p-1", status: "done" },
      merchantReference: "A-1",
      amount: { ...money("10.50"), network: "tron" },
      amountRequested: money("11"),
      amountNet: money("10"),
      amountConverted: money("12"),
      fee: money("0.50"),
      blockchain: { network: "tron", txid: "ab", from: null, to: null, confirmations: null },
      occurredAt: "2026-09-21T14:13:20Z",
      warnings: ["overpaid"],
      livemode: true,
      contents: {
        "conflict:amount": "10.5 USDT",
        "conflict:network": "tron",
        "conflict:body": '["status:confirmed","A-1"]',
      },
    });
  });

  it("of a payment with nothing in it but what names it", async () => {
    const changes = { event: "json:/kind", status: { ...BASE.status, absent: "pending" } };
    const reading = await readingOf({ event_id: "e-1", id: "p-1" }, changes);
    expect(reading).toEqual({
      kind: "facts",
      facts: {
        kind: "status",
        direction: "in",
        status: "pending",
        eventKey: ["e-1", "p-1"],
        subjectKey: ["p-1"],
        provider: { event: "unnamed", event_id: "e-1", payment_id: "p-1", status: null },
        merchantReference: null,
        amount: null,
        amountRequested: null,
        amountNet: null,
        amountConverted: null,
        fee: null,
        blockchain: null,
        occurredAt: null,
        warnings: [],
        contents: {
          "conflict:amount": " ",
          "conflict:network": "",
          "conflict:body": '["status:pending",null]',
        },
      },
    });
  });

  it("of a payout are of money out", async () => {
    expect(await factsOf({ word: "sent" })).toMatchObject({ direction: "out", status: "confirmed" });
  });

  it("of an update leave the payment's state as it is", async () => {
    expect(await factsOf({ word: "noted" }, { event_key: ["state"] })).toMatchObject({
      kind: "updated",
      status: null,
      eventKey: ["status:updated", "p-1"],
      amount: { value: "10.50" },
    });
  });

  it("of a word in no table are the provider's own, without an amount", async () => {
    expect(await factsOf({ word: "pending", amount: "x" }, { event_key: ["state"] })).toMatchObject({
      kind: "provider",
      direction: "in",
      status: null,
      eventKey: ["word:pending", "p-1"],
      provider: { event: "payment", status: "pending" },
      amount: null,
      warnings: [],
      contents: { "conflict:body": '["word:pending","A-1"]' },
    });
  });

  it("of a refund compare what this one gives back, where no total is stated", async () => {
    const amounts = { ...BASE.amounts, refund: BASE.amounts.amount };
    const facts = await factsOf({ word: "back" }, { amounts, event_key: ["state"] });
    expect(facts).toMatchObject({
      status: "partially_refunded",
      eventKey: ["status:partially_refunded", "p-1"],
      amount: null,
      amountOfRefund: { value: "10.50", currency: "EUR" },
      contents: { "conflict:amount": "10.5 EUR" },
    });
  });

  it("of a refund by its total compare what was paid", async () => {
    const amounts = { ...BASE.amounts, refunded: { ...BASE.amounts.amount, value: "json:/total" } };
    expect(await factsOf({ word: "back", total: "4.0" }, { amounts })).toMatchObject({
      status: "partially_refunded",
      amount: { value: "10.50" },
      amountRefunded: { value: "4.0" },
      contents: { "conflict:amount": "10.5 EUR" },
    });
  });

  it("warn of the amount, the reference and the word, in this order", async () => {
    const { warnings } = await factsOf({ word: "done", currency: "FAKECOIN", order: {} });
    expect(warnings).toEqual(["unknown_ticker", "unreadable:reference", "overpaid"]);
  });

  it("are none of an amount that cannot be used", async () => {
    expect(await refusalOf({ word: "done", amount: "0" })).toEqual({
      kind: "quarantined",
      reason: "bad_amount",
      detail: "amount",
    });
  });

  it("are none of a body that cannot be read", async () => {
    expect(await readingOf("{")).toMatchObject({ kind: "quarantined", reason: "json" });
    expect(await readingOf('{"id":1,"id":2}')).toEqual({
      kind: "refused",
      reason: "duplicate_key",
      detail: "/id",
    });
  });
});

describe("a list of which one event is read", () => {
  const single = "json:/items";

  it("has one element", async () => {
    expect(await factsOf({ items: [{}] }, { single })).toMatchObject({ subjectKey: ["p-1"] });
  });

  it.each([[[{}, {}]], [[]], [{ 0: {} }], [undefined]])("is set aside when it is %j", async (items) => {
    expect(await refusalOf({ items }, { single })).toEqual({
      kind: "quarantined",
      reason: "conflict",
      detail: "several_events",
    });
  });
});

describe("the name of an event", () => {
  it.each([
    [{}, "payment"],
    [{ kind: undefined }, "waiting"],
    [{ kind: undefined, word: undefined }, "unnamed"],
  ])("of %j is %s", async (more, name) => {
    expect((await factsOf(more)).provider.event).toBe(name);
  });

  it.each([
    [{ kind: {} }, "event"],
    [{ event_id: ["e"] }, "event_id"],
    [{ id: true }, "payment_id"],
  ])("is not read beside %j", async (more, detail) => {
    const changes = { event_key: ["json:/word"], subject_key: ["json:/order"] };
    expect(await refusalOf(more, changes)).toEqual(unnamed(detail));
  });
});

describe("the reference", () => {
  it("that is no identifier keeps no money back", async () => {
    expect(await factsOf({ word: "waiting", order: { id: 1 } })).toMatchObject({
      merchantReference: null,
      warnings: ["unreadable:reference"],
    });
  });
});

describe("the keys", () => {
  it.each<readonly [string, object, Partial<WrittenProvider>, unknown]>([
    [
      "are their parts, and the event's are the payment's as well",
      {},
      { event_key: ["json:/event_id", "amount(json:/amount)"], subject_key: ["json:/id", "json:/order"] },
      { eventKey: ["e-1", "10.5", "p-1", "A-1"], subjectKey: ["p-1", "A-1"] },
    ],
    [
      "tell states apart where they say so",
      {},
      { event_key: ["state", "json:/event_id"] },
      { eventKey: ["status:pending", "e-1", "p-1"] },
    ],
    [
      "do without a part that may be missing",
      { order: undefined },
      { event_key: ["json:/event_id?"], subject_key: ["json:/id", "json:/order?"] },
      { eventKey: ["e-1", "p-1", null], subjectKey: ["p-1", null] },
    ],
    [
      "of a word in no table do without any part of the event",
      { word: "own", event_id: undefined },
      {},
      { eventKey: [null, "p-1"], subjectKey: ["p-1"] },
    ],
    [
      "of a word in no table that is about no payment are the event's",
      { word: "own", id: undefined },
      {},
      { eventKey: ["e-1"], subjectKey: ["e-1"] },
    ],
  ])("%s", async (_, more, changes, keys) => {
    expect(await factsOf(more, changes)).toMatchObject(keys as object);
  });

  it.each<readonly [string, object, Partial<WrittenProvider>, string]>([
    ["without a part of the event", { event_id: undefined }, {}, "json:/event_id"],
    ["without a part of the payment", { id: "" }, { payment_id: "json:/order" }, "json:/id"],
    [
      "without any alternative of a part",
      { event_id: undefined },
      { event_key: ["json:/event_id | json:/other"] },
      "json:/event_id",
    ],
    ["with a part of the event that cannot be read", { word: "own", event_id: {} }, {}, "json:/event_id"],
    ["with a part of the payment that cannot be read", { word: "own", id: 1.5 }, {}, "json:/id"],
    [
      "with a payment of which everything may be missing and is",
      { id: undefined },
      { subject_key: ["json:/id?"] },
      "subject_key",
    ],
    [
      "with a word in no table, and nothing else",
      { word: "own", event_id: undefined, id: undefined },
      {},
      "subject_key",
    ],
    [
      "with a word in no table that the key names, and nothing else",
      { word: "own", id: undefined },
      { event_key: ["state"] },
      "subject_key",
    ],
  ])("are none %s", async (_, more, changes, detail) => {
    expect(await refusalOf(more, changes)).toEqual(unnamed(detail));
  });
});

describe("the blockchain", () => {
  const blockchain = {
    network: "json:/chain",
    txid: "json:/txid",
    from: "json:/from",
    to: "json:/to",
    confirmations: "json:/confirmations",
  };
  const NOTHING = { network: null, txid: null, from: null, to: null, confirmations: null };
  const chainOf = async (more: object) => (await factsOf(more, { blockchain })).blockchain;

  it("is what is there of it", async () => {
    expect(await chainOf({ chain: "BTC", txid: "t", from: "f", to: "o", confirmations: "12" })).toEqual({
      network: "bitcoin",
      txid: "t",
      from: "f",
      to: "o",
      confirmations: 12,
    });
    expect(await chainOf({ txid: "t", from: {}, chain: "no chain" })).toEqual({ ...NOTHING, txid: "t" });
    expect(await chainOf({ chain: "own" })).toEqual({ ...NOTHING, network: "own" });
  });

  it("is none where nothing is there, or nothing that can be read", async () => {
    expect(await chainOf({})).toBeNull();
    expect(await chainOf({ chain: "", txid: {}, to: null })).toBeNull();
  });

  it.each([
    [0, 0],
    [999_999_999, 999_999_999],
    [1_234_567_890, null],
    ["x12", null],
    ["12x", null],
    ["many", null],
  ])("of %j confirmations counts %j", async (confirmations, expected) => {
    expect(await chainOf({ confirmations })).toEqual({ ...NOTHING, confirmations: expected });
  });

  it("is named in what a repeat must say again, where the amount names none", async () => {
    const facts = await factsOf({ chain: "BTC" }, { blockchain });
    expect(facts.contents["conflict:network"]).toBe("bitcoin");
    const amounts = { amount: { ...BASE.amounts.amount, network: "text:TRC20" } };
    const both = await factsOf({ chain: "BTC" }, { blockchain, amounts });
    expect(both.contents["conflict:network"]).toBe("tron");
  });
});

describe("the time", () => {
  it.each([
    ["s", 1_790_000_000, "2026-09-21T14:13:20Z"],
    ["s", "1790000000", "2026-09-21T14:13:20Z"],
    ["ms", 1_790_000_000_063, "2026-09-21T14:13:20.063Z"],
    ["iso", "2026-09-21T16:13:20+02:00", "2026-09-21T14:13:20Z"],
    ["iso", 1_790_000_000, null],
    ["s", "2026-09-21T14:13:20Z", null],
    ["ms", undefined, null],
  ] as const)("in %s, %j is %j", async (unit, time, expected) => {
    const changes = { occurred_at: { at: "json:/time", unit } };
    expect((await factsOf({ time }, changes)).occurredAt).toBe(expected);
  });
});

describe("the provider's test flag", () => {
  it.each([
    ["true", true, true],
    ["true", "true", true],
    ["true", false, false],
    ["true", "yes", false],
    ["true", {}, false],
    ["true", undefined, undefined],
    ["true", "", undefined],
    ["1", 1, true],
    ["1", 0, false],
    ["live", "live", true],
  ])("that says %j by %j is %j", async (live, given, expected) => {
    const changes = { livemode: { at: "json:/live", live } };
    expect((await factsOf({ live: given }, changes)).livemode).toBe(expected);
  });
});
