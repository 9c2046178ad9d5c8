/** The operator API over HTTP: who may use it, what it shows, what it does. */
import { exports } from "cloudflare:workers";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { eventDetail, eventPage } from "../../src/api/operations/schemas.ts";
import { Inbox } from "../../src/inbox/inbox.ts";
import { shardOf } from "../../src/inbox/shard.ts";
import { secrets } from "../support/bindings.ts";
import { acceptance, eventId, paymentId } from "../support/events.ts";
import { changedEnv, deploy } from "../support/deploy.ts";
import { freshRelay, inboxOf, post, runAlarms, type Outside } from "../support/worker.ts";

let outside: Outside;

beforeEach(async () => {
  outside = await freshRelay("2036-01-01T00:00:00.000Z");
});

interface Call {
  readonly method?: string;
  readonly body?: unknown;
  readonly token?: string | null;
}

async function call(
  path: string,
  { method = "GET", body, token = secrets.ADMIN_TOKEN }: Call = {},
): Promise<Response> {
  const headers = new Headers(token === null ? {} : { authorization: `Bearer ${token}` });
  const worker = (exports as unknown as { default: Fetcher }).default;
  const init: RequestInit = { method, headers };
  if (body !== undefined) init.body = JSON.stringify(body);
  return await worker.fetch(new Request(`https://relay.test${path}`, init));
}

async function json(path: string, options?: Call): Promise<Record<string, never>> {
  return await (await call(path, options)).json();
}

/** An accepted event in its own shard. */
async function accept(payment: string, event: string): Promise<void> {
  const input = acceptance({ payment, event });
  await inboxOf(await shardOf(input.event.data.payment_id, 8)).accept(input);
}

const delivered = (count: number) => vi.waitFor(() => expect(outside.delivered).toHaveLength(count));

describe("authorization", () => {
  it.each(["/api/events", "/api/ledger", "/api/destinations", "/api/audit", "/api/openapi.json"])(
    "%s needs the token",
    async (path) => {
      expect((await call(path, { token: null })).status).toBe(401);
      expect((await call(path, { token: "wrong" })).status).toBe(401);
      expect((await call(path)).status).toBe(200);
    },
  );

  it("describes itself", async () => {
    const described = await json("/api/openapi.json");
    expect(described).toHaveProperty(["paths", "/api/events/{id}/replay"]);
  });
});

describe("reading", () => {
  it.each([
    ["all of them", ""],
    ["those with a word", "&q=ORDER-1"],
    ["those with the beginning of a word", "&q=pay_70*"],
  ])("lists events newest first over all shards, page by page, each once: %s", async (_, filter) => {
    for (let i = 0; i < 25; i += 1) {
      vi.setSystemTime(Date.now() + 1000);
      await accept(`p${i}`, `e${i}`);
    }
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const query: string = cursor === null ? "" : `&cursor=${encodeURIComponent(cursor)}`;
      const page = eventPage.parse(await json(`/api/events?limit=7${filter}${query}`));
      seen.push(...page.events.map(({ id }) => id));
      cursor = page.cursor;
    } while (cursor !== null);
    expect(seen).toEqual(Array.from({ length: 25 }, (_, i) => eventId(`e${24 - i}`)));
  });

  it("filters by source, state and time, and says which part of a query is wrong", async () => {
    await accept("p", "e");
    await delivered(1);
    await vi.waitFor(async () => {
      const page = await json("/api/events?state=delivered&source=ipay/broker-eu");
      expect(page.events).toHaveLength(1);
    });
    expect((await json("/api/events?state=dead")).events).toEqual([]);
    expect((await json("/api/events?to=2035-01-01T00:00:00Z")).events).toEqual([]);
    const wrong = await call("/api/events?state=lost&limit=0");
    expect(wrong.status).toBe(400);
    expect(await wrong.json()).toMatchObject({
      errors: [
        { in: "query", path: "state.0" },
        { in: "query", path: "limit" },
      ],
    });
  });

  it.each([
    ["ord*", "needs 6 characters of a word before *"],
    ["a, b", "needs a word of 3 characters"],
    ["***", "needs 6 characters of a word before *"],
  ])("says why nothing can be searched for by %j, and looks at no event for it", async (q, message) => {
    const wrong = await call(`/api/events?q=${encodeURIComponent(q)}`);
    expect(wrong.status).toBe(400);
    expect(await wrong.json()).toMatchObject({ errors: [{ in: "query", path: "q", message }] });
  });

  it("shows one event with its body and attempts", async () => {
    await accept("p", "e");
    await delivered(1);
    await vi.waitFor(async () => {
      const detail = eventDetail.parse(await json(`/api/events/${eventId("e")}`));
      expect(detail).toMatchObject({ state: "delivered", event: { id: eventId("e") } });
      expect(detail.attempts).toMatchObject([{ destination: "crm", attempt: 1, status: 200, answer: "ok" }]);
    });
    expect((await call(`/api/events/${eventId("other")}`)).status).toBe(404);
  });

  it("shows a payment's time line", async () => {
    await accept("p", "e1");
    const of = `/api/events?payment_id=${paymentId("p")}`;
    expect((await json(of)).events).toHaveLength(1);
    expect((await json(`${of}&state=dead`)).events).toEqual([]);
    const timeline = await json(`/api/payments/${paymentId("p")}`);
    expect(timeline.events).toHaveLength(1);
    expect((await call(`/api/payments/${paymentId("unknown")}`)).status).toBe(404);
  });
});

describe("payments", () => {
  it("are listed by their newest events over all shards, each once a page, with what they have come to", async () => {
    for (let i = 0; i < 9; i += 1) {
      vi.setSystemTime(Date.now() + 1000);
      await accept(`p${i}`, `e${i}`);
    }
    vi.setSystemTime(Date.now() + 1000);
    await accept("p3", "again");
    const list = await json("/api/payments?limit=4");
    expect(list).toMatchObject({
      payments: [
        {
          id: paymentId("p3"),
          source: "ipay/broker-eu",
          status: "confirmed",
          merchant_reference: "order-1",
          amount: { value: "10.00", currency: "EUR" },
          events: 2,
        },
        { id: paymentId("p8"), events: 1 },
        { id: paymentId("p7") },
        { id: paymentId("p6") },
      ],
    });
    const next = await json(`/api/payments?limit=20&cursor=${encodeURIComponent(list.cursor ?? "")}`);
    expect(next).toMatchObject({
      payments: ["p5", "p4", "p3", "p2", "p1", "p0"].map((name) => ({ id: paymentId(name) })),
      cursor: null,
    });
    expect((await json(`/api/payments?q=${paymentId("p3")}`)).payments).toMatchObject([{ events: 2 }]);
    expect((await json("/api/payments?state=dead")).payments).toEqual([]);
  });

  it("are asked about with two calls to a shard, however many there are on the page", async () => {
    // Once it was one call for each payment. The fourth character decides about the shard.
    for (let i = 0; i < 40; i += 1) await accept(`pay${i % 8}-${i}`, `e${i}`);
    const spies = (["list", "briefTimelines", "timeline", "find"] as const).map((name) =>
      vi.spyOn(Inbox.prototype, name),
    );
    expect((await json("/api/payments?limit=40")).payments).toHaveLength(40);
    expect(spies.map(({ mock }) => mock.calls.length)).toEqual([8, 8, 0, 0]);
    vi.restoreAllMocks();
  });
});

describe("ordering", () => {
  it("replays one event with the same bytes and a note of it in the audit log", async () => {
    await accept("p", "e");
    await delivered(1);
    await vi.waitFor(async () =>
      expect((await json("/api/ledger")).destinations).toMatchObject({ crm: { delivered: 1 } }),
    );
    expect((await call(`/api/events/${eventId("e")}/replay`, { method: "POST" })).status).toBe(202);
    await delivered(2);
    const [first, second] = outside.delivered;
    expect(second?.body).toBe(first?.body);
    expect(second?.headers.get("webhook-id")).toBe(first?.headers.get("webhook-id"));
    expect(second?.headers.get("relay-replay")).toBe("true");
    expect((await json("/api/audit")).audit).toMatchObject([{ action: "replay", actor: "admin" }]);
  });

  it("pauses and resumes a destination", async () => {
    expect(
      (await call("/api/destinations/crm/pause", { method: "POST", body: { why: "deploying" } })).status,
    ).toBe(200);
    await accept("p", "e");
    expect((await json("/api/destinations")).destinations).toMatchObject([
      { name: "crm", paused: "deploying", parked: 1 },
    ]);
    expect(outside.delivered).toEqual([]);
    await call("/api/destinations/crm/resume", { method: "POST" });
    await runAlarms();
    await delivered(1);
    expect((await call("/api/destinations/nobody/pause", { method: "POST" })).status).toBe(404);
  });

  it("records an order to all shards once, and accepts no name of who gave it", async () => {
    const headers = {
      authorization: `Bearer ${secrets.ADMIN_TOKEN}`,
      "cf-access-authenticated-user-email": "ceo@corp",
    };
    const worker = (exports as unknown as { default: Fetcher }).default;
    const url = "https://relay.test/api/destinations/crm/pause";
    await worker.fetch(new Request(url, { method: "POST", headers }));
    expect((await json("/api/audit")).audit).toMatchObject([{ action: "pause", actor: "admin" }]);
  });

  it("counts only what a bulk replay would send, and refuses a mistyped name", async () => {
    await accept("p", "e1");
    await accept("p", "e2");
    await delivered(1);
    const dry = { from: "2035-01-01T00:00:00Z", dry_run: true };
    expect(await json("/api/replays", { method: "POST", body: dry })).toEqual({ matching: 1 });
    for (const wrong of [{ source: "ipay/typo" }, { destination: "typo" }, { to: "2034-01-01T00:00:00Z" }]) {
      expect((await call("/api/replays", { method: "POST", body: { ...dry, ...wrong } })).status).toBe(400);
    }
    const superseded = await json(`/api/events/${eventId("e2")}`);
    expect(superseded).toMatchObject({
      state: "superseded",
      superseded: { data: { amount: { value: "10.00" } } },
    });
  });

  it("counts a bulk replay before it is made, and makes it at the rate asked for", async () => {
    for (let i = 0; i < 5; i += 1) await accept(`p${i}`, `e${i}`);
    await delivered(5);
    const filter = { from: "2035-01-01T00:00:00Z", source: "ipay/broker-eu" };
    expect(await json("/api/replays", { method: "POST", body: { ...filter, dry_run: true } })).toEqual({
      matching: 5,
    });
    const job = await json("/api/replays", { method: "POST", body: { ...filter, per_second: 800 } });
    expect(job).toMatchObject({ state: "running", replayed: 0 });
    await runAlarms();
    await delivered(10);
    await vi.waitFor(async () =>
      expect(await json(`/api/replays/${job.id}`)).toMatchObject({ state: "finished", replayed: 5 }),
    );
    expect((await json("/api/replays")).replays).toMatchObject([{ id: job.id, state: "finished" }]);
    expect((await call("/api/replays", { method: "POST", body: {} })).status).toBe(400);
  });
});

describe("a destination that is no longer configured", () => {
  it("is left alone by a replay, and an event owed to nobody else cannot be sent again", async () => {
    const shard = await shardOf(paymentId("p"), 8);
    await deploy(shard, changedEnv({ destinations: { crm: {}, erp: {} } }));
    const done = { atMs: Date.now(), durationMs: 1, status: 200, error: null, answer: "ok" };
    for (const [event, destinations] of [
      ["e1", ["crm", "erp"]],
      ["e2", ["erp"]],
    ] as const) {
      const input = acceptance({ payment: "p", event, kind: "updated", destinations, attemptNow: true });
      const accepted = await inboxOf(shard).accept(input);
      const attempts = accepted.outcome === "accepted" ? accepted.attempts : [];
      await inboxOf(shard).settle(
        attempts.map(({ reference }) => ({
          reference,
          attempt: { attempt: 1, ...done },
          outcome: { kind: "delivered" },
        })),
      );
    }
    const states = async (name: string) =>
      (
        (await json(`/api/events/${eventId(name)}`)) as {
          deliveries?: { destination: string; state: string }[];
        }
      ).deliveries
        ?.map(({ destination, state }) => `${destination} ${state}`)
        .toSorted();
    expect(await states("e1")).toEqual(["crm delivered", "erp delivered"]);

    await deploy(shard, changedEnv({}));
    const replayed = await json(`/api/events/${eventId("e1")}/replay`, { method: "POST" });
    expect(replayed).toMatchObject({ deliveries: 1 });
    await delivered(1);
    await vi.waitFor(async () => expect(await states("e1")).toEqual(["crm delivered", "erp delivered"]));
    expect((await call(`/api/events/${eventId("e2")}/replay`, { method: "POST" })).status).toBe(409);
    expect(await states("e2")).toEqual(["erp delivered"]);
    expect((await json("/api/ledger")).remainder).toEqual({});
  });
});

describe("quarantine", () => {
  it("runs a quarantined callback again, and keeps it while it is still no use", async () => {
    const response = await post(
      {
        method: "POST",
        path: "/in/iqpay/broker-eu/deposit/s3cr3t_dep",
        headers: { "content-type": "application/json" },
        body: '{"txid":"t-4711","address":"a","status":1,"wallet_ext_id":"1","currency":"BTC"}',
      },
      "198.51.100.7",
    );
    expect(response.headers.get("relay-outcome")).toBe("quarantined");
    const id = response.headers.get("relay-event-id") ?? "";
    expect(await json(`/api/events/${id}`)).toMatchObject({
      state: "quarantined",
      reason: "missing_amount",
      callback: {
        method: "POST",
        kind: "deposit",
        body: expect.stringContaining('"txid":"t-4711"') as string,
      },
    });
    // The operator knows the transaction, not our id.
    expect((await json("/api/events?q=t-4711")).events).toMatchObject([{ id, state: "quarantined" }]);
    expect((await json("/api/events?q=T-4711")).events).toMatchObject([{ id }]);
    expect((await json("/api/events?q=t-4712")).events).toEqual([]);
    const again = await call(`/api/events/${id}/replay`, { method: "POST" });
    expect(again.status).toBe(409);
    expect(await json(`/api/events/${id}`)).toMatchObject({ state: "quarantined" });
    expect((await json("/api/ledger")).sources).toMatchObject({
      "iqpay/broker-eu": { quarantined: 1, authentic: 1 },
    });
  });
});
