/**
 * `npm run bench:console`: what each page of the console takes over 100,000 stored events, when a browser has painted
 * it, and how many rows it reads (docs/console.md). One shard, filled as `npm run scale` fills it: all that a page asks
 * is asked of it. A page that the browser complains about, or that does not fit a phone, ends it.
 */
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { complaintsOf, openBrowser, overhangPx, PHONE, whyNoBrowser } from "../tools/lib/browser.ts";
import type { Host } from "../tools/lib/chaos/host.ts";
import { readArgs } from "../tools/lib/text.ts";
import { writeSection } from "./lib/documents.ts";
import { copiedId } from "./lib/fill.ts";
import { firstPaintOf } from "./lib/first-paint.ts";
import { machine, machineLine } from "./lib/machine.ts";
import { markdownTable } from "./lib/markdown.ts";
import { cpuMicrosOf } from "./lib/proc.ts";
import { inSurroundings, startFilled } from "./lib/scale-subject.ts";
import { median } from "./lib/stats.ts";

const USAGE = `Usage: npm run bench:console -- [options]

  --quick  a tenth of the events
  --write  write the table into docs/console.md`;

const { values } = readArgs(USAGE, {
  options: { quick: { type: "boolean", default: false }, write: { type: "boolean", default: false } },
});
const STORED = values.quick ? 10_000 : 100_000;
/** The first two warm up. */
const CALLS = 13;
const WARMING = 2;
const DAY_MS = 86_400_000;
const DESKTOP = { width: 1280, height: 720 };

const project = join(import.meta.dirname, "..");
const on = machine(project);
console.log(machineLine(on));
const missing = whyNoBrowser();
if (missing !== null) console.log(missing);
await inSurroundings(project, async (around) => {
  const { host, owedIds, owedFrom } = await startFilled(around, { delivered: STORED, owed: 20 });
  const browser = missing === null ? await openBrowser() : null;
  try {
    const paintMs = await painter(browser, host.url, around.secrets["ADMIN_TOKEN"] ?? "");
    const cookie = await signIn(host.url, around.secrets["ADMIN_TOKEN"] ?? "");
    const [event = "", payment = "", , provider = ""] = owedIds.map((id) => copiedId(id, owedFrom));
    const pages: readonly (readonly [string, string])[] = [
      ["overview", "/"],
      ["payments, the newest page", "/payments"],
      ["payments of one state that is rare", "/payments?state=dead"],
      ["payments that need a person", "/payments?needs_person=true"],
      ["set aside", "/set-aside"],
      ["one payment", `/payments/${payment}`],
      ["search for an event's id", `/payments?q=${event}`],
      ["search for a provider's id", `/payments?q=${provider}`],
      ["search for the beginning of one", `/payments?q=${provider.slice(0, -2)}*`],
      ["search for a text nobody wrote", "/payments?q=nobody-wrote-this"],
      ["payments of a day two months ago", `/payments?from=${daysAgo(60)}&to=${daysAgo(59)}`],
      ["payments of a source that has none", "/payments?source=ipay/broker-eu"],
      ["refused", "/refused"],
      ["live", "/live"],
      ["destinations", "/destinations"],
      ["settings", "/settings"],
    ];
    const rows: string[][] = [];
    for (const [name, path] of pages) {
      const { ms, cpuMs, read } = await measure(host, path, cookie);
      const paint = paintMs === null ? "no browser" : `${(await paintMs(path)).toFixed(0)} ms`;
      const row = [name, `${ms.toFixed(0)} ms`, `${cpuMs.toFixed(0)} ms`, paint, read.toLocaleString("en")];
      console.log(`  ${row.join(", ")}`);
      rows.push(row);
    }
    const report = [
      `${machineLine(on)}.`,
      `Medians of ${CALLS - WARMING}, one shard with ${STORED.toLocaleString("en")} events: the answer over HTTP, the CPU time of the relay for it (a mean), the first contentful paint in Chromium, and rows read.`,
      markdownTable(["page", "answer", "CPU", "first paint", "rows read"], rows),
    ].join("\n\n");
    if (values.write) writeSection(join(project, "docs/console.md"), "console", report);
  } finally {
    await browser?.close();
    await host.stop();
  }
});

/**
 * The first paint of a page in a tab that has signed in, a median in ms; null: there is no browser.
 * @throws where the browser complains about the page, or a phone would have to scroll it sideways
 */
async function painter(
  browser: Browser | null,
  url: string,
  token: string,
): Promise<((path: string) => Promise<number>) | null> {
  if (browser === null) return null;
  const tab = await browser.newPage({ viewport: DESKTOP });
  await tab.goto(`${url}/sign-in?token=${token}`);
  const complaints = complaintsOf(tab);
  const firstPaintMs = await firstPaintOf(tab);
  return async (path) => {
    const times: number[] = [];
    for (let call = 0; call < CALLS; call += 1) times.push(await firstPaintMs(url + path));
    await tab.setViewportSize(PHONE);
    await firstPaintMs(url + path);
    const overhang = await overhangPx(tab);
    await tab.setViewportSize(DESKTOP);
    if (overhang > 0) complaints.push(`${overhang} px wider than a phone`);
    if (complaints.length > 0) throw new Error(`${path}: ${complaints.join("; ")}`);
    return median(times.slice(WARMING));
  };
}

/** The session's cookie, as a browser would send it. */
async function signIn(url: string, token: string): Promise<string> {
  const answer = await fetch(`${url}/sign-in?token=${token}`, { redirect: "manual" });
  const cookie = answer.headers.get("set-cookie")?.split(";")[0];
  if (cookie === undefined) throw new Error(`the sign-in was answered ${answer.status}`);
  return cookie;
}

function daysAgo(days: number): string {
  return new Date(Date.now() - days * DAY_MS).toISOString();
}

/** @returns the time until the answer is there and the CPU time it took, in ms, and how many rows were read for it */
async function measure(
  { url, group }: Pick<Host, "url" | "group">,
  path: string,
  cookie: string,
): Promise<{ ms: number; cpuMs: number; read: number }> {
  const times: number[] = [];
  const read: number[] = [];
  let cpuFrom = 0;
  for (let call = 0; call < CALLS; call += 1) {
    if (call === WARMING) cpuFrom = cpuMicrosOf(group);
    await rowsRead(url);
    const from = performance.now();
    const answer = await fetch(url + path, { headers: { cookie } });
    await answer.text();
    times.push(performance.now() - from);
    if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
    read.push(await rowsRead(url));
  }
  // The least: an alarm may run meanwhile.
  return {
    ms: median(times.slice(WARMING)),
    cpuMs: (cpuMicrosOf(group) - cpuFrom) / 1_000 / (CALLS - WARMING),
    read: Math.min(...read),
  };
}

/** Since it was asked last. */
async function rowsRead(url: string): Promise<number> {
  return ((await (await fetch(`${url}/scale/rows`)).json()) as { read: number }).read;
}
