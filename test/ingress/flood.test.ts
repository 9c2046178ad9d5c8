import { afterEach, describe, expect, it, vi } from "vitest";
import { bindings, freshRelay, post } from "../support/worker.ts";

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const genuine = {
  method: "POST",
  path: "/in/ipay/broker-eu",
  headers: { "content-type": "application/json" },
  body: '{"blockchainTxId":"0x1","chain":"MATIC","currency":"USDT","customerID":"1","transferedAmount":1.5,"token":"tok_live_B"}',
};
const forged = { ...genuine, body: genuine.body.replace("tok_live_B", "guess") };

describe("a flood of forgeries", () => {
  it("is slowed down, while what verifies from the same address is still taken", async () => {
    await freshRelay("2036-01-01T00:00:00.000Z");
    const limit = vi.spyOn(bindings.UNVERIFIED as RateLimit, "limit").mockResolvedValue({ success: false });
    const refused = await post(forged, "203.0.113.5");
    expect(refused.status).toBe(429);
    expect(refused.headers.get("retry-after")).toBe("60");
    expect((await post(genuine, "203.0.113.5")).status).toBe(200);
    expect(limit.mock.calls).toEqual([[{ key: "203.0.113.5" }]]);
  });

  it("is refused one by one when the limiter is down", async () => {
    const outside = await freshRelay("2036-01-01T00:00:00.000Z");
    vi.spyOn(bindings.UNVERIFIED as RateLimit, "limit").mockRejectedValue(new Error("down"));
    expect((await post(forged)).status).toBe(401);
    expect(outside.lines("fault")).toHaveLength(1);
  });
});

describe("questions to a token verifier", () => {
  const ipn = {
    method: "POST",
    path: "/in/tokenpayments/broker-eu",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: "merchant_id=M-1001&token=tkn9f2c0001&page_hash=ph_77&invoice=INV-42&amount1=100&currency1=USD&amount2=0.03125&currency2=ETH",
  };
  const verdict = { status: 200, content_type: "application/json" };

  it("are asked once for many copies at once, and all of them get a response", async () => {
    const outside = await freshRelay("2036-01-01T00:00:00.000Z");
    outside.verifier = { ...verdict, body: '{"valid":true}' };
    const replies = await Promise.all(Array.from({ length: 30 }, () => post(ipn)));
    expect(replies.map(({ status }) => status)).toEqual(Array.from({ length: 30 }, () => 200));
    expect(replies.filter(({ headers }) => headers.get("relay-outcome") === "accepted")).toHaveLength(1);
    expect(outside.verifierCalls).toBe(1);
  });

  it("are asked once for many copies of a forgery", async () => {
    const outside = await freshRelay("2036-01-01T00:00:00.000Z");
    outside.verifier = { ...verdict, body: '{"valid":false}' };
    const replies = await Promise.all(Array.from({ length: 30 }, () => post(ipn)));
    expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([401]));
    expect(outside.verifierCalls).toBe(1);
  });

  it("wait when an account has asked too much, and nothing is lost", async () => {
    const outside = await freshRelay("2036-01-01T00:00:00.000Z");
    outside.verifier = { ...verdict, body: '{"valid":true}' };
    const limit = vi.spyOn(bindings.QUESTIONS as RateLimit, "limit").mockResolvedValue({ success: false });
    const reply = await post(ipn);
    expect([reply.status, reply.headers.get("relay-outcome")]).toEqual([200, "deferred"]);
    expect(outside.verifierCalls).toBe(0);
    expect(limit.mock.calls).toEqual([[{ key: "tokenpayments/broker-eu" }]]);
    limit.mockResolvedValue({ success: true });
    expect((await post(ipn)).headers.get("relay-outcome")).toBe("accepted");
  });
});
