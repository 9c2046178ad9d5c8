/**
 * `npm run simulate`: sends correctly signed callbacks as a payment provider would, or faulty
 * and forged ones, and reports whether the relay's responses were as expected.
 */
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { type Callback, PROVIDERS, type ProviderName } from "./lib/callbacks.ts";
import { credentials, readRelayConfig } from "./lib/relay-config.ts";
import { judge, type Scenario, scenariosOf, type Step } from "./lib/scenarios.ts";
import { readSecrets, secretsFile } from "./lib/secrets.ts";
import { type Reply, send } from "./lib/send.ts";
import { giveUp, parseCount, readArgs, table } from "./lib/text.ts";

const USAGE = `Usage: npm run simulate -- <provider> [options]

  <provider>         ${PROVIDERS.join(", ")}
  --scenario <name>  what happens (success); "all" runs every one
  --list             print every provider's scenarios
  --count <n>        run it n times, each time another payment (1)
  --rate <n>         start n runs a second, not waiting for responses (one after the other)
  --retry <n>        as a provider does, repeat what got no 2xx every second, n times (0)
  --url <url>        the relay (http://127.0.0.1:8787)
  --account <name>   the account in the address (broker-eu)
  --quiet            print the summary only

The exit code is 0 if every response was as expected. Secrets: .dev.vars or .dev.vars.example;
environment variables of the same names win.`;

const RETRY_EVERY_MS = 1_000;

const { values, positionals } = readArgs(USAGE, {
  allowPositionals: true,
  options: {
    scenario: { type: "string", default: "success" },
    list: { type: "boolean", default: false },
    count: { type: "string", default: "1" },
    rate: { type: "string" },
    retry: { type: "string", default: "0" },
    url: { type: "string", default: "http://127.0.0.1:8787" },
    account: { type: "string", default: "broker-eu" },
    quiet: { type: "boolean", default: false },
  },
});

const project = join(import.meta.dirname, "..");
const secrets = readSecrets(secretsFile(project), process.env);

function scenarios(provider: ProviderName): Record<string, Scenario> {
  try {
    const relay = readRelayConfig(project, secrets);
    return scenariosOf(provider, credentials(relay, secrets, provider, values.account));
  } catch (error) {
    return giveUp((error as Error).message);
  }
}

if (values.list) {
  const wanted = PROVIDERS.filter((p) => positionals.length === 0 || positionals.includes(p));
  const rows = wanted.flatMap((provider) =>
    Object.entries(scenarios(provider)).map(([name, { about }]) => [provider, name, about]),
  );
  console.log(table(["provider", "scenario", "what happens"], rows));
  process.exit(0);
}

const provider = PROVIDERS.find((p) => p === positionals[0]);
if (provider === undefined || positionals.length !== 1) giveUp(USAGE);
const known = scenarios(provider);
const chosen = values.scenario === "all" ? Object.keys(known) : [values.scenario];
for (const name of chosen) {
  if (!Object.hasOwn(known, name)) {
    giveUp(`${provider} has no scenario "${name}". It has: ${Object.keys(known).join(", ")}`);
  }
}
const count = parseCount("count", values.count, 1);
const retries = parseCount("retry", values.retry, 0);
const rate = values.rate === undefined ? null : parseCount("rate", values.rate, 1);

const replies: Reply[] = [];
const wrong: string[] = [];

async function sendPersistently(callback: Callback): Promise<Reply> {
  for (let left = retries; ; left -= 1) {
    const reply = await send(callback, values.url);
    replies.push(reply);
    if ((reply.status >= 200 && reply.status < 300) || left === 0) return reply;
    await delay(RETRY_EVERY_MS);
  }
}

function print(scenario: string, step: Step, reply: Reply, note: string): void {
  if (values.quiet) return;
  const cells = [
    `${provider} ${scenario}: ${step.name}`.padEnd(44),
    (reply.status === 0 ? "---" : String(reply.status)).padEnd(4),
    (reply.outcome ?? "-").padEnd(12),
    (reply.eventId ?? "-").padEnd(37),
    `${reply.ms.toFixed(1)} ms`.padStart(10),
    note,
  ];
  console.log(cells.join(" ").trimEnd());
}

async function run(name: string, payment: string): Promise<void> {
  const scenario = known[name];
  if (scenario === undefined) return;
  for (const step of scenario.steps(payment, new Date())) {
    const got = await Promise.all(
      Array.from({ length: step.copies ?? 1 }, () => sendPersistently(step.callback)),
    );
    const problem = judge(step, got);
    for (const [index, reply] of got.entries()) {
      const last = index === got.length - 1;
      const noResponse = reply.status === 0 ? ` (${reply.text})` : "";
      print(name, step, reply, (last && problem !== null ? `!! ${problem}` : "") + noResponse);
    }
    if (problem !== null) wrong.push(`${name}: ${step.name}: ${problem}`);
  }
}

const started = performance.now();
const tag = randomBytes(5).toString("hex");
const runs: Promise<void>[] = [];
let number = 0;
for (let round = 0; round < count; round += 1) {
  for (const name of chosen) {
    const running = run(name, `${tag}-${number}`);
    number += 1;
    if (rate === null) {
      await running;
      continue;
    }
    runs.push(running);
    await delay(Math.max(0, started + (number * 1_000) / rate - performance.now()));
  }
}
await Promise.all(runs);

const tally = new Map<string, number>();
for (const { status, outcome } of replies) {
  const key = status === 0 ? "no response" : outcome === null ? `${status}` : `${status} ${outcome}`;
  tally.set(key, (tally.get(key) ?? 0) + 1);
}
const times = replies.map((r) => r.ms).toSorted((a, b) => a - b);
const at = (share: number) => times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0;
const seconds = (performance.now() - started) / 1_000;
console.log(
  `\n${replies.length} callbacks in ${seconds.toFixed(1)} s: ` +
    [...tally].map(([key, n]) => `${n} × ${key}`).join(", ") +
    `; answered in ${at(0.5).toFixed(0)} ms (median), ${at(0.99).toFixed(0)} ms (p99)`,
);
if (tally.has("no response")) {
  console.log(`No response from ${values.url}: is the relay running (npm start)?`);
}
if (wrong.length > 0) {
  console.log(
    `${wrong.length} not as expected:\n${wrong
      .slice(0, 20)
      .map((w) => `  ${w}`)
      .join("\n")}`,
  );
  process.exitCode = 1;
} else console.log("every response was as expected");
