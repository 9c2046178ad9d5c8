/** Forgetting a payment: nothing personal is left in any table, what counts stays, and nothing owed is lost by it. */
import { runInDurableObject } from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { delivered, expectLedgerToAddUp, get, listed, order } from "../support/api.ts";
import { secrets } from "../support/bindings.ts";
import { paymentId } from "../support/events.ts";
import { freshRelay, inboxOf, post, shards, type CaseRequest, type Outside } from "../support/worker.ts";

const CUSTOMER = "customer-77";
const TRANSACTION = "0xfeedfacecafe";
let outside: Outside;

beforeEach(async () => {
  outside = await freshRelay("2036-01-01T00:00:00.000Z");
  outside.crm = () => new Response(`thank you, ${CUSTOMER}`);
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

function ipay(more: object = {}): CaseRequest {
  const facts = { accountEDTO: "acc", blockchainTxId: TRANSACTION, chain: "MATIC", currency: "USDT" };
  const body = JSON.stringify({
    ...facts,
    customerID: CUSTOMER,
    transferedAmount: 25,
    token: secrets.IPAY_TOKEN,
    ...more,
  });
  return {
    method: "POST",
    path: "/in/ipay/broker-eu",
    headers: { "content-type": "application/json" },
    body,
  };
}

const outcomeOf = async (request: CaseRequest) => (await post(request)).headers.get("relay-outcome");

/** The id of the only payment that has events. */
async function onlyPayment(): Promise<string> {
  const ids = new Set((await listed()).map(({ payment_id }) => payment_id));
  expect(ids.size).toBe(1);
  return String([...ids][0]);
}

/** Every row of every table of every shard, as text. */
async function everything(): Promise<string> {
  const parts: string[] = [];
  for (const shard of shards) {
    await runInDurableObject(inboxOf(shard), (_, { storage }) => {
      for (const table of ["events", "payments", "deliveries", "attempts", "reservations", "audit"])
        parts.push(JSON.stringify(storage.sql.exec(`SELECT * FROM ${table}`).toArray()));
    });
  }
  return parts.join("\n");
}

describe("a payment that is delivered", () => {
  it("keeps amounts, ids, states and order, and loses everything else, in every table", async () => {
    expect(await outcomeOf(ipay())).toBe("accepted");
    await delivered(outside, 1);
    const payment = await onlyPayment();
    expect(await everything()).toContain(CUSTOMER);
    const before = (await get(`/api/payments/${payment}`)).events as unknown as { event: { data: object } }[];

    const { status, body } = await order(`/api/payments/${payment}/forget`);
    expect([status, body]).toEqual([200, { payment_id: payment, events: 1, dismissed: 0 }]);

    const text = await everything();
    for (const personal of [CUSTOMER, TRANSACTION, "thank you"]) expect(text).not.toContain(personal);
    const after = (await get(`/api/payments/${payment}`)).events as unknown as typeof before;
    expect(after).toEqual([
      {
        ...before[0],
        event: {
          ...before[0]?.event,
          data: {
            ...before[0]?.event.data,
            merchant_reference: null,
            blockchain: expect.objectContaining({ network: "polygon", txid: null, from: null, to: null }),
            raw: null,
            warnings: ["forgotten"],
          },
        },
        attempts: [expect.objectContaining({ status: 200, answer: null })],
      },
    ]);
    expect(await listed(`q=${CUSTOMER}`)).toEqual([]);
    await expectLedgerToAddUp();
  });

  it("is still known: a repeat is a repeat, and a refund comes next in its order", async () => {
    await outcomeOf(ipay());
    await delivered(outside, 1);
    const payment = await onlyPayment();
    await order(`/api/payments/${payment}/forget`);
    expect(await outcomeOf(ipay())).toBe("duplicate");
    expect(await outcomeOf(ipay({ status: "REFUNDED" }))).toBe("accepted");
    await delivered(outside, 2);
    expect(JSON.parse(outside.delivered[1]?.body ?? "")).toMatchObject({
      type: "payment.refunded",
      data: { sequence: 2, payment_id: payment, previous_status: "confirmed" },
    });
    // What came afterwards is personal again.
    expect((await order(`/api/payments/${payment}/forget`)).body).toMatchObject({ events: 1 });
    expect((await order(`/api/payments/${payment}/forget`)).body).toMatchObject({ events: 0 });
    expect(await everything()).not.toContain(CUSTOMER);
  });

  it("is not sent again: a receiver would get other contents under the same id", async () => {
    await outcomeOf(ipay());
    await delivered(outside, 1);
    await order(`/api/payments/${await onlyPayment()}/forget`);
    const [event] = await listed();
    expect((await order(`/api/events/${String(event?.id)}/replay`)).status).toBe(409);
    expect(outside.delivered).toHaveLength(1);
  });

  it("is in the audit log as forgotten", async () => {
    await outcomeOf(ipay());
    await delivered(outside, 1);
    const payment = await onlyPayment();
    await order(`/api/payments/${payment}/forget`);
    const detail = JSON.stringify({ payment, events: 1, dismissed: 0 });
    expect((await get("/api/audit")).audit).toMatchObject([{ action: "forget", actor: "admin", detail }]);
  });
});

describe("a payment of which something is owed", () => {
  it("is left as it is while a delivery is pending, whatever the order says", async () => {
    outside.crm = () => new Response(null, { status: 500 });
    await outcomeOf(ipay());
    await vi.waitFor(() => expect(outside.delivered).toHaveLength(1));
    const payment = await onlyPayment();
    const [event] = await listed();
    for (const body of [{}, { force: true }]) {
      const answer = await order(`/api/payments/${payment}/forget`, body);
      expect(answer).toMatchObject({ status: 409, body: { owed: [{ id: event?.id, state: "pending" }] } });
    }
    expect(await everything()).toContain(CUSTOMER);
  });

  it("is left as it is while one is parked, and given up and erased with force", async () => {
    await order("/api/destinations/crm/pause", { why: "maintenance" });
    await outcomeOf(ipay());
    const payment = await onlyPayment();
    const refused = await order(`/api/payments/${payment}/forget`);
    expect(refused.status).toBe(409);
    expect(refused.body.owed).toMatchObject([{ state: "parked" }]);
    expect(await everything()).toContain(CUSTOMER);

    const done = await order(`/api/payments/${payment}/forget`, { force: true });
    expect(done.body).toEqual({ payment_id: payment, events: 1, dismissed: 1 });
    expect(await everything()).not.toContain(CUSTOMER);
    expect((await get("/api/ledger")).destinations).toMatchObject({
      crm: { owed: 1, dismissed: 1, parked: 0 },
    });
    await order("/api/destinations/crm/resume");
    await expectLedgerToAddUp();
    expect(outside.delivered).toEqual([]);
  });
});

it("what was set aside and released as this payment loses its contents too, in whatever shard it is", async () => {
  await outcomeOf(ipay());
  await delivered(outside, 1);
  await outcomeOf(ipay({ transferedAmount: 26 }));
  const [conflicting] = await listed("state=conflicting");
  const { body } = await order(`/api/events/${String(conflicting?.id)}/replay`, { as: "new_payment" });
  await delivered(outside, 2);
  const released = (await get(`/api/events/${String(body.became)}`)).payment_id;
  expect((await order(`/api/payments/${String(released)}/forget`)).body).toMatchObject({ events: 2 });
  const [, second] = [await listed("state=delivered"), await listed("state=released")];
  expect(await get(`/api/events/${String(second[0]?.id)}`)).toMatchObject({
    stated: { data: { merchant_reference: null, warnings: expect.arrayContaining(["forgotten"]) } },
  });
});

it("an unknown payment is 404, and a wrong order 400", async () => {
  expect((await order(`/api/payments/${paymentId("nobody")}/forget`)).status).toBe(404);
  expect((await order(`/api/payments/${paymentId("nobody")}/forget`, { force: "yes" })).status).toBe(400);
});
