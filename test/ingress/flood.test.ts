import { afterEach, describe, expect, it, vi } from "vitest";
import { bindings, freshRelay, post } from "../support/front-door.ts";

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
