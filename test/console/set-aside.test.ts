/** What waits for a person or a verifier: each list by what it is for, grouped, with orders about a group alone. */
import { beforeEach, describe, expect, it, vi } from "vitest";
import { shardOf } from "../../src/inbox/shard.ts";
import { hmacSha256 } from "../../src/verify/hmac.ts";
import { MAX_BULK_ORDER_EVENTS } from "../../src/limits.ts";
import { toHex } from "../../src/parse/encoding.ts";
import { get, listed, order, waiting } from "../support/api.ts";
import { secrets } from "../support/bindings.ts";
import { elementsOf, Visitor } from "../support/console.ts";
import { acceptance, settingAside } from "../support/events.ts";
import { freshRelay, inboxOf, post, type Outside } from "../support/worker.ts";

/** It does not say which payment it is about. */
const NAMELESS = `{"type":"payment_intent.succeeded","data":{"object":{"object":"payment_intent"}}}`;
let outside: Outside;
let visitor: Visitor;

beforeEach(async () => {
  outside = await freshRelay("2036-01-01T00:00:00.000Z");
  outside.verifier = { status: 200, content_type: "application/json", body: `{"valid":true}` };
  visitor = await Visitor.signIn();
});

/** An order of a page, paid with this token; the sum of the second one is another. */
async function pay(token: string, amount: string): Promise<void> {
  const fields = {
    merchant_id: "M-1001",
    token,
    page_hash: "ph_77",
    item_name: "Deposit",
    item_desc: "",
    invoice: "INV-1",
    custom: "acct:991",
    amount1: "100",
    currency1: "USD",
    amount2: amount,
    currency2: "ETH",
  };
  const headers = { "content-type": "application/x-www-form-urlencoded" };
  const request = { method: "POST", path: "/in/tokenpayments/broker-eu", headers };
  await post({ ...request, body: String(new URLSearchParams(fields)) }, "198.51.100.7");
}

/** Authentic, and of no use. */
async function unreadable(body: string): Promise<void> {
  const t = String(Date.now() / 1000);
  const bytes = (text: string) => new TextEncoder().encode(text);
  const mac = toHex(await hmacSha256(bytes(secrets.CRYPTOPAY_SECRET), bytes(`${t}.${body}`)));
  const headers = { "content-type": "application/json", "x-cryptopay-signature": `t=${t},v1=${mac}` };
  await post({ method: "POST", path: "/in/cryptopay/broker-eu", headers, body });
}

const hrefsOf = (html: string) =>
  [...html.matchAll(/href="(\/orders[^"]*)"/g)].map(([, href = ""]) => href.replaceAll("&amp;", "&"));

describe("second payments", () => {
  it("have a list of their own, and are not among what is quarantined for other reasons", async () => {
    await pay("tkn9f2c0001", "0.03125");
    await pay("tkn9f2c0002", "0.05");
    await unreadable(`{"id":`);
    const second = await visitor.page("/set-aside?tab=second-payments");
    expect(second).toContain("second_payment");
    expect(second).not.toContain("<code>json</code>");
    const quarantined = await visitor.page("/set-aside?tab=quarantined");
    expect(quarantined).toContain("<code>json</code>");
    expect(quarantined).not.toContain("second_payment");
    expect(await visitor.page("/")).toContain(
      `<a href="/set-aside?tab=second-payments">1 second payment</a>`,
    );
  });
});

describe("each that needs a person", () => {
  it("is in one list and no other", async () => {
    await pay("tkn9f2c0001", "0.03125");
    await pay("tkn9f2c0002", "0.05");
    await pay("tkn9f2c0003", "0.03125");
    await unreadable(`{"id":`);
    await unreadable(NAMELESS);
    const one = acceptance({ payment: "same", event: "first", contents: { "conflict:amount": "10 EUR" } });
    const home = inboxOf(await shardOf(one.event.data.payment_id, 8));
    await home.accept(one);
    await home.accept({ ...one, fingerprint: "f".repeat(64), contents: { "conflict:amount": "11 EUR" } });
    await order("/api/destinations/crm/pause", { why: "maintenance" });
    await home.accept(acceptance({ payment: "held", event: "held" }));
    const needed = await waiting();
    expect(needed.length).toBeGreaterThanOrEqual(6);
    const shown: string[] = [];
    for (const tab of ["quarantined", "second-payments", "conflicting", "superseded", "dead", "parked"]) {
      const html = await visitor.page(`/set-aside?tab=${tab}`);
      shown.push(...[...html.matchAll(/href="\/events\/(evt_[0-9a-f]{32})"/g)].map(([, id = ""]) => id));
    }
    expect(shown.toSorted()).toEqual(needed.map(String).toSorted());
  });
});

describe("a group", () => {
  it("is ordered about alone: by its reason", async () => {
    await unreadable(`{"id":`);
    await unreadable(NAMELESS);
    const html = await visitor.page("/set-aside?tab=quarantined");
    const dismissal = hrefsOf(html).find((href) => /reasons=json/.test(href) && href.includes("dismissals"));
    expect(await visitor.page(dismissal ?? "")).toContain("1 event");
    const all = hrefsOf(html).find((href) => href.includes("second_payment") && href.includes("dismissals"));
    expect(await visitor.page(all ?? "")).toContain("2 events");
    const fields = { state: "quarantined", reasons: "json", order: "dismissals", reason: "settled" };
    expect(await (await visitor.order("/orders", fields)).text()).toContain(
      "1 of 1 event dismissed, 0 failed, 0 remain.",
    );
    expect(await listed("state=dismissed")).toMatchObject([{ reason: "json" }]);
    expect(await listed("state=quarantined")).toHaveLength(1);
  });

  it("is ordered about alone: by its destination", async () => {
    await order("/api/destinations/crm/pause", { why: "maintenance" });
    await inboxOf("8/0").accept(acceptance({ payment: "held", event: "held" }));
    const html = await visitor.page("/set-aside?tab=parked");
    const [replay] = hrefsOf(html);
    expect(replay).toContain("destination=crm");
    expect(await visitor.page(replay ?? "")).toContain("1 event");
  });
});

describe("an order about more than one part takes", () => {
  const count = MAX_BULK_ORDER_EVENTS + 2;
  /** What the page's form sends with whatever a person fills in. */
  const hiddenFieldsOf = async (html: string): Promise<Record<string, string>> =>
    Object.fromEntries(
      (await elementsOf(html))
        .filter(({ attributes }) => attributes.get("type") === "hidden")
        .map(({ attributes }) => [attributes.get("name") ?? "", attributes.get("value") ?? ""]),
    );

  it("shows how far it is, goes on until none is left, and leaves what came after it was counted", async () => {
    for (let i = 0; i < count; i += 1)
      await inboxOf("8/0").setAside(
        settingAside(`part-${i}`, { state: "quarantined", reason: "json" }, { sha256: `part-${i}` }),
      );
    const preview = await visitor.page("/orders?order=dismissals&state=quarantined");
    expect(preview).toContain(`Dismiss ${count}`);
    vi.setSystemTime(Date.now() + 1_000);
    await unreadable(`{"id":`);
    const first = await (
      await visitor.order("/orders", { ...(await hiddenFieldsOf(preview)), reason: "not ours" })
    ).text();
    expect(first).toContain(`${MAX_BULK_ORDER_EVENTS} of ${count} events dismissed, 0 failed, 2 remain.`);
    expect(first).toContain("data-goes-on");
    const next = await hiddenFieldsOf(first);
    expect(next).toMatchObject({ reason: "not ours", dealt_with: String(MAX_BULK_ORDER_EVENTS) });
    const last = await (await visitor.order("/orders", next)).text();
    expect(last).toContain(`${count} of ${count} events dismissed, 0 failed, 0 remain.`);
    expect(last).not.toContain("data-goes-on");
    expect(await listed("state=quarantined")).toHaveLength(1);
  });
});

describe("the filter by reasons", () => {
  it("takes several, and with ! all others; what is neither is refused", async () => {
    await unreadable(`{"id":`);
    await unreadable(NAMELESS);
    const found = async (reasons: string) =>
      (await listed(`reasons=${reasons}`)).map(({ reason }) => String(reason).split(":")[0] ?? "").toSorted();
    expect(await found("json,missing_event_id")).toEqual(["json", "missing_event_id"]);
    expect(await found("!json")).toEqual(["missing_event_id"]);
    expect(await found("second_payment")).toEqual([]);
    expect((await visitor.get("/payments?reasons=<b>")).status).toBe(400);
    const { total, filter } = (
      await order("/api/replays", { from: "2036-01-01T00:00:00Z", reasons: ["json", "!second_payment"] })
    ).body as unknown as { total: number; filter: object };
    expect(total).toBe(0);
    expect(filter).toMatchObject({ reasons: ["json", "!second_payment"] });
    expect((await get("/api/replays")).replays).toMatchObject([
      { filter: { reasons: ["json", "!second_payment"] } },
    ]);
  });
});
