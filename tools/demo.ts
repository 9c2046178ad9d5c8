/**
 * The demo (`npm start`): the real relay between sample providers and a sample CRM, on this machine.
 *
 * Starts the CRM, the token verifier's stand-in and `wrangler dev`, sends one genuine callback per
 * provider, a duplicate and a forgery, shows the results, and keeps running for further trials.
 * With `--once` it is a test of the whole system: exit code 0 only if everything arrived as promised.
 * However it ends, no process of it remains (processes.ts).
 */
import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Credentials } from "./lib/callbacks.ts";
import { RelayApi } from "./lib/cli/relay-api.ts";
import { awaited, demoSteps, problems, rows, type SentStep } from "./lib/demo-steps.ts";
import type { Received } from "./lib/ledger.ts";
import { busyPorts } from "./lib/ports.ts";
import { endAll, type Group, lastLines, spawnGroup, waitFor, waitForHttp } from "./lib/processes.ts";
import { type Relay, startRelay } from "./lib/relay.ts";
import { credentials, readRelayConfig, type RelayConfig } from "./lib/relay-config.ts";
import { readSecrets, secretsFile } from "./lib/secrets.ts";
import { send } from "./lib/send.ts";
import { giveUp, parsePort, readArgs, table } from "./lib/text.ts";
import { curlLines } from "./lib/try-it.ts";

const USAGE = `Usage: npm start -- [options]

  --once               run the demo, check the result, end everything; exit code 0 if it is as expected
  --port <n>           the relay (8787)
  --crm-port <n>       the sample CRM (8788)
  --verifier-port <n>  the token verifier's stand-in (8789)
  --state <dir>        the relay's state (.wrangler/demo; with --once a temporary one)
  --verbose            show the output of wrangler`;

/** The whole of --once, installation apart; a slow machine needs about a quarter of it. */
const ONCE_DEADLINE_MS = 120_000;
const HELPER_DEADLINE_MS = 60_000;
const ARRIVAL_DEADLINE_MS = 45_000;
/** A second delivery of an event that arrived would come within this. */
const QUIET_MS = 2_000;
const ACCOUNT = "broker-eu";

const { values } = readArgs(USAGE, {
  options: {
    once: { type: "boolean", default: false },
    port: { type: "string", default: "8787" },
    "crm-port": { type: "string", default: "8788" },
    "verifier-port": { type: "string", default: "8789" },
    state: { type: "string" },
    verbose: { type: "boolean", default: false },
  },
});
const port = parsePort("port", values.port);
const crmPort = parsePort("crm-port", values["crm-port"]);
const verifierPort = parsePort("verifier-port", values["verifier-port"]);

const busy = await busyPorts({ port, "crm-port": crmPort, "verifier-port": verifierPort });
if (busy.length > 0) giveUp(busy.join("\n"));

const project = join(import.meta.dirname, "..");
const secretsAt = secretsFile(project);
const secrets = readSecrets(secretsAt);
const crm = `http://127.0.0.1:${crmPort}`;

const groups: Group[] = [];
let state: string;
let temporary: string | undefined;
if (values.state === undefined && values.once) {
  temporary = mkdtempSync(join(tmpdir(), "psp-relay-demo-"));
  state = temporary;
} else {
  state = values.state ?? join(project, ".wrangler", "demo");
  mkdirSync(state, { recursive: true });
}

let ending: Promise<never> | undefined;
/** Ends every process, then this one. The first caller's exit code counts. */
function end(code: number): Promise<never> {
  ending ??= (async () => {
    try {
      await endAll(groups);
      if (temporary !== undefined) rmSync(temporary, { recursive: true, force: true });
    } catch (error) {
      console.error((error as Error).message);
      process.exit(1);
    }
    process.exit(code);
  })();
  return ending;
}

let relay: Relay | undefined;
let settled = false;
function stopped(): void {
  if (ending === undefined) console.log("\nEnding …");
  // Stopping a demo that runs is no failure; stopping one before its end is.
  void end(settled ? 0 : 130);
}
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, stopped);
// start.mjs has ended, so nobody is using the demo any more.
process.on("disconnect", stopped);
// The reader of our output is gone: print nothing more, but end in order.
process.stdout.on("error", stopped);
process.on("uncaughtException", (error) => void fail(error));
process.on("unhandledRejection", (error) => void fail(error));

async function fail(error: unknown): Promise<never> {
  if (ending !== undefined) return ending;
  console.error(`\nThe demo failed: ${error instanceof Error ? error.message : String(error)}`);
  return end(1);
}

/** One of the two stand-ins, as a process of its own. */
async function helper(name: "crm" | "verifier", at: number, env: NodeJS.ProcessEnv = {}): Promise<void> {
  const group = await spawnGroup(
    name,
    process.execPath,
    [join(import.meta.dirname, "relay.ts"), name, "--port", String(at)],
    { cwd: project, env: { ...process.env, ...env }, onLine: (line) => say(name, line) },
  );
  groups.push(group);
  await waitForHttp(`http://127.0.0.1:${at}/healthz`, { deadlineMs: HELPER_DEADLINE_MS, group });
}

/** The CRM prints its lines only after the table, which they would otherwise interrupt. */
function say(name: string, line: string): void {
  if (settled || values.verbose) console.log(`[${name}] ${line}`);
}

/** To one destination, so that every event is owed exactly one arrival. */
function oneDestination(config: RelayConfig): RelayConfig {
  const [first] = Object.entries(config.destinations);
  if (first === undefined) throw new Error("wrangler.toml names no destination");
  config.destinations = Object.fromEntries([first]);
  for (const source of Object.values(config.sources).flatMap((s) => Object.values(s))) {
    delete source.destinations;
  }
  return config;
}

async function received(): Promise<Received[]> {
  const response = await fetch(`${crm}/received`);
  const all = (await response.json()) as { verified: boolean }[];
  return all.filter((r): r is Received => r.verified);
}

/** What the one destination is signed with, so that the CRM can verify it. */
function signingSecret(): string {
  const config = oneDestination(readRelayConfig(project, secrets));
  const [name = ""] = Object.values(config.destinations).flatMap((d) => d.secrets);
  const secret = secrets[name];
  if (secret === undefined) throw new Error(`the secret ${name} is not in ${secretsAt}`);
  return secret;
}

async function start(): Promise<Relay> {
  const verifierAt = `http://127.0.0.1:${verifierPort}`;
  const starting = startRelay({
    port,
    state,
    crmUrl: `${crm}/webhooks/payments`,
    verifierUrl: `${verifierAt}/api/token-verifier/`,
    secretsFile: secretsAt,
    relay: oneDestination,
    onSpawn: (group) => groups.push(group),
    onLine: (line) => {
      if (values.verbose) console.log(`[wrangler] ${line}`);
    },
  });
  const [started] = await Promise.all([
    starting,
    helper("verifier", verifierPort),
    helper("crm", crmPort, { CRM_SIGNING_SECRET: signingSecret() }),
  ]);
  return started;
}

function credentialsOf(config: RelayConfig): Credentials {
  return {
    ipay: credentials(config, secrets, "ipay", ACCOUNT),
    cryptopay: credentials(config, secrets, "cryptopay", ACCOUNT),
    iqpay: credentials(config, secrets, "iqpay", ACCOUNT),
    tokenpayments: credentials(config, secrets, "tokenpayments", ACCOUNT),
  };
}

async function sendSteps(relayUrl: string, who: Credentials): Promise<SentStep[]> {
  const sent: SentStep[] = [];
  for (const step of demoSteps(who, randomBytes(4).toString("hex"), new Date())) {
    const sentAt = Date.now();
    sent.push({ ...step, sentAt, reply: await send(step.callback, relayUrl) });
  }
  return sent;
}

/** Resolves when all that is owed has arrived; a deadline is not an error here: `problems` reports what is missing. */
async function arrivals(ids: readonly string[]): Promise<void> {
  await waitFor(
    "the events at the CRM",
    async () => {
      const here = new Set((await received()).map((r) => r.id));
      return ids.every((id) => here.has(id)) ? true : undefined;
    },
    { deadlineMs: ARRIVAL_DEADLINE_MS },
  ).catch(() => {});
}

/** A token in an address is written into histories: only the public sample's is. */
function signInLink(url: string): string {
  const token = secrets["ADMIN_TOKEN"];
  const isSample =
    token !== undefined && token === readSecrets(join(project, ".dev.vars.example"))["ADMIN_TOKEN"];
  return isSample ? `${url}/sign-in?token=${token}` : `${url}   (sign in with ADMIN_TOKEN)`;
}

function printHelp(config: RelayConfig, who: Credentials, url: string): void {
  const lines = Object.entries(curlLines(url, who)).map(([name, line]) => `# ${name}\n${line}\n`);
  const at = port === 8787 ? "" : ` --url ${url}`;
  console.log(`
Try it (each line makes a new payment):

${lines.join("\n")}
# any provider, any scenario: signed as the provider would
npm run simulate -- cryptopay --scenario pending-confirmed${at}
npm run simulate -- ipay --scenario concurrent-duplicate${at}
npm run simulate -- --list

# let the CRM fail for a moment, send something, and see it retried after 5 seconds
curl -X POST '${crm}/_fail?mode=503&for=4s'

Console  ${signInLink(url)}
Relay    ${url}   (health: ${url}/healthz, secrets from ${secretsAt.slice(project.length + 1)})
CRM      ${crm}/received
Accounts ${Object.entries(config.sources)
    .map(([name, accounts]) => `${name}/${Object.keys(accounts).join(",")}`)
    .join("  ")}

Ctrl-C ends everything. What arrives at the CRM from now on:
`);
}

async function main(): Promise<void> {
  console.log("Starting the relay, a sample CRM and a sample token verifier …");
  relay = await start();
  const { url, config } = relay;
  const who = credentialsOf(config);

  // Charts show what has come since somebody first asked for them.
  await new RelayApi(new URL(url), secrets["ADMIN_TOKEN"] ?? "").get("/api/series");
  const sent = await sendSteps(url, who);
  await arrivals(awaited(sent));
  if (values.once) await delay(QUIET_MS);
  const arrived = await received();

  console.log(`
${table(["callback", "HTTP", "outcome", "event", "at the CRM"], rows(sent, arrived))}
`);
  const wrong = problems(sent, arrived);
  if (wrong.length > 0) {
    console.log(`Not as expected:\n${wrong.map((w) => `  ${w}`).join("\n")}`);
    console.log(`\nwrangler's last output:\n${lastLines(relay.group)}`);
  } else {
    console.log(
      "All four events arrived exactly once, verified; the duplicate was recognised, the forgery refused.",
    );
  }
  if (values.once) await end(wrong.length > 0 ? 1 : 0);

  settled = true;
  printHelp(config, who, url);
  // Every group must run as long as the demo: the end of one ends it.
  const lost = await Promise.race(groups.map(async (group) => ({ group, how: await group.ended })));
  if (ending !== undefined) return;
  throw new Error(`${lost.group.name} ${lost.how}; its last output:\n${lastLines(lost.group)}`);
}

if (values.once) {
  setTimeout(() => {
    const said = groups.find((g) => g.name === "wrangler dev");
    const tail = said === undefined ? "" : `; wrangler's last output:\n${lastLines(said)}`;
    void fail(new Error(`not finished within ${ONCE_DEADLINE_MS / 1_000} s${tail}`));
  }, ONCE_DEADLINE_MS).unref();
}
await main().catch(fail);
