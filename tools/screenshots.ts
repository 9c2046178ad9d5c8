/**
 * `npm run screenshots`: starts a relay with a sample CRM, sends it the callbacks of a sample day, and writes a picture
 * of each page of the console to docs/screenshots, as the README and docs/console.md show them.
 */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";
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
const PATHS = ["payments", "set-aside", "destinations", "settings"];
const PHONE = { width: 390, height: 844 };

const { values } = readArgs(USAGE, {
  options: { to: { type: "string" }, all: { type: "boolean", default: false } },
});
const missing = whyNoBrowser();
if (missing !== null) giveUp(missing);

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
  const { config, url } = relay;
  const day = sampleDay(
    {
      ipay: credentials(config, secrets, "ipay", ACCOUNT),
      cryptopay: credentials(config, secrets, "cryptopay", ACCOUNT),
      iqpay: credentials(config, secrets, "iqpay", ACCOUNT),
      tokenpayments: credentials(config, secrets, "tokenpayments", ACCOUNT),
    },
    new Date(),
  );
  for (const callback of day.before) await send(callback, url);
  await waitFor("the deliveries", async () => ((await owed()) === 0 ? true : undefined), {
    deadlineMs: DEADLINE_MS,
  });
  crm.setFailure("503");
  for (const callback of day.whileFailing) await send(callback, url);
  await waitFor("two failed attempts", () => (crm.failures() >= 2 ? true : undefined), {
    deadlineMs: DEADLINE_MS,
  });
}

async function owed(): Promise<number> {
  const headers = { authorization: `Bearer ${secrets["ADMIN_TOKEN"]}` };
  const response = await fetch(`${relay.url}/api/events?state=pending`, { headers });
  return ((await response.json()) as { events: unknown[] }).events.length;
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
  await shoot("overview");
  await page.goto(`${relay.url}/payments?q=order-4713`);
  await page.click("[data-rows] tbody a.row");
  if (values.all) await page.click(".bodies summary");
  await shoot("payment");
  if (values.all) for (const path of PATHS) await shootPath(page, path, shoot);
  await context.close();
}

async function shootPath(page: Page, path: string, shoot: (name: string) => Promise<void>): Promise<void> {
  await page.goto(`${relay.url}/${path}`);
  await shoot(path);
}
