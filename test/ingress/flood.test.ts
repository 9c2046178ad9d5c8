import { afterEach, describe, expect, it, vi } from "vitest";
import { activityOf } from "../../src/activity/client.ts";
import { RefusedReports } from "../../src/ingress/refused-reports.ts";
import { FLOODING_ADDRESS_MS, MAX_REFUSED_LINES, REFUSALS_PER_COUNT } from "../../src/limits.ts";
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
    for (let sent = 1; sent < REFUSALS_PER_COUNT; sent += 1)
      expect((await post(forged, "203.0.113.5")).status).toBe(401);
    expect(limit).not.toHaveBeenCalled();
    const refused = await post(forged, "203.0.113.5");
    expect(refused.status).toBe(429);
    expect(refused.headers.get("retry-after")).toBe("60");
    expect((await post(genuine, "203.0.113.5")).status).toBe(200);
    expect(limit.mock.calls).toEqual([[{ key: "203.0.113.5" }]]);
  });

  it("is known without a question for a while, and another address is not", async () => {
    await freshRelay("2036-01-01T00:00:00.000Z");
    const limit = vi.spyOn(bindings.UNVERIFIED as RateLimit, "limit").mockResolvedValue({ success: false });
    const counted = async (address: string) => {
      const statuses: number[] = [];
      while (statuses.length < REFUSALS_PER_COUNT) statuses.push((await post(forged, address)).status);
      return [...new Set(statuses)];
    };
    expect(await counted("203.0.113.5")).toEqual([401, 429]);
    limit.mockResolvedValue({ success: true });
    expect(await counted("203.0.113.5")).toEqual([429]);
    expect(await counted("203.0.113.6")).toEqual([401]);
    vi.setSystemTime(Date.now() + FLOODING_ADDRESS_MS);
    expect(await counted("203.0.113.5")).toEqual([401]);
    const asked = limit.mock.calls.map(([{ key }]) => key);
    expect(asked).toEqual(["203.0.113.5", "203.0.113.6", "203.0.113.5"]);
  });

  it("has a line each for the first in the log, and their number for the others", async () => {
    const outside = await freshRelay("2036-01-01T00:00:00.000Z");
    const request = new Request("https://relay.test/in/nobody/here");
    const pending: Promise<unknown>[] = [];
    const ctx = { waitUntil: (promise: Promise<unknown>) => void pending.push(promise) };
    const reports = new RefusedReports();
    const refused = { source: null, why: { reason: "route" }, request, callback: null } as const;
    // The first is reported at once, and the others together when a second has gone by.
    for (let sent = 0; sent < 1 + MAX_REFUSED_LINES + 7; sent += 1) reports.add(refused, bindings, ctx);
    await Promise.all(pending);
    const line = { what: "refused", source: null, reason: "route" };
    const single = Array.from({ length: 1 + MAX_REFUSED_LINES }, () => line);
    expect(outside.lines("refused")).toEqual([...single, { ...line, others: 7 }]);
    const groups = await activityOf(bindings)?.refusedGroups();
    expect(groups).toMatchObject([{ reason: "route", count: 1 + MAX_REFUSED_LINES + 7 }]);
  });

  it("is refused one by one when the limiter is down", async () => {
    const outside = await freshRelay("2036-01-01T00:00:00.000Z");
    vi.spyOn(bindings.UNVERIFIED as RateLimit, "limit").mockRejectedValue(new Error("down"));
    for (let sent = 0; sent < REFUSALS_PER_COUNT; sent += 1) expect((await post(forged)).status).toBe(401);
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
