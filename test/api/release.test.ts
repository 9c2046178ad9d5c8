/** Releasing what was set aside as a payment of its own, from the provider's request to the CRM's receipt. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { PaymentEvent } from "../../src/event.ts";
import { delivered, expectLedgerToAddUp, get, listed, order, waiting } from "../support/api.ts";
import { relay, secrets } from "../support/bindings.ts";
import { envWith, freshRelay, post, type CaseRequest, type Outside } from "../support/worker.ts";

const IQPAY_IP = "198.51.100.7";
const AS_NEW = { as: "new_payment" };
let outside: Outside;

beforeEach(async () => {
  outside = await freshRelay("2036-01-01T00:00:00.000Z");
  outside.verifier = { status: 200, content_type: "application/json", body: '{"valid":true}' };
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

function ipn(token: string, amount2 = "0.5"): CaseRequest {
  const fields = {
    merchant_id: "M-1001",
    token,
    page_hash: "ph",
    invoice: "INV-1",
    custom: "c",
    amount1: "100",
  };
  const body = new URLSearchParams({ ...fields, currency1: "USD", amount2, currency2: "ETH" }).toString();
  const headers = { "content-type": "application/x-www-form-urlencoded" };
  return { method: "POST", path: "/in/tokenpayments/broker-eu", headers, body };
}

function ipay(amount: string): CaseRequest {
  const body = JSON.stringify({
    accountEDTO: "acc",
    blockchainTxId: "0xab",
    chain: "MATIC",
    currency: "USDT",
    customerID: "7",
    transferedAmount: Number(amount),
    token: secrets.IPAY_TOKEN,
  });
  return {
    method: "POST",
    path: "/in/ipay/broker-eu",
    headers: { "content-type": "application/json" },
    body,
  };
}

function deposit(body: object): CaseRequest {
  const path = `/in/iqpay/broker-eu/deposit/${secrets.IQPAY_DEPOSIT_PATH}`;
  const headers = { "content-type": "application/json" };
  return { method: "POST", path, headers, body: JSON.stringify(body) };
}
const DEPOSIT = { address: "1A", wallet_ext_id: "7", txid: "04fb", amount: 0.5, currency: "BTC", status: 1 };

/** The only event in this state. */
async function only(state: string): Promise<string> {
  const events = await listed(`state=${state}`);
  expect(events).toHaveLength(1);
  return String(events[0]?.id);
}

const bodies = () => outside.delivered.map(({ body }) => JSON.parse(body) as PaymentEvent);

/** Releases it, and follows it to the CRM: an event of a payment of its own, each naming the other. */
async function releasedAndFollowed(id: string, env?: ReturnType<typeof envWith>): Promise<PaymentEvent> {
  const before = outside.delivered.length;
  const released = await order(`/api/events/${id}/replay`, AS_NEW, env);
  expect(released).toMatchObject({ status: 202, body: { id, deliveries: 1 } });
  const became = String(released.body.became);
  await delivered(outside, before + 1);
  const event = bodies().at(-1);
  expect(event).toMatchObject({ id: became, data: { sequence: 1, previous_status: null } });
  expect(await get(`/api/events/${became}`)).toMatchObject({
    state: "delivered",
    released_by: "admin",
    released_from: id,
    payment_id: event?.data.payment_id,
  });
  expect(await get(`/api/events/${id}`)).toMatchObject({
    state: "released",
    became,
    released_by: "admin",
  });
  const payments = bodies().map(({ data }) => data.payment_id);
  expect(new Set(payments).size).toBe(payments.length);
  expect(await waiting()).not.toContain(id);
  expect((await get("/api/audit")).audit).toMatchObject([{ action: "release", actor: "admin" }]);
  await expectLedgerToAddUp();
  return event as PaymentEvent;
}

describe("released as a payment of its own is", () => {
  it("another token for the same order and sum, once however often the order is given", async () => {
    await post(ipn("token-00001"));
    await post(ipn("token-00002"));
    await delivered(outside, 1);
    const id = await only("superseded");
    expect(await get(`/api/events/${id}`)).toMatchObject({ reason: "same_order" });
    await releasedAndFollowed(id);
    expect((await order(`/api/events/${id}/replay`, AS_NEW)).status).toBe(409);
    expect(await listed("state=delivered")).toHaveLength(2);
    expect(outside.delivered).toHaveLength(2);
  });

  it("one order given twice at once", async () => {
    await post(ipn("token-00001"));
    await post(ipn("token-00002"));
    await delivered(outside, 1);
    const id = await only("superseded");
    const path = `/api/events/${id}/replay`;
    const both = await Promise.all([order(path, AS_NEW), order(path, AS_NEW)]);
    expect(both.map(({ status }) => status)).toContain(202);
    await delivered(outside, 2);
    expect(await listed("state=delivered")).toHaveLength(2);
    await expectLedgerToAddUp();
  });

  it("a second payment of another sum", async () => {
    await post(ipn("token-00001"));
    await post(ipn("token-00002", "0.7"));
    await delivered(outside, 1);
    const id = await only("quarantined");
    // To be forwarded at all it needs to be said as what.
    expect((await order(`/api/events/${id}/replay`)).status).toBe(409);
    const event = await releasedAndFollowed(id);
    expect(event.data.amount).toMatchObject({ value: "0.7" });
  });

  it("a repeat that states another sum", async () => {
    await post(ipay("25.5"));
    const repeated = await post(ipay("30"));
    expect(repeated.headers.get("relay-outcome")).toBe("duplicate");
    await delivered(outside, 1);
    const event = await releasedAndFollowed(await only("conflicting"));
    expect(event.data.amount).toMatchObject({ value: "30" });
  });

  it("a quarantined callback that can be read since the configuration was changed", async () => {
    const limited = (max_body_bytes: number) =>
      envWith({
        ...relay.sources,
        iqpay: { "broker-eu": { ...relay.sources.iqpay["broker-eu"], max_body_bytes } },
      });
    const response = await post(deposit(DEPOSIT), IQPAY_IP, limited(40));
    expect(response.headers.get("relay-outcome")).toBe("quarantined");
    const id = await only("quarantined");
    const refused = await order(`/api/events/${id}/replay`, AS_NEW, limited(40));
    expect(refused).toMatchObject({
      status: 409,
      body: { error: expect.stringContaining("too_large") as string },
    });
    const event = await releasedAndFollowed(id, limited(4_000));
    expect(event.data.amount).toMatchObject({ value: "0.5", currency: "BTC" });
  });
});

describe("refused with the reason is", () => {
  it("a quarantined callback that cannot be read today either", async () => {
    const { amount: _, ...without } = DEPOSIT;
    await post(deposit(without), IQPAY_IP);
    const id = await only("quarantined");
    const refused = await order(`/api/events/${id}/replay`, AS_NEW);
    expect(refused).toMatchObject({
      status: 409,
      body: { error: expect.stringContaining("missing_amount") as string },
    });
    expect(await waiting()).toEqual([id]);
    await expectLedgerToAddUp();
  });

  it("what was never set aside, and what does not exist", async () => {
    await post(ipay("25.5"));
    await delivered(outside, 1);
    const id = await only("delivered");
    expect((await order(`/api/events/${id}/replay`, AS_NEW)).status).toBe(409);
    const unknown = `evt_${"0".repeat(32)}`;
    expect((await order(`/api/events/${unknown}/replay`, AS_NEW)).status).toBe(404);
    expect((await order(`/api/events/${id}/replay`, { as: "payment" })).status).toBe(400);
  });
});

describe("in bulk", () => {
  it("counts first, releases up to a limit, names what failed and says that there is more", async () => {
    await post(ipn("token-00001"));
    for (const token of ["token-00002", "token-00003"]) await post(ipn(token));
    const { amount: _, ...without } = DEPOSIT;
    await post(deposit(without), IQPAY_IP);
    await delivered(outside, 1);
    const unreadable = await only("quarantined");

    expect((await order("/api/releases", { dry_run: true })).body).toEqual({ matching: 3 });
    expect(await waiting()).toHaveLength(3);
    expect((await order("/api/releases", { source: "iqpay/typo" })).status).toBe(400);
    const first = await order("/api/releases", { limit: 1, source: "tokenpayments/broker-eu" });
    expect(first.body).toEqual({ succeeded: 1, failed: 0, failures: [], more: true, remaining: 1 });
    const rest = await order("/api/releases", {});
    expect(rest.body).toMatchObject({
      succeeded: 1,
      failed: 1,
      failures: [{ id: unreadable, error: expect.stringContaining("missing_amount") as string }],
      more: false,
      remaining: 1,
    });
    await delivered(outside, 3);
    expect(new Set(bodies().map(({ data }) => data.payment_id)).size).toBe(3);
    expect(await waiting()).toEqual([unreadable]);
    await expectLedgerToAddUp();
  });
});
