/** Alerts about a payment name it by the merchant's own id, which is what a person looks it up by; the log never does. */
import { beforeEach, expect, it } from "vitest";
import type { AlertName } from "../../src/alert.ts";
import { ipay, send } from "../promises/relay.ts";
import { alertMessages } from "../support/alerts.ts";
import { relay } from "../support/bindings.ts";
import { acceptance, paymentId } from "../support/events.ts";
import { inbox, later, referenceTo, resultOf, SHARD } from "../support/attempts.ts";
import { changedEnv, deploy } from "../support/deploy.ts";
import { interceptQueue } from "../support/queue.ts";
import { freshRelay, shards, type Outside } from "../support/worker.ts";

const REFERENCE = acceptance().event.data.merchant_reference;
const alerts = { url: "http://crm.test/alerts", secrets: ["CRM_SIGNING_SECRET"] };
let outside: Outside;

beforeEach(async () => {
  outside = await freshRelay("2036-01-01T00:00:00.000Z");
  interceptQueue();
  await deploy(SHARD, changedEnv({ alerts, destinations: { crm: { schedule_seconds: [1] } } }));
});

const otherSum = (event: string, instance: string) => {
  const input = acceptance({ event, instance });
  const amount = { value: "11", currency: "EUR" };
  return { ...input, event: { ...input.event, data: { ...input.event.data, amount } } };
};

const TROUBLES: Partial<Record<AlertName, () => Promise<void>>> = {
  async "conflict:body"() {
    await inbox().accept(acceptance({ contents: { "conflict:body": "a" } }));
    await inbox().accept(acceptance({ contents: { "conflict:body": "b" }, fingerprint: "others" }));
  },
  async second_payment() {
    await inbox().accept(acceptance({ event: "e1", instance: "1".repeat(64) }));
    await inbox().accept(otherSum("e2", "2".repeat(64)));
  },
  async confirmed_after_reversed() {
    await inbox().accept(acceptance({ event: "e1", status: "reversed" }));
    await inbox().accept(acceptance({ event: "e2", status: "confirmed" }));
  },
  async dead_letter() {
    await inbox().accept(acceptance());
    const reference = referenceTo(1, "e", "p");
    for (const attempt of [1, 2]) {
      expect(await inbox().lease([reference])).toMatchObject([{ kind: "deliver" }]);
      await inbox().settle([resultOf(reference, attempt, false)]);
      later(60_000);
    }
  },
};

it.each(Object.entries(TROUBLES))("%s names it", async (about, cause) => {
  await cause();
  expect(await alertMessages(SHARD)).toMatchObject([
    {
      about,
      payment: paymentId("p"),
      merchant_reference: REFERENCE,
      text: expect.stringContaining(`, merchant_reference ${REFERENCE}`) as string,
    },
  ]);
  expect(outside.lines("alert")).toMatchObject([{ about }]);
  expect(outside.logged.join()).not.toContain(REFERENCE);
});

it("what is set aside for what it says is named, and what could not be read is not", async () => {
  const accounts = { ipay: { "broker-eu": { ...relay.sources.ipay["broker-eu"], networks: ["tron"] } } };
  const env = changedEnv({ alerts, sources: { ...relay.sources, ...accounts } });
  for (const shard of shards) await deploy(shard, env);
  const replies = [await send(ipay("0a"), env), await send(ipay("0b", { amount: "-1" }), env)];
  expect(replies.map(({ outcome }) => outcome)).toEqual(["quarantined", "quarantined"]);
  const said = (await Promise.all(shards.map(alertMessages))).flat();
  expect(said).toHaveLength(2);
  for (const { reason, merchant_reference } of said)
    expect(merchant_reference).toBe(reason === "unknown_currency:network:polygon" ? "c-0a" : undefined);
});

it("an event that says no reference has none in its alert", async () => {
  const input = acceptance({ event: "e2", status: "confirmed" });
  await inbox().accept(acceptance({ event: "e1", status: "reversed" }));
  await inbox().accept({
    ...input,
    event: { ...input.event, data: { ...input.event.data, merchant_reference: null } },
  });
  const [message] = await alertMessages(SHARD);
  expect(message).toMatchObject({ about: "confirmed_after_reversed" });
  expect(message).not.toHaveProperty("merchant_reference");
});
