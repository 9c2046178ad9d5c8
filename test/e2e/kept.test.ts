/** The promises "kept" and "in order" in real processes: what was accepted arrives, in order, whatever is killed in between. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Callback, cryptopay, ipay, iqpay, tokenpayments } from "../../tools/lib/callbacks.ts";
import { System } from "./support/system.ts";

let system: System;

beforeAll(async () => {
  system = await System.open();
});
afterAll(() => system.close());

/** Payments of every provider, some with a history that must keep its order. */
function payments(tag: string): Callback[][] {
  const { who } = system;
  const told = (name: string) => ({ payment: `${tag}-${name}`, now: new Date() });
  return [
    [ipay(who.ipay, { ...told("ipay"), status: "pending" }), ipay(who.ipay, told("ipay"))],
    [
      cryptopay(who.cryptopay, { ...told("cryptopay"), status: "created" }),
      cryptopay(who.cryptopay, { ...told("cryptopay"), status: "pending" }),
      cryptopay(who.cryptopay, told("cryptopay")),
      cryptopay(who.cryptopay, { ...told("cryptopay"), status: "refunded" }),
    ],
    [iqpay(who.iqpay, { ...told("deposit"), status: "pending" }), iqpay(who.iqpay, told("deposit"))],
    [
      iqpay(who.iqpay, { ...told("withdrawal"), kind: "withdrawal", status: "pending" }),
      iqpay(who.iqpay, { ...told("withdrawal"), kind: "withdrawal" }),
    ],
    [tokenpayments(who.tokenpayments, told("tokenpayments"))],
  ];
}

/** All payments at once, each in its order; returns the ids by payment. */
async function sendAll(tag: string): Promise<string[][]> {
  return await Promise.all(
    payments(tag).map(async (callbacks) => {
      const ids: string[] = [];
      for (const callback of callbacks) ids.push(await system.sendAccepted(callback));
      return ids;
    }),
  );
}

/** Each payment's events in the order of their acceptance, sequences from 1, once and verified. */
async function expectArrived(sent: readonly (readonly string[])[]): Promise<void> {
  await system.arrivals(sent.flat());
  for (const ids of sent) {
    const events = system.crm.received().filter(({ id }) => ids.includes(id));
    expect(events.map(({ id }) => id)).toEqual(ids);
    expect(events.map(({ sequence }) => sequence)).toEqual(ids.map((_, index) => index + 1));
    expect(new Set(events.map((event) => event.payment_id)).size).toBe(1);
  }
}

it("a CRM that was away gets everything when it is back", async () => {
  await system.stopCrm();
  const sent = await sendAll("away");
  const heads = sent.map(([head]) => head);
  await system.waitUntil("a failed attempt of every payment", () => {
    const failed = new Set(
      system
        .lines("delivery")
        .filter(({ outcome }) => outcome === "failed")
        .map(({ event }) => event),
    );
    return heads.every((id) => failed.has(id)) ? true : undefined;
  });

  await system.startCrm();
  await expectArrived(sent);
  expect(system.mistakes(sent.flat())).toEqual([]);
});

it("a relay that was killed delivers what it had accepted, though its queue lost everything", async () => {
  await system.stopCrm();
  const sent = await sendAll("killed");
  await system.killRelay();
  await system.startCrm();
  await system.startRelay();

  await expectArrived(sent);
  // Nothing of before is sent again: the new CRM has an empty ledger and would take it for new.
  expect(system.mistakes(sent.flat())).toEqual([]);
});

it("a killed relay still recognises duplicates", async () => {
  const { who } = system;
  const told = { payment: "seen-before", now: new Date() };
  const id = await system.sendAccepted(ipay(who.ipay, told));
  await system.arrival(id);
  await system.killRelay();
  await system.startRelay();
  expect(await system.send(ipay(who.ipay, told))).toMatchObject({
    status: 200,
    outcome: "duplicate",
    eventId: id,
  });
});

it("nothing secret was logged meanwhile", () => {
  expect(system.lines("delivery").length).toBeGreaterThan(0);
  expect(system.leaks()).toEqual([]);
});
