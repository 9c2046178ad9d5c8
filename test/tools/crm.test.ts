import { Webhook } from "standardwebhooks";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Crm, startCrm } from "../../tools/lib/crm-server.ts";
import { crmLine } from "../../tools/lib/crm-lines.ts";

const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
let crm: Crm;
const lines: string[] = [];

beforeEach(async () => {
  lines.length = 0;
  crm = await startCrm({ secrets: [SECRET], onHappening: (h) => lines.push(crmLine(h)) });
});
afterEach(() => crm.close());

function event(id: string, sequence = 1, amount = "1.00"): string {
  return JSON.stringify({
    id,
    type: "payment.confirmed",
    data: {
      payment_id: "pay_1",
      sequence,
      merchant_reference: "order-1",
      amount: { value: amount, currency: "USD" },
      provider: { name: "cryptopay", account: "broker-eu" },
    },
  });
}

function post(body: string, secret = SECRET, id = (JSON.parse(body) as { id: string }).id) {
  const now = new Date();
  return fetch(crm.url, {
    method: "POST",
    redirect: "manual",
    headers: {
      "content-type": "application/json",
      "webhook-id": id,
      "webhook-timestamp": String(Math.floor(now.getTime() / 1_000)),
      "webhook-signature": new Webhook(secret).sign(id, now, body),
      "relay-attempt": "1",
    },
    body,
  });
}

describe("the sample CRM", () => {
  it("books a verified event once and responds 200 to repeats", async () => {
    expect((await post(event("evt_1"))).status).toBe(200);
    const again = await post(event("evt_1"));
    expect([again.status, await again.json()]).toEqual([200, { processed: true, note: "already have it" }]);
    expect(crm.received()).toMatchObject([
      { id: "evt_1", arrivals: 2, verified: true, flags: [], merchant_reference: "order-1" },
    ]);
    expect(lines[0]).toContain("first");
    expect(lines[1]).toContain("again (2)");
  });

  it("refuses what is signed with another secret, changed, or under another id", async () => {
    const forged = await post(event("evt_1"), "whsec_c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0");
    expect(forged.status).toBe(400);
    expect((await post(event("evt_1"), SECRET, "evt_2")).status).toBe(400);
    expect(crm.received()).toEqual([]);
    expect(crm.refused()).toHaveLength(2);
  });

  it("flags an id that comes with another body", async () => {
    await post(event("evt_1"));
    await post(event("evt_1", 1, "2.00"));
    expect(crm.received()[0]?.flags).toEqual(["came again with another body"]);
  });

  it("flags a first arrival after a later one of the same payment", async () => {
    await post(event("evt_2", 2));
    await post(event("evt_1", 1));
    expect(crm.received().map((r) => r.flags)).toEqual([[], ["out of order: 1 after 2"]]);
  });

  it("fails on purpose and books nothing meanwhile", async () => {
    const responses: [Parameters<Crm["setFailure"]>[0], number, string | null][] = [
      ["500", 500, null],
      ["503", 503, "1"],
      ["429", 429, "2"],
      ["410", 410, null],
      ["redirect", 302, null],
    ];
    for (const [mode, status, hint] of responses) {
      crm.setFailure(mode);
      const response = await post(event("evt_1"));
      expect([response.status, response.headers.get("retry-after")]).toEqual([status, hint]);
    }
    crm.setFailure("reset");
    await expect(post(event("evt_1"))).rejects.toThrow("fetch failed");
    expect([crm.received(), crm.failures()]).toEqual([[], responses.length + 1]);
    crm.setFailure(null);
    expect((await post(event("evt_1"))).status).toBe(200);
  });

  it("is switched at run time, and recovers when the time is over", async () => {
    const at = crm.url.replace("/webhooks/payments", "");
    expect((await fetch(`${at}/_fail?mode=503&for=0ms`, { method: "POST" })).status).toBe(200);
    expect((await post(event("evt_1"))).status).toBe(200);
    expect((await fetch(`${at}/_fail?mode=nonsense`, { method: "POST" })).status).toBe(400);
    expect(await (await fetch(`${at}/received`)).json()).toMatchObject([{ id: "evt_1" }]);
  });
});
