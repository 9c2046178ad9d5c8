/** What is for this machine only: which hosts are it, and what a relay does under a public name. */
import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { app } from "../../src/app.ts";
import { isLocalHost } from "../../src/config/local-only.ts";
import { loadConfig } from "../../src/config/schema.ts";
import type { Env } from "../../src/env.ts";
import { MISCONFIGURED_RETRY_SECONDS } from "../../src/limits.ts";
import { relay, secrets } from "../support/bindings.ts";
import { bindings, freshRelay, keptRows, type Outside } from "../support/worker.ts";

describe("a host of nobody else's", () => {
  it.each([
    "localhost",
    "LOCALHOST.",
    "127.0.0.1",
    "127.8.9.1",
    "[::1]",
    "10.1.2.3",
    "172.31.0.1",
    "192.168.1.20",
    "169.254.1.1",
    "[fd00::1]",
    "[fe80::1]",
    "[::ffff:127.0.0.1]",
    "relay",
    "relay.localhost",
    "relay.test",
    "build-7.local",
    "relay.internal",
  ])("is %s", (host) => {
    expect(isLocalHost(host)).toBe(true);
  });

  it.each([
    "relay.example.com",
    "psp-relay.merchant.workers.dev",
    "abc.trycloudflare.com",
    "8.8.8.8",
    "172.32.0.1",
    "127.0.0.1.nip.io",
    "localhost.example.com",
    "test",
    "[2001:db8::1]",
  ])("is %s only where it has no dot", (host) => {
    expect(isLocalHost(host)).toBe(host === "test");
  });
});

describe("a development configuration under a public name", () => {
  let outside: Outside;
  beforeEach(async () => {
    outside = await freshRelay("2036-01-01T00:00:00.000Z");
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.restoreAllMocks();
  });

  async function ask(url: string, init: RequestInit = {}, env: Env = bindings): Promise<Response> {
    const ctx = createExecutionContext();
    const response = await app.fetch(new Request(url, init), env, ctx);
    await waitOnExecutionContext(ctx);
    return response;
  }
  const genuine = {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      accountEDTO: "acc",
      blockchainTxId: "0xab",
      chain: "MATIC",
      currency: "USDT",
      customerID: "7",
      transferedAmount: 5,
      token: secrets.IPAY_TOKEN,
    }),
  };
  const asOperator = { headers: { authorization: `Bearer ${secrets.ADMIN_TOKEN}` } };

  it.each<[string, RequestInit]>([
    ["/in/ipay/broker-eu", genuine],
    ["/healthz", {}],
    ["/healthz", asOperator],
    ["/api/events", asOperator],
    ["/", {}],
    ["/.well-known/jwks.json", {}],
  ])("serves nothing at %s, and says why", async (path, init) => {
    const response = await ask(`https://relay.example.com${path}`, init);
    expect(response.status).toBe(503);
    expect(response.headers.get("retry-after")).toBe(String(MISCONFIGURED_RETRY_SECONDS));
    expect(await response.json()).toEqual({
      status: "misconfigured",
      error: expect.stringContaining("on a public host name it serves nothing") as string,
    });
    expect(await keptRows()).toEqual([]);
    expect(outside.delivered).toEqual([]);
  });

  it("serves under a local one", async () => {
    expect((await ask("http://127.0.0.1:8787/in/ipay/broker-eu", genuine)).status).toBe(200);
    expect((await ask("http://localhost:8787/healthz")).status).toBe(200);
  });

  it("is not what any other environment is", async () => {
    const env = { ...bindings, RELAY: JSON.stringify({ ...relay, environment: "production" }) } as Env;
    const response = await ask("https://relay.example.com/healthz", {}, env);
    expect(await response.json()).toEqual({ status: "degraded" });
  });
});

describe("receivers on this machine, for a deployment's configuration", () => {
  const RELAY = {
    sources: {},
    destinations: { crm: { url: "https://crm.example.com/hooks", secrets: ["KEY"] } },
  };
  const load = (urls: unknown, more: object = {}) =>
    loadConfig({
      ADMIN_TOKEN: "x".repeat(32),
      KEY: "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
      RELAY: { ...RELAY, ...more },
      RELAY_LOCAL_URLS: urls,
    });

  it.each(["http://127.0.0.1:8788/hooks", "http://localhost:1/", "https://[::1]:1/"])(
    "stand in at %s, and make it one for this machine only",
    (url) => {
      const { config, problems } = load(JSON.stringify({ crm: url }));
      expect(problems).toEqual([]);
      expect(config.destinations.get("crm")?.url.href).toBe(url);
      expect(config.isLocalOnly).toBe(true);
      expect(config.environment).toBe("production");
    },
  );

  it.each<[string, unknown, string]>([
    ["elsewhere", '{"crm":"https://evil.example.com/"}', "RELAY_LOCAL_URLS.crm"],
    ["in the network around", '{"crm":"http://192.168.1.1/"}', "RELAY_LOCAL_URLS.crm"],
    ["by another protocol", '{"crm":"file:///etc/passwd"}', "RELAY_LOCAL_URLS.crm"],
    ["of a destination there is not", '{"erp":"http://127.0.0.1/"}', "RELAY_LOCAL_URLS.erp"],
    ["in no table", "http://127.0.0.1/", "RELAY_LOCAL_URLS"],
  ])("are none %s: nothing is accepted", (_, urls, path) => {
    const { config, problems } = load(urls);
    expect(problems.map((problem) => problem.path.join("."))).toEqual([path]);
    expect(config).toMatchObject({ isAccepting: false, isLocalOnly: true });
    expect(config.destinations.get("crm")?.url.href).toBe("https://crm.example.com/hooks");
  });

  it("do not excuse a destination whose own address is wrong", () => {
    const wrong = { destinations: { crm: { ...RELAY.destinations.crm, url: "http://127.0.0.1:1/" } } };
    const { config } = load('{"crm":"http://127.0.0.1:1/"}', wrong);
    expect([...config.heldDestinations.keys()]).toEqual(["crm"]);
  });

  it("are none where nobody says so", () => {
    expect(load(undefined).config.isLocalOnly).toBe(false);
  });
});
