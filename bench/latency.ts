/**
 * How long after the provider's 2xx the CRM has the event, at a steady rate and with a healthy CRM.
 *
 * The real Worker under `wrangler dev`, a generator that does not wait for responses, and a CRM that
 * verifies every signature, all on this machine: the figures compare settings, they do not predict what
 * Cloudflare's network does. Bounded in time; nothing is asserted.
 */
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { cryptopay } from "../tools/lib/callbacks.ts";
import { startCrm } from "../tools/lib/crm-server.ts";
import { startRelay } from "../tools/lib/relay.ts";
import { credentials } from "../tools/lib/relay-config.ts";
import { readSecrets } from "../tools/lib/secrets.ts";
import { send } from "../tools/lib/send.ts";
import { giveUp, readArgs, table } from "../tools/lib/text.ts";

const USAGE = `Usage: npm run bench:latency -- [options]

  --rate <n>           callbacks per second (50)
  --seconds <n>        for how long (20)
  --batch-timeout <s>  max_batch_timeout of the queue's consumer, seconds (as in wrangler.toml)`;

const PROJECT = join(import.meta.dirname, "..");
/** The first events include the time of compiling and opening databases. */
const WARM_UP_EVENTS = 100;
/** Long after the last arrival on any machine. */
const DRAIN_DEADLINE_MS = 60_000;

const { values } = readArgs(USAGE, {
  options: {
    rate: { type: "string", default: "50" },
    seconds: { type: "string", default: "20" },
    "batch-timeout": { type: "string" },
  },
});
const rate = positive("rate", values.rate, 1_000);
const seconds = positive("seconds", values.seconds, 600);
const batchTimeout = values["batch-timeout"];

function positive(name: string, text: string, most: number): number {
  const number = Number(text);
  if (!(number > 0 && number <= most)) giveUp(`--${name} is a number above 0, at most ${most}`);
  return number;
}

/** A copy: `wrangler dev` reloads when a source file is saved, and loses its queue. */
function projectCopy(): string {
  const folder = mkdtempSync(join(tmpdir(), "psp-relay-latency-"));
  for (const part of ["src", "wrangler.toml", "package.json", "tsconfig.json"]) {
    cpSync(join(PROJECT, part), join(folder, part), { recursive: true });
  }
  symlinkSync(join(PROJECT, "node_modules"), join(folder, "node_modules"));
  const toml = join(folder, "wrangler.toml");
  if (batchTimeout !== undefined) {
    const text = readFileSync(toml, "utf8");
    writeFileSync(toml, text.replace(/^max_batch_timeout = \d+/m, `max_batch_timeout = ${batchTimeout}`));
  }
  return folder;
}

const folder = projectCopy();
const secretsFile = join(PROJECT, ".dev.vars.example");
const secrets = readSecrets(secretsFile);
/** By event id, in ms since the start of this process. */
const arrivedAt = new Map<string, number>();
const acceptedAt = new Map<string, number>();
const replyMs: number[] = [];
let failures = 0;

const crm = await startCrm({
  secrets: [secrets["CRM_SIGNING_SECRET"] ?? ""],
  onHappening: (happening) => {
    if (happening.kind === "event" && happening.first)
      arrivedAt.set(happening.received.id, performance.now());
  },
});
const relay = await startRelay({
  project: folder,
  state: join(folder, "state"),
  secretsFile,
  crmUrl: crm.url,
  verifierUrl: "http://127.0.0.1:9/",
  logLevel: "none",
});
try {
  const who = credentials(relay.config, secrets, "cryptopay", "broker-eu");
  const one = async (payment: string, measured: boolean): Promise<void> => {
    const from = performance.now();
    const reply = await send(cryptopay(who, { payment, now: new Date() }), relay.url);
    if (reply.outcome !== "accepted" || reply.eventId === null) failures += 1;
    else if (measured) {
      acceptedAt.set(reply.eventId, performance.now());
      replyMs.push(performance.now() - from);
    }
  };
  for (let i = 0; i < WARM_UP_EVENTS; i += 1) await one(`warm-up-${i}`, false);

  const total = Math.round(rate * seconds);
  const sending: Promise<void>[] = [];
  const from = performance.now();
  for (let i = 0; i < total; i += 1) {
    const wait = from + (i * 1_000) / rate - performance.now();
    if (wait > 0) await delay(wait);
    sending.push(one(`p${i}`, true));
  }
  await Promise.all(sending);
  const sentMs = performance.now() - from;
  const deadline = performance.now() + DRAIN_DEADLINE_MS;
  while ([...acceptedAt.keys()].some((id) => !arrivedAt.has(id)) && performance.now() < deadline) {
    await delay(100);
  }

  const waits = [...acceptedAt].flatMap(([id, at]) => {
    const arrived = arrivedAt.get(id);
    // The CRM may have it before the provider has read our response.
    return arrived === undefined ? [] : [Math.max(0, arrived - at)];
  });
  const setting =
    batchTimeout ??
    /^max_batch_timeout = (\d+)/m.exec(readFileSync(join(PROJECT, "wrangler.toml"), "utf8"))?.[1];
  console.log(
    `machine    ${cpus().length} × ${cpus()[0]?.model ?? "?"}, Node ${process.version}, wrangler dev`,
  );
  console.log(
    `load       ${rate}/s asked for, ${(total / (sentMs / 1_000)).toFixed(1)}/s made, ${total} callbacks`,
  );
  console.log(`setting    max_batch_timeout = ${setting} s`);
  console.log(`arrived    ${waits.length} of ${acceptedAt.size} accepted; ${failures} not accepted\n`);
  console.log(
    table(
      ["ms", "p50", "p90", "p99", "max"],
      [
        ["provider's request to our 2xx", ...quantiles(replyMs)],
        ["our 2xx to the CRM's receipt", ...quantiles(waits)],
      ],
    ),
  );
} finally {
  await relay.stop();
  await crm.close();
  rmSync(folder, { recursive: true, force: true });
}

function quantiles(values: readonly number[]): string[] {
  const sorted = values.toSorted((a, b) => a - b);
  return [0.5, 0.9, 0.99, 1].map((share) =>
    (sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN).toFixed(0),
  );
}
