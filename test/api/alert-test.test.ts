/** `POST /api/alerts/test`: each channel is tried at once, and says what it answered. */
import { createExecutionContext } from "cloudflare:test";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { app } from "../../src/app.ts";
import type { Env } from "../../src/env.ts";
import { secrets } from "../support/bindings.ts";
import { changedEnv } from "../support/deploy.ts";
import { faultsOfDelivery } from "../support/contract.ts";
import { get } from "../support/api.ts";
import { freshRelay, type Outside } from "../support/worker.ts";

let outside: Outside;
/** What was sent, and what is answered to it. */
let sent: Request[];
let answer: (request: Request) => Response;

beforeEach(async () => {
  outside = await freshRelay("2036-01-01T00:00:00.000Z");
  sent = [];
  answer = () => new Response("ok");
  vi.spyOn(globalThis, "fetch").mockImplementation((input) => {
    const request = input as Request;
    sent.push(request.clone());
    return Promise.resolve(answer(request));
  });
});

const CHANNELS = {
  team: { kind: "slack", secrets: ["TEAM_URL"] },
  pager: { kind: "pagerduty", secrets: ["PAGER_KEY"], severities: ["critical"] },
  broken: { kind: "telegram", secrets: ["NOT_SET"], chat: "1" },
};

function envOf(changes: object): Env {
  const keys = { TEAM_URL: "https://hooks.slack.test/hidden", PAGER_KEY: "k".repeat(32) };
  return { ...changedEnv({ ...changes }), ...keys };
}

async function order(env: Env, body?: object) {
  const request = new Request("https://relay.test/api/alerts/test", {
    method: "POST",
    headers: { authorization: `Bearer ${secrets.ADMIN_TOKEN}`, "content-type": "application/json" },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  const response = await app.fetch(request, env, createExecutionContext());
  return { status: response.status, body: await response.json<{ channels: Record<string, unknown>[] }>() };
}

describe("a test of the channels", () => {
  it("sends each the test and that it is over, whatever its severities, and says how it went", async () => {
    const alerts = { url: "http://hooks.test/alerts", secrets: ["CRM_SIGNING_SECRET"] };
    const { status, body } = await order(envOf({ alerts, alert_channels: CHANNELS }));
    expect(status).toBe(200);
    const went = { delivered: true, status: 200, error: null, answer: "ok" };
    expect(body.channels).toEqual([
      { name: "@alerts", kind: "webhook", ...went },
      { name: "@alerts.team", kind: "slack", ...went },
      { name: "@alerts.pager", kind: "pagerduty", ...went },
      {
        name: "@alerts.broken",
        kind: null,
        delivered: false,
        status: null,
        error: "misconfigured",
        answer: null,
      },
    ]);
    const to = (host: string) => sent.filter(({ url }) => new URL(url).host === host);
    const pager = await Promise.all(
      to("events.pagerduty.com").map((one) => one.json<Record<string, unknown>>()),
    );
    expect(pager.map((event) => [event.event_action, event.dedup_key])).toEqual([
      ["trigger", "development|test|"],
      ["resolve", "development|test|"],
    ]);
    expect(to("hooks.slack.test")).toHaveLength(2);
    for (const request of to("hooks.test")) {
      const faults = faultsOfDelivery({ headers: request.headers, body: await request.text() });
      expect(faults).toEqual([]);
    }
    expect(outside.logged.join()).not.toMatch(/hidden|kkkk/);
  });

  it("tries one alone where it is named, and stops at what it refuses", async () => {
    answer = () => new Response("invalid_token at /hidden", { status: 403 });
    const { body } = await order(envOf({ alert_channels: CHANNELS }), { channel: "@alerts.team" });
    expect(body.channels).toEqual([
      {
        name: "@alerts.team",
        kind: "slack",
        delivered: false,
        status: 403,
        error: null,
        answer: "invalid_token at [secret]",
      },
    ]);
    expect(sent).toHaveLength(1);
  });

  it("says that every secret of a channel has expired", async () => {
    const team = { kind: "slack", secrets: [{ name: "TEAM_URL", not_after: "2020-01-01T00:00:00Z" }] };
    const { body } = await order(envOf({ alert_channels: { team } }));
    expect(body.channels).toMatchObject([{ delivered: false, error: "no_live_key" }]);
    expect(sent).toEqual([]);
  });

  it("finds no channel where there is none, or none of the name, the CRM's among them", async () => {
    expect((await order(envOf({}))).status).toBe(404);
    const env = envOf({ alert_channels: CHANNELS });
    expect((await order(env, { channel: "@alerts.nobody" })).status).toBe(404);
    expect((await order(env, { channel: "crm" })).status).toBe(404);
    expect(sent).toEqual([]);
  });

  it("is in the audit under the operator's name", async () => {
    await order(envOf({ alert_channels: CHANNELS }), { channel: "@alerts.team" });
    const { audit } = await get("/api/audit");
    expect(audit).toMatchObject([{ actor: "admin", action: "test_alerts" }]);
  });
});
