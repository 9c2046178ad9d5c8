/** "Why is it not there yet": a sentence for every way of not having arrived. */
import { expect, it } from "vitest";
import type { DestinationJson, EventDetailJson } from "../../src/api/operations/schemas.ts";
import { whyNotThere } from "../../src/console/parts/why.ts";

const NOW = Date.parse("2036-01-01T00:00:00.000Z");
const inSeconds = (seconds: number) => new Date(NOW + seconds * 1000).toISOString();

const EVENT: EventDetailJson = {
  id: `evt_${"1".repeat(32)}`,
  payment_id: `pay_${"1".repeat(32)}`,
  source: "ipay/broker-eu",
  type: "payment.confirmed",
  state: "pending",
  reason: null,
  received_at: inSeconds(-60),
  warnings: [],
  duplicates: 0,
  became: null,
  released_by: null,
  released_from: null,
  dismissed: null,
  deliveries: [],
  event: null,
  superseded: null,
  stated: null,
  callback: null,
  attempts: [],
};
const CRM: DestinationJson = {
  name: "crm",
  host: "crm.test",
  misconfigured: null,
  paused: null,
  breakers_open: 0,
  probe_at: null,
  owed_since: null,
  in_flight: 0,
  per_second: null,
  max_in_flight: null,
  types: null,
  keys: [],
  pending: 1,
  parked: 0,
  dead: 0,
  dismissed: 0,
  delivered: 0,
};

type Delivery = EventDetailJson["deliveries"][number];
const delivery = (more: Partial<Delivery>): Delivery => ({
  destination: "crm",
  state: "pending",
  sequence: 1,
  attempts: 0,
  due: null,
  ...more,
});
const attempt = (more: Partial<EventDetailJson["attempts"][number]>) => ({
  destination: "crm",
  attempt: 1,
  at: inSeconds(-30),
  duration_ms: 12,
  status: 500,
  error: null,
  answer: null,
  ...more,
});
const event = (more: Partial<EventDetailJson>): EventDetailJson => ({ ...EVENT, ...more });
const sentences = (events: EventDetailJson[], destination: Partial<DestinationJson> = {}) =>
  whyNotThere(events, [{ ...CRM, ...destination }], NOW).map(({ tone, text }) => `${tone}: ${text}`);

it("says nothing of what has arrived", () => {
  expect(sentences([event({ state: "delivered", deliveries: [delivery({ state: "delivered" })] })])).toEqual(
    [],
  );
});

it("counts what the receiver answered, and says when it is tried again", () => {
  const failing = event({
    deliveries: [delivery({ attempts: 4, due: inSeconds(540) })],
    attempts: [attempt({})],
  });
  expect(sentences([failing])).toEqual(["wait: crm answered 500 four times; next try in 9 min."]);
});

it("says that a receiver could not be reached at all", () => {
  const failing = event({
    deliveries: [delivery({ attempts: 1, due: inSeconds(5) })],
    attempts: [attempt({ status: null, error: "timeout" })],
  });
  expect(sentences([failing])).toEqual(["wait: crm could not be reached (timeout) once; next try in 5 s."]);
});

it("names the event of the payment that it waits behind", () => {
  const first = event({
    deliveries: [delivery({ attempts: 1, due: inSeconds(5) })],
    attempts: [attempt({})],
  });
  const second = event({ id: `evt_${"2".repeat(32)}`, deliveries: [delivery({ sequence: 2 })] });
  expect(sentences([first, second])[1]).toBe(
    "wait: It waits behind evt_111111…1111, which crm has not accepted yet.",
  );
});

it("tells of an open breaker and its next probe", () => {
  const waiting = event({ deliveries: [delivery({})] });
  expect(sentences([waiting], { breakers_open: 1, probe_at: inSeconds(12) })).toEqual([
    "wait: crm keeps failing, so it is only probed now: next probe in 12 s.",
  ]);
});

it("says what is wrong with a destination's configuration, because of which it is held", () => {
  const held = event({ state: "parked", deliveries: [delivery({ state: "parked" })] });
  expect(sentences([held], { host: null, misconfigured: "its address must be https:" })).toEqual([
    "act: Nothing is sent to crm until its configuration is mended: its address must be https:.",
  ]);
});

it("says why a destination is paused, and that it has to be resumed", () => {
  const held = event({ state: "parked", deliveries: [delivery({ state: "parked" })] });
  expect(sentences([held], { paused: "maintenance until 14:00" })).toEqual([
    "act: crm is paused: “maintenance until 14:00”. It leaves when crm is resumed.",
  ]);
  expect(sentences([held], { host: null })).toEqual(["act: crm is not configured. It waits until it is."]);
});

it("says that nothing is tried any more of what is dead", () => {
  const dead = event({
    state: "dead",
    deliveries: [delivery({ state: "dead", attempts: 15 })],
    attempts: [attempt({ attempt: 15 })],
  });
  expect(sentences([dead])).toEqual([
    "act: crm answered 500 15 times. That was the last attempt: mend crm, then replay, or dismiss it.",
  ]);
});

it("tells what is set aside what to do about it", () => {
  expect(sentences([event({ state: "quarantined", reason: "kind_mismatch" })])[0]).toMatch(/^act: .*address/);
  expect(
    sentences([event({ state: "superseded", reason: "same_order", warnings: ["new_token_same_order"] })])[0],
  ).toMatch(/^act: /);
  expect(sentences([event({ state: "superseded", reason: "same_state" })])).toEqual([]);
  const deferred = event({
    state: "deferred",
    reason: "verifier_timeout",
    deliveries: [delivery({ destination: "@verifier", due: inSeconds(30) })],
  });
  expect(sentences([deferred])).toEqual(["wait: The verifier did not answer in time. Asked again in 30 s."]);
});

it("says who gave up what was dismissed, and why", () => {
  const dismissed = { by: "ada", at: inSeconds(-5), reason: "refunded by hand" };
  expect(sentences([event({ state: "dismissed", dismissed })])).toEqual([
    "wait: Dismissed by ada: “refunded by hand”. A replay takes it back.",
  ]);
});
