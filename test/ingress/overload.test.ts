/** Our own failures: never a 4xx, never a lie, never a long wait, and nothing half done. */
import { afterEach, describe, expect, it, vi } from "vitest";
import { Inboxes } from "../../src/ingress/inboxes.ts";
import { loadConfig } from "../../src/config/schema.ts";
import { bindings, freshRelay, keptRows, post } from "../support/front-door.ts";
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

  it("does not wait for it for ever", async () => {
    const loaded = loadConfig({ ...bindings });
    if (!loaded.ok) throw new Error(loaded.problems.join());
    const stuck = { getByName: () => ({ accept: () => new Promise(() => undefined) }) };
    const inboxes = new Inboxes({ ...bindings, INBOX: stuck as never }, loaded.config, 50);
    await expect(inboxes.accept(acceptance())).rejects.toThrow("in time");
  });
});
