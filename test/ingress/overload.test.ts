/** Failures of the relay: never a 4xx, never a 2xx for what is not stored, never a long wait, and nothing stored in part. */
import { afterEach, describe, expect, it, vi } from "vitest";
import { InboxClient } from "../../src/inbox/client.ts";
import { addUp } from "../../src/inbox/ledger.ts";
import { toHex } from "../../src/parse/encoding.ts";
import { hmacSha256 } from "../../src/verify/hmac.ts";
import { configFrom } from "../support/config.ts";
import { bindings, freshRelay, inboxOf, keptRows, post, shards } from "../support/worker.ts";
import { acceptance } from "../support/events.ts";

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const callback = {
  method: "POST",
  path: "/in/ipay/broker-eu",
  headers: { "content-type": "application/json" },
  body: '{"blockchainTxId":"0x1","chain":"MATIC","currency":"USDT","customerID":"1","transferedAmount":1.5,"token":"tok_live_B"}',
};

describe("when the Inbox cannot take a callback", () => {
  it("tells the provider to come again, and keeps nothing", async () => {
    const outside = await freshRelay("2036-01-01T00:00:00.000Z");
    const spy = vi.spyOn(bindings.INBOX, "getByName").mockImplementation(() => {
      throw Object.assign(new Error("Durable Object is overloaded"), { overloaded: true });
    });
    const response = await post(callback);
    spy.mockRestore();
    expect(response.status).toBe(503);
    expect(response.headers.get("retry-after")).toBe("5");
    expect(response.headers.get("relay-outcome")).toBeNull();
    expect(outside.lines("fault")).toMatchObject([{ where: "ingress" }]);
    expect(await keptRows()).toEqual([]);
    expect((await post(callback)).headers.get("relay-outcome")).toBe("accepted");
  });

  const hangs = () => new Promise(() => undefined);
  const stuck = { getByName: () => new Proxy({}, { get: () => hangs }) } as never;
  const ofStuck = (before: number | null) =>
    new InboxClient({ INBOX: stuck }, { ...configFrom(bindings), inboxShardsBefore: before }, 50);
  const owner = { key: "name", owner: "ipay/broker-eu", taken: "token_reused" } as const;
  const question = { tokenHash: "t", owner: "o", fingerprint: "f", caller: "c", again: false };

  it.each<[string, (inbox: InboxClient) => Promise<unknown>]>([
    ["accept", (inbox) => inbox.accept(acceptance())],
    ["reserve", (inbox) => inbox.reserve(owner, "f")],
    ["consult", (inbox) => inbox.tokens.consult(question)],
    ["refuse", (inbox) => inbox.tokens.refuse("t")],
    ["undecided", (inbox) => inbox.tokens.undecided("t", "verifier_timeout")],
    ["lease", (inbox) => inbox.lease("8/0", [])],
    ["settle", (inbox) => inbox.settle("8/0", [])],
    ["timeline", (inbox) => inbox.timeline("pay_1")],
    ["forgetPayment", (inbox) => inbox.forgetPayment("pay_1", false, "ops")],
    ["audit", (inbox) => inbox.audit("ops", "pause", {})],
    ["a question to one", (inbox) => inbox.first(async (shard) => await shard.ledger())],
    ["a question to all", (inbox) => inbox.all(async (shard) => await shard.ledger())],
  ])("does not wait for it for ever: %s", async (_, call) => {
    await expect(call(ofStuck(null))).rejects.toThrow("no answer in 50 ms");
    await expect(call(ofStuck(4))).rejects.toThrow("no answer in 50 ms");
  });
});

describe("an event id of a provider that is used for another payment", () => {
  const cryptopay = async (payment: string) => {
    const body = JSON.stringify({
      id: "evt_twice",
      type: "payment.succeeded",
      data: {
        object: { id: payment, amount: 2000, amount_received: 2000, currency: "usd", status: "succeeded" },
      },
    });
    const t = String(Math.floor(Date.now() / 1000));
    const utf8 = new TextEncoder();
    const mac = toHex(await hmacSha256(utf8.encode("whsec_demo_secret"), utf8.encode(`${t}.${body}`)));
    const headers = { "content-type": "application/json", "x-cryptopay-signature": `t=${t},v1=${mac}` };
    return await post({ method: "POST", path: "/in/cryptopay/broker-eu", headers, body }, undefined, counted);
  };
  let calls = 0;
  // The attempt after the answer is noted with a call of its own, which no provider waits for.
  const getByName = (name: string) => {
    const stub = bindings.INBOX.getByName(name);
    return new Proxy(stub, {
      get: (target, method) => {
        if (method === "accept" || method === "reserve") calls += 1;
        return Reflect.get(target, method) as unknown;
      },
    });
  };
  const counted = { ...bindings, INBOX: { getByName } as never };

  it("is another event: both are forwarded, and neither costs a second call", async () => {
    const outside = await freshRelay("2036-01-01T00:00:00.000Z");
    const answers = [await cryptopay("pi_1"), await cryptopay("pi_2")];
    expect(answers.map(({ headers }) => headers.get("relay-outcome"))).toEqual(["accepted", "accepted"]);
    expect(calls).toBe(2);
    expect(answers.map(({ headers }) => headers.get("relay-warning"))).toEqual([null, null]);
    const rows = await keptRows();
    expect(rows.map(({ event }) => event?.data.provider)).toMatchObject([
      { event_id: "evt_twice" },
      { event_id: "evt_twice" },
    ]);
    expect(new Set(rows.map(({ event }) => event?.data.payment_id)).size).toBe(2);
    const parts = await Promise.all(shards.map(async (shard) => await inboxOf(shard).ledger()));
    expect(addUp(parts).sources["cryptopay/broker-eu"]).toMatchObject({ authentic: 2, accepted: 2 });
    expect(outside.lines("alert")).toEqual([]);
  });
});
