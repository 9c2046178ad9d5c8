/** A relay with a broken configuration: what the mistake is about stands still, everything else goes on. */
import { createExecutionContext, createScheduledController } from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { app } from "../src/app.ts";
import type { Env } from "../src/env.ts";
import { allShards } from "../src/inbox/shard.ts";
import worker from "../src/index.ts";
import { MISCONFIGURED_RETRY_SECONDS, UNAVAILABLE_RETRY_AFTER_SECONDS } from "../src/limits.ts";
import { call, get, listed, order } from "./support/api.ts";
import { relay, secrets } from "./support/bindings.ts";
import { cookieOf, submit, Visitor } from "./support/console.ts";
import { deploy } from "./support/deploy.ts";
import { cryptopay, ipay, ledger, openRelay, send, tokenpayments, type Relay } from "./promises/relay.ts";
import { bindings, shards } from "./support/worker.ts";

let sut: Relay;

beforeEach(async () => {
  sut = await openRelay();
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** The test Worker with changes to its configuration, or another one, in every object. */
async function deployed(changes: object | string, names: readonly string[] = shards): Promise<Env> {
  const RELAY = typeof changes === "string" ? changes : JSON.stringify({ ...relay, ...changes });
  const env = { ...bindings, RELAY } as Env;
  for (const shard of names) await deploy(shard, env);
  return env;
}

const brokenIpay = { sources: { ...relay.sources, ipay: { "broker-eu": { secrets: ["NOT_SET"] } } } };
const brokenCrm = { destinations: { crm: { ...relay.destinations.crm, url: "nowhere" } } };

const healthz = async (env: Env, token?: string) => {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const response = await app.fetch(
    new Request("https://relay.test/healthz", { headers }),
    env,
    createExecutionContext(),
  );
  return { status: response.status, body: await response.json() };
};
const cron = async (env: Env) => {
  await worker.scheduled(createScheduledController({ scheduledTime: new Date() }), env);
};
const configurationAlerts = () =>
  sut.outside.lines("alert").filter(({ about }) => String(about).startsWith("configuration"));

describe("one account with a problem", () => {
  it("answers 503 at its own address, while another's callbacks and /api answer 200", async () => {
    const env = await deployed(brokenIpay);
    const refused = await send(ipay("0a"), env);
    expect(refused).toMatchObject({
      status: 503,
      outcome: null,
      retryAfter: String(UNAVAILABLE_RETRY_AFTER_SECONDS),
    });
    expect(await send(await cryptopay("p1", "p1-event", "succeeded"), env)).toMatchObject({
      status: 200,
      outcome: "accepted",
    });
    expect((await call("GET", "/api/events", undefined, env)).status).toBe(200);
    await sut.untilSettled({ env });
    expect(sut.booked.size).toBe(1);
  });

  it("tells a stranger one word, and an operator which it is", async () => {
    const env = await deployed(brokenIpay);
    expect(await healthz(env)).toEqual({ status: 200, body: { status: "degraded" } });
    expect(await healthz(env, "a-wrong-token")).toMatchObject({ status: 401 });
    expect(await healthz(env, secrets.ADMIN_TOKEN)).toMatchObject({
      status: 200,
      body: {
        status: "degraded",
        environment: "development",
        problems: [
          {
            path: "RELAY.sources.ipay.broker-eu.secrets.0",
            message: expect.stringContaining("secret NOT_SET is not set") as string,
            about: { kind: "source", name: "ipay/broker-eu" },
          },
        ],
      },
    });
  });

  it("logs its own name when it is called, and no name that a stranger made up", async () => {
    const env = await deployed({ sources: { ...brokenIpay.sources, "no-provider": {} } });
    await send(ipay("0a"), env);
    await send(new Request("https://relay.test/in/no-provider/anything", { method: "POST" }), env);
    expect(sut.outside.lines("refused")).toEqual([
      { what: "refused", source: "ipay/broker-eu", reason: "misconfigured" },
      { what: "refused", source: null, reason: "misconfigured" },
    ]);
  });

  it("has its deferred callbacks wait, without an attempt, until it is mended", async () => {
    sut.outside.verifier = { status: 503 };
    expect(await send(tokenpayments("p1"))).toMatchObject({ outcome: "deferred" });
    const { tokenpayments: account } = relay.sources;
    const broken = { "broker-eu": { ...account["broker-eu"], dedupe: "amount" } };
    const env = await deployed({ sources: { ...relay.sources, tokenpayments: broken } });
    sut.outside.verifier = { status: 200, content_type: "application/json", body: '{"valid":true}' };
    const before = sut.outside.verifierCalls;
    for (let step = 0; step < 3; step += 1) {
      vi.setSystemTime(Date.now() + MISCONFIGURED_RETRY_SECONDS * 1000);
      await sut.ring();
      await sut.quiet();
      await sut.consume(100, env);
    }
    expect(sut.outside.verifierCalls).toBe(before);
    expect(await listed("state=deferred")).toMatchObject([{ deliveries: [{ attempts: 0 }] }]);

    await deployed({});
    await sut.untilSettled();
    expect(sut.booked.size).toBe(1);
  });
});

describe("a destination with a problem", () => {
  it("is owed what comes in meanwhile, attempted by nobody, and gets it once it is mended", async () => {
    const { id: before } = await send(await cryptopay("p1", "p1-event", "succeeded"));
    const env = await deployed(brokenCrm);
    const { status, id } = await send(await cryptopay("p2", "p2-event", "succeeded"), env);
    expect(status).toBe(200);
    await sut.consume(100, env);
    await sut.ring();
    await sut.consume(100, env);
    expect(sut.booked.size).toBe(0);
    expect((await ledger()).destinations).toMatchObject({ crm: { parked: 2, pending: 0, dead: 0 } });
    const [crm] = (await call("GET", "/api/destinations", undefined, env)).body
      .destinations as unknown as unknown[];
    expect(crm).toMatchObject({
      name: "crm",
      parked: 2,
      paused: null,
      misconfigured: "RELAY.destinations.crm.url: is not a URL",
    });

    await deployed({});
    await sut.untilSettled();
    expect(new Set(sut.booked.keys())).toEqual(new Set([before, id]));
    expect(sut.mistakes()).toEqual([]);
    expect(await get("/api/destinations")).toMatchObject({
      destinations: [{ misconfigured: null, parked: 0 }],
    });
  });

  it("can be paused and resumed like any other", async () => {
    const env = await deployed(brokenCrm);
    const paused = await order("/api/destinations/crm/pause", { why: "moving" }, env);
    expect(paused.status).toBe(200);
    expect((await order("/api/destinations/crm/resume", undefined, env)).status).toBe(200);
  });
});

describe("the console", () => {
  it("shows every problem, and at the destination the one because of which it is held", async () => {
    const visitor = await Visitor.signIn(
      secrets.ADMIN_TOKEN,
      await deployed({ ...brokenIpay, ...brokenCrm }),
    );
    const settings = await visitor.page("/settings");
    expect(settings).toContain(
      "<code>RELAY.sources.ipay.broker-eu.secrets.0</code>: secret NOT_SET is not set",
    );
    expect(settings).toContain("<code>RELAY.destinations.crm.url</code>: is not a URL");
    const destinations = await visitor.page("/destinations");
    expect(destinations).toContain("held: its configuration has a problem");
    expect(destinations).toContain("RELAY.destinations.crm.url: is not a URL");
  });

  it("lets nobody in while the operators' token has a problem, and says which", async () => {
    const env = { ...(await deployed({ environment: "production" })), ADMIN_TOKEN: "short" } as Env;
    const response = await submit("/sign-in", { token: "short" }, { env });
    expect(response.status).toBe(503);
    expect(cookieOf(response)).toBe("");
    expect(await response.text()).toContain("ADMIN_TOKEN has a problem");
  });
});

describe("a configuration that cannot be read", () => {
  it("accepts nothing, and lets an operator look", async () => {
    await send(await cryptopay("p1", "p1-event", "succeeded"));
    const env = await deployed("{");
    for (const callback of [
      await cryptopay("p2", "p2-event", "succeeded"),
      ipay("0a"),
      new Request("https://relay.test/in/x", { method: "POST" }),
    ])
      expect((await send(callback, env)).status).toBe(503);
    expect(await healthz(env)).toEqual({ status: 503, body: { status: "misconfigured" } });
    expect((await call("GET", "/api/events", undefined, env)).body.events).toHaveLength(1);

    // What the queue brings meanwhile is held, and nothing is lost.
    await sut.consume(100, env);
    expect(sut.booked.size).toBe(0);
    await deployed({});
    await sut.untilSettled();
    expect(sut.booked.size).toBe(1);
  });

  it("shows the shards there are, though it does not say how many", async () => {
    const grown = await deployed({ inbox_shards: 3 }, allShards(3));
    await send(await cryptopay("p1", "p1-event", "succeeded"), grown);
    const env = await deployed("{", allShards(3));
    expect((await call("GET", "/api/events", undefined, env)).body.events).toHaveLength(1);
  });
});

describe("the alert about the configuration", () => {
  it("is raised once for each set of problems, and once when they are gone", async () => {
    const env = await deployed(brokenIpay);
    await cron(env);
    await cron(env);
    expect(configurationAlerts()).toMatchObject([
      { about: "configuration", count: 1, problems: expect.stringContaining("RELAY.sources.ipay") as string },
    ]);
    await cron(await deployed({ ...brokenIpay, ...brokenCrm }));
    expect(configurationAlerts()).toHaveLength(2);
    const mended = await deployed({});
    await cron(mended);
    await cron(mended);
    expect(configurationAlerts().slice(2)).toMatchObject([{ about: "configuration_mended" }]);
  });

  it("reaches a channel, and so does its end", async () => {
    const alerts = { url: "http://crm.test/alerts", secrets: ["CRM_SIGNING_SECRET"] };
    sut.outside.crm = () => new Response("ok");
    for (const changes of [brokenIpay, {}]) {
      const env = await deployed({ ...changes, alerts });
      await cron(env);
      await sut.untilSettled({ env });
    }
    expect(sut.outside.delivered.map(({ url, body }) => [url, JSON.parse(body) as unknown])).toMatchObject([
      [alerts.url, { about: "configuration", severity: "critical", environment: "development", count: 1 }],
      [alerts.url, { about: "configuration_mended" }],
    ]);
  });

  it("does not keep the monitor from looking at the rest", async () => {
    await send(await cryptopay("p1", "p1-event", "succeeded"));
    const env = await deployed(brokenIpay);
    vi.setSystemTime(Date.now() + 24 * 3_600_000);
    await cron(env);
    expect(sut.outside.lines("alert").map(({ about }) => about)).toContain("owed_long");
  });
});
