/**
 * `npm run bench:console`: what each page of the console takes over 100,000 stored events, and how many rows it reads
 * for it (docs/console.md). One shard, filled as `npm run scale` fills it: all that a page asks is asked of it.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "../tools/lib/build.ts";
import { credentials, readRelayConfig } from "../tools/lib/relay-config.ts";
import { readSecrets } from "../tools/lib/secrets.ts";
import { readArgs } from "../tools/lib/text.ts";
import { startBenchCrm } from "./lib/crm.ts";
import { writeSection } from "./lib/documents.ts";
import { copiedId } from "./lib/fill.ts";
import { machine, machineLine } from "./lib/machine.ts";
import { markdownTable } from "./lib/markdown.ts";
import { type ScaleSurroundings, startFilled, writeCountingFolder } from "./lib/scale-subject.ts";
import { median } from "./lib/stats.ts";
import { ACCOUNT } from "./lib/subjects.ts";

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

const project = join(import.meta.dirname, "..");
const on = machine(project);
console.log(machineLine(on));
const scratch = mkdtempSync(join(tmpdir(), "psp-relay-console-"));
const crm = await startBenchCrm();
try {
  const secrets = readSecrets(join(project, ".dev.vars.example"));
  const around: ScaleSurroundings = {
    project,
    scratch,
    relayBundle: join(scratch, "relay"),
    countingBundle: join(scratch, "counting"),
    countingFolder: join(scratch, "counting-worker"),
    secrets,
    crm,
    who: credentials(readRelayConfig(project), secrets, "cryptopay", ACCOUNT),
  };
  writeCountingFolder(around.countingFolder, project);
  await build(project, project, around.relayBundle, scratch);
  await build(project, around.countingFolder, around.countingBundle, scratch);
  const { host, owedIds, owedFrom } = await startFilled(around, { delivered: STORED, owed: 20 });
  try {
    const cookie = await signIn(host.url, secrets["ADMIN_TOKEN"] ?? "");
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
      ["search for a text nobody wrote", "/payments?q=nobody-wrote-this"],
    ];
    const rows: string[][] = [];
    for (const [name, path] of pages) {
      const { ms, read } = await measure(host.url, path, cookie);
      console.log(`  ${name}: ${ms.toFixed(1)} ms, ${read} rows read`);
      rows.push([name, `${ms.toFixed(1)} ms`, read.toLocaleString("en")]);
    }
    const report = [
      `${machineLine(on)}.`,
      `Median of ${CALLS - WARMING} over HTTP, one shard with ${STORED.toLocaleString("en")} events.`,
      markdownTable(["page", "median", "rows read"], rows),
    ].join("\n\n");
    if (values.write) writeSection(join(project, "docs/console.md"), "console", report);
  } finally {
    await host.stop();
  }
} finally {
  await crm.close();
  rmSync(scratch, { recursive: true, force: true });
}

/** The session's cookie, as a browser would send it. */
async function signIn(url: string, token: string): Promise<string> {
  const answer = await fetch(`${url}/sign-in?token=${token}`, { redirect: "manual" });
  const cookie = answer.headers.get("set-cookie")?.split(";")[0];
  if (cookie === undefined) throw new Error(`the sign-in was answered ${answer.status}`);
  return cookie;
}

async function measure(url: string, path: string, cookie: string): Promise<{ ms: number; read: number }> {
  const times: number[] = [];
  const read: number[] = [];
  for (let call = 0; call < CALLS; call += 1) {
    await rowsRead(url);
    const from = performance.now();
    const answer = await fetch(url + path, { headers: { cookie } });
    await answer.text();
    times.push(performance.now() - from);
    if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
    read.push(await rowsRead(url));
  }
  // The least: an alarm may run meanwhile.
  return { ms: median(times.slice(WARMING)), read: Math.min(...read) };
}

/** Since it was asked last. */
async function rowsRead(url: string): Promise<number> {
  return ((await (await fetch(`${url}/scale/rows`)).json()) as { read: number }).read;
}
