/**
 * `npm run screenshots`: starts a relay with a sample CRM, sends it the callbacks of a sample day, and writes a picture
 * of each page of the console to docs/screenshots, as the README and docs/console.md show them.
 */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { cryptopay, ipay } from "./lib/callbacks.ts";
import { openBrowser, whyNoBrowser } from "./lib/browser.ts";
import { startCrm } from "./lib/crm-server.ts";
import { waitFor } from "./lib/processes.ts";
import { startRelay } from "./lib/relay.ts";
import { credentials } from "./lib/relay-config.ts";
import { sampleDay } from "./lib/sample-day.ts";
import { readSecrets } from "./lib/secrets.ts";
import { send } from "./lib/send.ts";
import { giveUp, readArgs } from "./lib/text.ts";
import { startVerifier } from "./lib/verifier-server.ts";

const USAGE = `Usage: npm run screenshots -- [options]

  --to <dir>  where the pictures go (docs/screenshots)
  --all       every page in light, in dark and as on a phone; else those of the documentation`;

const DEADLINE_MS = 30_000;
const ACCOUNT = "broker-eu";
const DESKTOP = { width: 1180, height: 760 };
const PATHS = ["payments", "live", "set-aside", "refused", "destinations", "settings"];
const PHONE = { width: 390, height: 844 };

const { values } = readArgs(USAGE, {
  options: { to: { type: "string" }, all: { type: "boolean", default: false } },
});
const missing = whyNoBrowser();
if (missing !== null) giveUp(missing);

/** Names of payments that are made while somebody watches. */
let livePayments = 4800;
const project = join(import.meta.dirname, "..");
const to = values.to ?? join(project, "docs/screenshots");
mkdirSync(to, { recursive: true });
const state = mkdtempSync(join(tmpdir(), "psp-relay-screenshots-"));
const secretsFile = join(project, ".dev.vars.example");
const secrets = readSecrets(secretsFile);

const crm = await startCrm({ secrets: [secrets["CRM_SIGNING_SECRET"] ?? ""] });
const verifier = await startVerifier();
const relay = await startRelay({
  state,
  crmUrl: `${crm.url}/webhooks/payments`,
  verifierUrl: verifier.url,
  secretsFile,
});
const who = {
  ipay: credentials(relay.config, secrets, "ipay", ACCOUNT),
  cryptopay: credentials(relay.config, secrets, "cryptopay", ACCOUNT),
  iqpay: credentials(relay.config, secrets, "iqpay", ACCOUNT),
  tokenpayments: credentials(relay.config, secrets, "tokenpayments", ACCOUNT),
};
const browser = await openBrowser();
try {
  await fill();
  for (const scheme of ["light", "dark"] as const) await photograph(scheme, DESKTOP, scheme);
  if (values.all) await photograph("light", PHONE, "phone");
} finally {
  await browser.close();
  await relay.stop();
  await crm.close();
  await verifier.close();
  rmSync(state, { recursive: true, force: true });
}

async function fill(): Promise<void> {
  const { url } = relay;
  const day = sampleDay(who, new Date());
  // Charts begin with the first look at them.
  await ask("series");
  for (const callback of day.before) await send(callback, url);
  await waitFor("the deliveries", async () => ((await owed()) === 0 ? true : undefined), {
    deadlineMs: DEADLINE_MS,
  });
  await waitFor("the charts", async () => ((await isDrawn()) ? true : undefined), {
    deadlineMs: DEADLINE_MS,
  });
  crm.setFailure("503");
  for (const callback of day.whileFailing) await send(callback, url);
  await waitFor("two failed attempts", () => (crm.failures() >= 2 ? true : undefined), {
    deadlineMs: DEADLINE_MS,
  });
}

/** Charts are brought up to date only so often, when somebody looks. */
async function isDrawn(): Promise<boolean> {
  const { destinations } = (await (await ask("series")).json()) as {
    destinations: Readonly<Record<string, { readonly delivered: readonly (number | null)[] }>>;
  };
  return (destinations["crm"]?.delivered ?? []).some((count) => count !== null && count > 0);
}

async function owed(): Promise<number> {
  const response = await ask("events?state=pending");
  return ((await response.json()) as { events: unknown[] }).events.length;
}

function ask(path: string): Promise<Response> {
  const headers = { authorization: `Bearer ${secrets["ADMIN_TOKEN"]}` };
  return fetch(`${relay.url}/api/${path}`, { headers });
}

async function photograph(
  scheme: "light" | "dark",
  viewport: { width: number; height: number },
  suffix: string,
): Promise<void> {
  const context = await browser.newContext({ colorScheme: scheme, viewport, deviceScaleFactor: 1 });
  const page = await context.newPage();
  const shoot = async (name: string) => {
    await page.screenshot({ path: join(to, `${name}-${suffix}.png`), fullPage: values.all });
  };
  if (values.all) {
    await page.goto(relay.url);
    await shoot("sign-in");
  }
  await page.goto(`${relay.url}/sign-in?token=${secrets["ADMIN_TOKEN"]}`);
  await page.waitForSelector(".chart canvas");
  await shoot("overview");
  await page.goto(`${relay.url}/payments?q=order-4713`);
  await page.click("[data-rows] tbody a.row");
  if (values.all) await page.click(".bodies summary");
  await shoot("payment");
  if (values.all) for (const path of PATHS) await shootPath(page, path, shoot);
  await context.close();
}

/** Something to see on the live page. */
async function happen(page: Page): Promise<void> {
  await page.waitForSelector("#feed-state:has-text('live')");
  for (let i = 0; i < 4; i += 1) {
    const payment = `order-${(livePayments += 1)}`;
    await send(cryptopay(who.cryptopay, { payment, reference: payment, now: new Date() }), relay.url);
    await send(ipay({ ...who.ipay, token: `guess-${payment}` }, { payment, now: new Date() }), relay.url);
  }
  await page.waitForSelector("#feed tr:nth-child(8)");
}

async function shootPath(page: Page, path: string, shoot: (name: string) => Promise<void>): Promise<void> {
  await page.goto(`${relay.url}/${path}`);
  if (path === "live") await happen(page);
  await shoot(path);
}
