/** Settings: problems with their place, alerts, operators, shards, keys, the audit; and nothing secret among them. */
import { beforeEach, describe, expect, it } from "vitest";
import type { ConfigurationJson } from "../../src/api/operations/configuration.ts";
import { CONSOLE_AUDIT, DATABASE_LIMIT_BYTES } from "../../src/limits.ts";
import { call, get, order } from "../support/api.ts";
import { secrets } from "../support/bindings.ts";
import { payByIpay } from "../support/payments.ts";
import { Visitor } from "../support/console.ts";
import { changedEnv } from "../support/deploy.ts";
import { bindings, freshRelay, inboxOf, shards } from "../support/worker.ts";
import type { Env } from "../../src/env.ts";

const PLANTED = `"><x-planted>`;
let visitor: Visitor;

beforeEach(async () => {
  await freshRelay("2036-01-01T00:00:00.000Z");
  visitor = await Visitor.signIn();
});

const configuration = async (env: Env = bindings) =>
  (await call("GET", "/api/configuration", undefined, env)).body as unknown as ConfigurationJson;

describe("the configuration", () => {
  it("is told with its shards and how full they are", async () => {
    const told = await configuration();
    expect(told).toMatchObject({ environment: "development", status: "ok", problems: [], access: null });
    expect(told.shards.map(({ name }) => name)).toEqual(shards);
    for (const { bytes, limit_bytes: limit } of told.shards) {
      expect(bytes).toBeGreaterThan(0);
      expect(limit).toBe(DATABASE_LIMIT_BYTES);
    }
    expect(await visitor.page("/settings")).toMatch(/<meter max="10000000000" value="\d+"/);
  });

  it("tells of a shard that does not answer, and of the others all the same", async () => {
    const getByName = (name: string) => {
      if (name !== shards[3]) return inboxOf(name);
      const fail = () => Promise.reject(new Error("the object is lost"));
      return new Proxy({}, { get: (_, method) => (method === "then" ? undefined : fail) });
    };
    const env = { ...bindings, INBOX: { getByName } as unknown as Env["INBOX"] };
    const told = await configuration(env);
    expect(told.shards.filter(({ bytes }) => bytes === null).map(({ name }) => name)).toEqual([shards[3]]);
  });

  it("is told with its operators and their roles, and no token or secret", async () => {
    const env = {
      ...changedEnv({
        operators: {
          ann: { secrets: ["ANN"], role: "read" },
          bob: { secrets: [{ name: "BOB", not_after: "2020-01-01T00:00:00Z" }], role: "operate" },
        },
        access: { team_domain: "team.cloudflareaccess.com", audience: "aud", operate: ["eve@example.com"] },
      }),
      ANN: "a-token-of-ann-with-32-characters-or-more",
      BOB: "a-token-of-bob-with-32-characters-or-more",
    };
    const told = await configuration(env);
    expect(told.operators).toEqual([
      { name: "ann", role: "read", tokens: 1 },
      { name: "bob", role: "operate", tokens: 0 },
      { name: "admin", role: "operate", tokens: 1 },
    ]);
    const html = await (await Visitor.signIn(env.ANN, env)).page("/settings");
    for (const text of ["ann", "no token that is in force", "eve@example.com", "whoever else"])
      expect(html).toContain(text);
    for (const secret of [env.ANN, env.BOB, ...Object.values(secrets)]) {
      expect(html).not.toContain(secret);
      expect(JSON.stringify(told)).not.toContain(secret);
    }
  });

  it("shows each problem with its place, as text", async () => {
    const env = changedEnv({ sources: { ipay: { shop: { secrets: ["NOT_SET"], [PLANTED]: 1 } } } });
    expect((await configuration(env)).problems).toContainEqual({
      path: "RELAY.sources.ipay.shop.secrets.0",
      message: expect.stringContaining("NOT_SET") as string,
      about: { kind: "source", name: "ipay/shop" },
    });
    const html = await (await Visitor.signIn(secrets.ADMIN_TOKEN, env)).page("/settings");
    expect(html).toContain("<code>RELAY.sources.ipay.shop.secrets.0</code>");
    expect(html).toContain("&quot;&gt;&lt;x-planted&gt;");
    expect(html).not.toContain("<x-planted>");
  });

  it("shows where alerts go, each channel with its severities", async () => {
    const team = { kind: "slack", secrets: ["TEAM_URL"], severities: ["critical"] };
    const env = {
      ...changedEnv({ alert_channels: { team } }),
      TEAM_URL: "https://hooks.slack.test/T0/whole-address",
    };
    expect((await configuration(env)).alert_channels).toEqual([
      { name: "@alerts.team", kind: "slack", severities: ["critical"] },
    ]);
    const html = await (await Visitor.signIn(secrets.ADMIN_TOKEN, env)).page("/settings");
    expect(html).toContain("slack, critical");
    expect(html).not.toContain("whole-address");
  });
});

describe("alerts", () => {
  it("are listed with their state and severity, what they are about as text", async () => {
    expect(await visitor.page("/settings")).toContain("No alert has been raised.");
    await inboxOf("8/0").raise("silence", { source: PLANTED });
    await expect.poll(async () => (await get("/api/alerts")).alerts).toHaveLength(1);
    const html = await visitor.page("/settings");
    expect(html).toContain("<code>silence</code>");
    expect(html).toMatch(/<td>(warning|critical)<\/td><td><span class="state state-\w+">open<\/span>/);
    expect(html).toContain("&quot;&gt;&lt;x-planted&gt;");
    expect(html).not.toContain("<x-planted>");
  });
});

describe("each source", () => {
  it("is shown with the key that proved its newest event", async () => {
    await payByIpay("0x1", secrets.IPAY_TOKEN_OLD);
    expect(await visitor.page("/settings")).toContain("<code>IPAY_TOKEN_OLD</code>");
  });
});

describe("the audit", () => {
  it("goes on where a page of it ends", async () => {
    for (let i = 0; i < CONSOLE_AUDIT + 1; i += 1)
      await order(`/api/destinations/crm/pause`, { why: `reason-${i}.` });
    const newest = await visitor.page("/settings");
    expect(newest).toContain(`reason-${CONSOLE_AUDIT}.`);
    expect(newest).not.toContain("reason-0.");
    const next = /rel="next" href="([^"#]+)#audit"/.exec(newest)?.[1]?.replaceAll("&amp;", "&") ?? "";
    expect(await visitor.page(next)).toContain("reason-0.");
  });

  it("of a cursor that is none is refused", async () => {
    expect((await visitor.get("/settings?audit=<b>")).status).toBe(400);
  });
});
