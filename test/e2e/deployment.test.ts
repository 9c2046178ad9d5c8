/**
 * A deployment's own configuration on this machine, as docs/operations.md says to try it: made of a merchant's
 * relay.toml, run by `wrangler dev --config`, with secrets of real length and receivers here. Then one account and one
 * receiver are broken while it runs: each stands still alone.
 */
import { randomBytes } from "node:crypto";
import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { cryptopay } from "../../tools/lib/callbacks.ts";
import { startCrm, type Crm } from "../../tools/lib/crm-server.ts";
import { makeDeployment, readDeployment } from "../../tools/lib/deployment/make.ts";
import { copyProject } from "../../tools/lib/outage/copy-project.ts";
import { freePort } from "../../tools/lib/ports.ts";
import { spawnGroup, waitFor, type Group } from "../../tools/lib/processes.ts";
import { send, type Reply } from "../../tools/lib/send.ts";
import { wranglerEnvironment } from "../../tools/lib/wrangler-env.ts";

const PROJECT = join(import.meta.dirname, "../..");
const NAME = "production";
const DEADLINE_MS = 120_000;
/** Longer than a reload takes. */
const WRITE_AGAIN_MS = 5_000;

const random = () => randomBytes(32).toString("base64url");
const secrets = {
  CRYPTOPAY_SHOP: random(),
  CRYPTOPAY_KIOSK: random(),
  CRM_SIGNING_SECRET: `whsec_${randomBytes(32).toString("base64")}`,
  ERP_SIGNING_SECRET: `whsec_${randomBytes(32).toString("base64")}`,
  ADMIN_TOKEN: random(),
};

/** Two accounts and two receivers, as a merchant would write them. */
const relayToml = (kiosk: string, erp: string) => `
name = "psp-relay-test"
routes = [{ pattern = "relay.example.com", custom_domain = true }]
[limits]
cpu_ms = 30_000
[vars.RELAY.sources.cryptopay.shop]
secrets = ["CRYPTOPAY_SHOP"]
destinations = ["crm", "erp"]
[vars.RELAY.sources.cryptopay.kiosk]
secrets = ["${kiosk}"]
destinations = ["crm"]
[vars.RELAY.destinations.crm]
url = "https://crm.example.com/webhooks/payments"
secrets = ["CRM_SIGNING_SECRET"]
[vars.RELAY.destinations.erp]
url = "${erp}"
secrets = ["ERP_SIGNING_SECRET"]
`;
const ERP_URL = "https://erp.example.com/events";

let folder: string;
let crm: Crm;
let erp: Crm;
let relay: Group;
let url: string;

/** Writes the merchant's file, and makes wrangler's of it: a running `wrangler dev` takes it up. */
function configure(kiosk: string, erpUrl: string): string {
  const own = join(folder, "deployments", NAME);
  mkdirSync(own, { recursive: true });
  writeFileSync(join(own, "relay.toml"), relayToml(kiosk, erpUrl));
  const deployment = readDeployment(folder, NAME);
  expect(deployment.problems).toEqual([]);
  return makeDeployment(deployment);
}

beforeAll(async () => {
  folder = copyProject(PROJECT, mkdtempSync(join(tmpdir(), "psp-relay-deployment-")));
  crm = await startCrm({ secrets: [secrets.CRM_SIGNING_SECRET] });
  erp = await startCrm({ secrets: [secrets.ERP_SIGNING_SECRET] });
  const made = configure("CRYPTOPAY_KIOSK", ERP_URL);
  const lines = Object.entries(secrets).map(([name, value]) => `${name}="${value}"`);
  writeFileSync(join(folder, "deployments", NAME, ".dev.vars"), lines.join("\n"), { mode: 0o600 });
  const port = await freePort();
  url = `http://127.0.0.1:${port}`;
  const local = JSON.stringify({ crm: crm.url, erp: erp.url });
  relay = await spawnGroup(
    "wrangler dev",
    process.execPath,
    [
      join(PROJECT, "node_modules/wrangler/bin/wrangler.js"),
      "dev",
      `--config=${made}`,
      "--infer-origin-from-routes=false",
      `--var=RELAY_LOCAL_URLS:${local}`,
      `--port=${port}`,
      "--ip=127.0.0.1",
      "--inspector-port=0",
      "--show-interactive-dev-session=false",
    ],
    { cwd: folder, env: wranglerEnvironment(folder) },
  );
  await untilHealth("ok");
});
afterAll(async () => {
  await relay.stop();
  await Promise.all([crm.close(), erp.close()]);
  rmSync(folder, { recursive: true, force: true });
});

async function untilHealth(wanted: string, write: () => void = () => {}): Promise<void> {
  let writeAtMs = Date.now();
  await waitFor(
    `a health of ${wanted}`,
    async () => {
      if (Date.now() >= writeAtMs) {
        write();
        writeAtMs = Date.now() + WRITE_AGAIN_MS;
      }
      const response = await fetch(`${url}/healthz`).catch(() => null);
      const text = (await response?.text().catch(() => "")) ?? "";
      return text === JSON.stringify({ status: wanted }) ? true : undefined;
    },
    { deadlineMs: DEADLINE_MS, group: relay },
  );
}

/**
 * `wrangler dev` watches its file anew after every reload, and misses what is written while it sets that up: it is
 * written again until it is taken up.
 */
async function reconfigure(kiosk: string, erpUrl: string, health: "ok" | "degraded"): Promise<void> {
  await untilHealth(health, () => configure(kiosk, erpUrl));
}

const pay = async (account: "shop" | "kiosk", payment: string): Promise<Reply> => {
  const secret = account === "shop" ? secrets.CRYPTOPAY_SHOP : secrets.CRYPTOPAY_KIOSK;
  return await send(cryptopay({ account, secret, scheme: "t-v1" }, { payment, now: new Date() }), url);
};
/** Waits until a receiver has verified and booked this event. */
async function arrives(at: Crm, { eventId }: Reply): Promise<void> {
  await waitFor(`the event ${eventId}`, () => at.received().find(({ id }) => id === eventId), {
    deadlineMs: DEADLINE_MS,
    group: relay,
  });
}
async function api(path: string): Promise<{ status: number; body: Record<string, unknown> }> {
  const headers = { authorization: `Bearer ${secrets.ADMIN_TOKEN}` };
  const response = await fetch(`${url}${path}`, { headers });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

describe("a production configuration on this machine", () => {
  it("takes a genuine callback and delivers it signed to each receiver it names", async () => {
    const shop = await pay("shop", "p1");
    expect(shop).toMatchObject({ status: 200, outcome: "accepted" });
    const kiosk = await pay("kiosk", "p2");
    expect(kiosk).toMatchObject({ status: 200, outcome: "accepted" });
    await arrives(crm, shop);
    await arrives(erp, shop);
    await arrives(crm, kiosk);
    expect(erp.received().map(({ id }) => id)).not.toContain(kiosk.eventId);
    expect([...crm.refused(), ...erp.refused()]).toEqual([]);
  });

  it("is no development: a sample's token opens nothing, the operators' own does", async () => {
    const headers = { authorization: "Bearer dev-admin-token-change-me" };
    expect((await fetch(`${url}/api/events`, { headers })).status).toBe(401);
    expect(await api("/healthz")).toMatchObject({
      status: 200,
      body: { status: "ok", environment: "production", problems: [] },
    });
  });

  it("serves nothing under a public host name, since its receivers are here", async () => {
    const status = await new Promise((resolve, reject) => {
      const asked = request(`${url}/healthz`, { headers: { host: "relay.example.com" } }, (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      asked.once("error", reject);
      asked.end();
    });
    expect(status).toBe(503);
  });
});

describe("one account broken while it runs", () => {
  it("answers 503 alone: the other's callbacks and /api answer 200, and both do once it is mended", async () => {
    await reconfigure("CRYPTOPAY_NOT_SET", ERP_URL, "degraded");
    expect((await pay("kiosk", "p3")).status).toBe(503);
    const shop = await pay("shop", "p4");
    expect(shop).toMatchObject({ status: 200, outcome: "accepted" });
    await arrives(crm, shop);
    expect((await api("/api/events")).status).toBe(200);
    expect((await api("/healthz")).body["problems"]).toMatchObject([
      { path: "RELAY.sources.cryptopay.kiosk.secrets.0", about: { kind: "source", name: "cryptopay/kiosk" } },
    ]);
    await reconfigure("CRYPTOPAY_KIOSK", ERP_URL, "ok");
    expect((await pay("kiosk", "p3")).status).toBe(200);
  });
});

describe("one receiver broken while it runs", () => {
  it("is owed what comes in meanwhile, and gets it once it is mended", async () => {
    await reconfigure("CRYPTOPAY_KIOSK", "http://erp.example.com/events", "degraded");
    const shop = await pay("shop", "p5");
    expect(shop).toMatchObject({ status: 200, outcome: "accepted" });
    await arrives(crm, shop);
    const { body } = await api("/api/destinations");
    expect((body["destinations"] as { name: string }[]).find(({ name }) => name === "erp")).toMatchObject({
      misconfigured: "RELAY.destinations.erp.url: must be https:",
      parked: 1,
    });
    expect(erp.received().map(({ id }) => id)).not.toContain(shop.eventId);
    await reconfigure("CRYPTOPAY_KIOSK", ERP_URL, "ok");
    // Whoever looks wakes the objects, as the monitor does every five minutes.
    expect((await api("/api/ledger")).status).toBe(200);
    await arrives(erp, shop);
  });
});

describe("the development set-up", () => {
  it("asks for an account that is nobody's when it is deployed, whatever account one is signed in to", async () => {
    const asked: string[] = [];
    const cloudflare = createServer((incoming, response) => {
      asked.push(incoming.url ?? "");
      incoming.resume();
      response.writeHead(404, { "content-type": "application/json" });
      response.end('{"success":false,"errors":[{"code":7003,"message":"Could not route"}],"result":null}');
    });
    await new Promise<void>((resolve) => {
      cloudflare.listen(0, "127.0.0.1", resolve);
    });
    const { port } = cloudflare.address() as AddressInfo;
    const deployed = await spawnGroup(
      "wrangler deploy",
      process.execPath,
      [join(PROJECT, "node_modules/wrangler/bin/wrangler.js"), "deploy"],
      {
        cwd: folder,
        env: {
          ...wranglerEnvironment(folder),
          CLOUDFLARE_API_BASE_URL: `http://127.0.0.1:${port}`,
          CLOUDFLARE_API_TOKEN: "of-nobody",
          CLOUDFLARE_ACCOUNT_ID: "1".repeat(32),
        },
      },
    );
    try {
      expect(await deployed.ended).toBe("ended with exit code 1");
    } finally {
      await deployed.stop();
      cloudflare.close();
    }
    const accounts = asked.flatMap((path) => /\/accounts\/([^/]+)/.exec(path)?.[1] ?? []);
    expect(new Set(accounts)).toEqual(new Set(["0".repeat(32)]));
  });
});
