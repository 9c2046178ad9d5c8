/** Each page with nothing and with little, and each order given from it. */
import { beforeEach, describe, expect, it } from "vitest";
import { acceptance } from "../support/events.ts";
import { delivered, get, listed, order, waiting } from "../support/api.ts";
import { changedEnv } from "../support/deploy.ts";
import { TABS } from "../../src/console/parts/set-aside-tabs.ts";
import { elementsOf, Visitor } from "../support/console.ts";
import { freshRelay, post, type Outside } from "../support/worker.ts";
import { shardOf } from "../../src/inbox/shard.ts";
import { inboxOf } from "../support/worker.ts";
import { secrets } from "../support/bindings.ts";

let outside: Outside;
let visitor: Visitor;

beforeEach(async () => {
  outside = await freshRelay("2036-01-01T00:00:00.000Z");
  visitor = await Visitor.signIn();
});

/** One payment by iPay; answers its event's id. */
async function pay(transaction: string, customer = "848151"): Promise<string> {
  const response = await post({
    method: "POST",
    path: "/in/ipay/broker-eu",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      token: secrets.IPAY_TOKEN,
      accountEDTO: "acc_1",
      blockchainTxId: transaction,
      chain: "MATIC",
      currency: "USDT",
      customerID: customer,
      transferedAmount: 25.5,
    }),
  });
  expect(response.headers.get("relay-outcome")).toBe("accepted");
  return response.headers.get("relay-event-id") ?? "";
}

const titlesOf = async (path: string) => /<h1>(.*?)<\/h1>/s.exec(await visitor.page(path))?.[1] ?? "";

describe("with nothing", () => {
  it.each(["/", "/payments"])(
    "%s teaches: the addresses of the sources, and a callback to try",
    async (path) => {
      const html = await visitor.page(path);
      expect(html).toContain("https://relay.test/in/ipay/broker-eu");
      expect(html).toContain("https://relay.test/in/iqpay/broker-eu/deposit/&lt;secret&gt;");
      expect(html).toContain("npm run simulate");
      expect(html).not.toContain(secrets.IQPAY_DEPOSIT_PATH);
    },
  );

  it.each(TABS)("the list of $name says what would be there", async ({ id, empty }) => {
    expect(await visitor.page(`/set-aside?tab=${id}`)).toContain(empty);
  });

  it("what was searched for and is not there is said to be so", async () => {
    expect(await visitor.page("/payments?q=nowhere")).toContain("Nothing was found.");
  });

  it("a payment that there is none of has a page that says so", async () => {
    const response = await visitor.get(`/payments/pay_${"0".repeat(32)}`);
    expect(response.status).toBe(404);
    expect(await response.text()).toContain("There is no such thing");
  });

  it("settings say that no order has been given", async () => {
    expect(await visitor.page("/settings")).toContain("No order has been given yet.");
  });
});

describe("with a payment", () => {
  it("the overview counts it, and the ledger adds up", async () => {
    await pay("0x1");
    await delivered(outside, 1);
    const html = await visitor.page("/");
    expect(html).toContain("it adds up.");
    expect(html).toContain("Nothing needs a person.");
  });

  it("is found by its customer, its transaction, its event and itself", async () => {
    const event = await pay("0xfound", "990017");
    await pay("0xother", "990018");
    await delivered(outside, 2);
    for (const q of ["990017", "0xfound"]) {
      const html = await visitor.page(`/payments?q=${q}`);
      expect(html).toContain("990017");
      expect(html).not.toContain("990018");
    }
    const [{ payment_id: payment }] = (await listed("q=0xfound")) as [{ payment_id: string }];
    for (const q of [event, payment])
      expect((await visitor.get(`/payments?q=${q}`)).headers.get("location")).toMatch(
        /^\/(payments|events)\//,
      );
  });

  it("its page has the amount as it was stated, the proof, and each attempt with its answer", async () => {
    outside.crm = () => new Response("no room", { status: 503 });
    const event = await pay("0x2");
    await expect.poll(async () => await visitor.page(`/events/${event}`)).toContain("no room");
    const html = await visitor.page(`/events/${event}`);
    expect(html).toContain('<span class="whole">25</span><span class="fraction">.5</span>');
    expect(html).toContain("shared_secret");
    expect(html).toContain("crm answered 503 once; next try in");
    expect(html).not.toContain(secrets.IPAY_TOKEN);
  });

  it("a filter is in the address, and the form shows it", async () => {
    await pay("0x3");
    await delivered(outside, 1);
    const html = await visitor.page("/payments?state=delivered&source=ipay%2Fbroker-eu&from=1h");
    const chosen = (await elementsOf(html)).filter(
      ({ name, attributes }) => name === "option" && attributes.has("selected"),
    );
    expect(chosen.map(({ attributes }) => attributes.get("value"))).toEqual([
      "delivered",
      "ipay/broker-eu",
      "1h",
    ]);
    expect(html).toContain("848151");
    expect(await visitor.page("/payments?state=dead")).toContain("Nothing was found.");
  });

  it("a filter that makes no sense is refused with the reason, and not ignored", async () => {
    expect((await visitor.get("/payments?state=nonsense")).status).toBe(400);
  });

  it("a list that is longer than a page goes on", async () => {
    for (let i = 0; i < 55; i += 1) {
      const input = acceptance({ payment: `p${i}`, event: `e${i}` });
      await inboxOf(await shardOf(input.event.data.payment_id, 8)).accept(input);
    }
    const first = await visitor.page("/payments");
    const next = /rel="next" href="([^"]+)"/.exec(first)?.[1]?.replaceAll("&amp;", "&") ?? "";
    expect(next).toMatch(/^\/payments\?cursor=/);
    expect(await visitor.page(next)).toMatch(/<tr>/);
  });
});

describe("what was refused", () => {
  it("is shown with its reason, its sender, its size and the beginning of its body, without a secret", async () => {
    const body = JSON.stringify({ token: "wrong-token-value", accountEDTO: "acc_1", customerID: "990099" });
    const headers = { "content-type": "application/json" };
    const response = await post({ method: "POST", path: "/in/ipay/broker-eu", headers, body }, "192.0.2.7");
    expect(response.status).toBe(401);
    await expect.poll(async () => await visitor.page("/refused")).toContain("bad_token");
    const html = await visitor.page("/refused?source=ipay%2Fbroker-eu");
    expect(html).toContain("192.0.2.7");
    expect(html).toContain("990099");
    expect(html).not.toContain("wrong-token-value");
    expect(await visitor.page("/refused?source=cryptopay%2Fbroker-eu")).toContain(
      "Nothing was refused lately.",
    );
  });

  it("of a source that there is no form of is refused itself", async () => {
    expect((await visitor.get("/refused?source=<b>")).status).toBe(400);
  });
});

it("the live feed comes with a session, as server-sent events", async () => {
  const response = await visitor.get("/live/feed?what=delivery");
  expect(response.headers.get("content-type")).toBe("text/event-stream");
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  let said = "";
  while (!said.includes("event: ready")) said += new TextDecoder().decode((await reader.read()).value);
  await reader.cancel();
  expect((await visitor.get("/live/feed?what=nonsense")).status).toBe(400);
});

describe("the charts", () => {
  it("are of the range that the address names, and the page has their figures", async () => {
    await pay("0xchart");
    await delivered(outside, 1);
    const figures = (await elementsOf(await visitor.page("/?range=day"))).filter(({ attributes }) =>
      attributes.has("data-chart"),
    );
    expect(figures).toHaveLength(4);
    const { seconds } = JSON.parse(
      figures[0]?.attributes.get("data-chart")?.replaceAll("&quot;", '"') ?? "{}",
    ) as { seconds: number[] };
    expect((seconds.at(-1) ?? 0) - (seconds[0] ?? 0)).toBeGreaterThan(80_000);
  });
});

describe("an order", () => {
  it("replays an event, and says how many deliveries will be made", async () => {
    const event = await pay("0x4");
    await delivered(outside, 1);
    const response = await visitor.order(`/events/${event}/replay`);
    expect(response.headers.get("location")).toBe(`/events/${event}?done=replayed&count=1`);
    expect(await visitor.page(`/events/${event}?done=replayed&count=1`)).toContain(
      "1 delivery will be made again.",
    );
    await delivered(outside, 2);
  });

  it("pauses a destination with a reason, and resumes it", async () => {
    await visitor.order("/destinations/crm/pause", { why: "maintenance" });
    expect(await visitor.page("/destinations")).toContain("maintenance");
    const event = await pay("0x5");
    expect(await visitor.page(`/events/${event}`)).toContain("crm is paused: “maintenance”");
    await visitor.order("/destinations/crm/resume");
    expect(await visitor.page("/destinations")).not.toContain("maintenance");
    const { audit } = (await get("/api/audit")) as unknown as { audit: { action: string }[] };
    expect(audit.map(({ action }) => action)).toEqual(expect.arrayContaining(["pause", "resume"]));
  });

  it("sends a test to the channels of alerts, and says what each answered", async () => {
    expect(await visitor.page("/settings")).not.toContain("/settings/test-alerts");
    const team = { kind: "slack", secrets: ["TEAM_URL"] };
    const broken = { kind: "slack", secrets: ["NOT_SET"] };
    const env = {
      ...changedEnv({ alert_channels: { team, broken } }),
      TEAM_URL: "https://hooks.slack.test/hidden",
    };
    const operator = await Visitor.signIn(secrets.ADMIN_TOKEN, env);
    expect(await operator.page("/settings")).toContain("/settings/test-alerts");
    outside.verifier = { status: 404, body: "<b>no_team</b>" };
    const html = await (await operator.order("/settings/test-alerts")).text();
    expect(html).toContain("@alerts.team: the test has not arrived, 404, &lt;b&gt;no_team&lt;/b&gt;");
    expect(html).toContain("@alerts.broken: the test has not arrived, misconfigured");
    outside.verifier = { status: 200, body: "ok" };
    expect(await (await operator.order("/settings/test-alerts")).text()).toContain(
      "@alerts.team: the test has arrived",
    );
  });

  it("dismisses what waits for a person, with the reason", async () => {
    await visitor.order("/destinations/crm/pause", { why: "maintenance" });
    const event = await pay("0x6");
    expect(await waiting()).toEqual([event]);
    await visitor.order(`/events/${event}/dismiss`, { reason: "settled by hand" });
    expect(await waiting()).toEqual([]);
    expect(await visitor.page(`/events/${event}`)).toContain("settled by hand");
  });

  it("that makes no sense now is refused with the reason", async () => {
    const event = await pay("0x7");
    await delivered(outside, 1);
    const response = await visitor.order(`/events/${event}/dismiss`, { reason: "why not" });
    expect(response.status).toBe(409);
    expect(await response.text()).toContain("nothing of it waits for a person");
  });

  it("in bulk is shown with its count before it is given, and acts on the filter", async () => {
    await visitor.order("/destinations/crm/pause", { why: "maintenance" });
    for (let i = 0; i < 3; i += 1) await pay(`0xb${i}`);
    const preview = await visitor.page("/orders?order=dismissals&state=parked");
    expect(preview).toContain("3 events");
    expect(await waiting()).toHaveLength(3);
    const result = await visitor.order("/orders", {
      order: "dismissals",
      state: "parked",
      reason: "settled",
    });
    expect(await result.text()).toContain("3 of 3 events dismissed, 0 failed, 0 remain.");
    expect(await waiting()).toEqual([]);
  });

  it("of a bulk replay shows its progress", async () => {
    for (let i = 0; i < 2; i += 1) await pay(`0xc${i}`);
    await delivered(outside, 2);
    expect(await visitor.page("/orders?order=replays&state=delivered")).toContain("2 events");
    const given = await visitor.order("/orders", { order: "replays", state: "delivered", per_second: "50" });
    expect(given.headers.get("location")).toBe("/set-aside?tab=quarantined&done=replays&count=2");
    expect(await visitor.page("/set-aside")).toContain("of 2");
  });

  it("releases what was set aside as a payment of its own", async () => {
    const second = acceptance({ payment: "same", event: "first" });
    const home = inboxOf(await shardOf(second.event.data.payment_id, 8));
    await home.accept(second);
    await home.accept(acceptance({ payment: "same", event: "other" }));
    const [set] = await listed("state=superseded");
    const response = await visitor.order(`/events/${String(set?.id)}/release`);
    expect(response.headers.get("location")).toMatch(/^\/events\/evt_[0-9a-f]{32}\?done=released$/);
  });
});

it("what was just done comes from the address only as a code: a link puts no words here", async () => {
  expect(await titlesOf("/?done=Your%20session%20ended&count=<b>")).toBe("Is money moving?");
  expect(await visitor.page("/?done=constructor")).not.toContain('class="done"');
  await order("/api/destinations/crm/resume");
});
