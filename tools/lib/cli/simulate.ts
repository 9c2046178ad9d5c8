/**
 * `relay simulate`: sends correctly signed callbacks as a payment provider would, or faulty and forged ones, and
 * reports whether the relay's responses were as expected.
 */
import { randomBytes } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { type Callback, PROVIDERS, samplePayment } from "../callbacks.ts";
import { declaredScenarios } from "../declared/scenarios.ts";
import { credentials } from "../relay-config.ts";
import { judge, type Scenario, scenariosOf, type Step } from "../scenarios.ts";
import { type Reply, send } from "../send.ts";
import { table } from "../text.ts";
import { wholeNumber } from "./arguments.ts";
import { choosing, type Chosen, type Configuration, configurationOf } from "./configuration.ts";
import { CliError, EXIT } from "./exit-codes.ts";
import type { Common, Frame } from "./frame.ts";
import { type Io, show } from "./io.ts";
import { LOCAL_URL } from "./relay-api.ts";

const RETRY_EVERY_MS = 1_000;
/** How many wrong responses are printed: the first ones tell. */
const SHOWN_WRONG = 20;

interface Options extends Common, Chosen {
  readonly scenario: string;
  readonly list: boolean;
  readonly count: number;
  readonly rate?: number;
  readonly retry: number;
  readonly url: string;
  readonly account: string;
  readonly sample?: string;
  readonly quiet: boolean;
}

export function addSimulate(frame: Frame): void {
  frame.add<Options>(
    "simulate [provider]",
    `Send callbacks as a provider would: ${PROVIDERS.join(", ")}, a preset, or one you declared`,
    (command) =>
      choosing(command)
        .option("--scenario <name>", 'what happens; "all" runs every one', "success")
        .option("--list", "print every provider's scenarios", false)
        .option("--count <n>", "run it n times, each time another payment", wholeNumber(1), 1)
        .option("--rate <n>", "start n runs a second, not waiting for responses", wholeNumber(1))
        .option("--retry <n>", "repeat what got no 2xx every second, n times", wholeNumber(0), 0)
        .option("--url <url>", "the relay", LOCAL_URL)
        .option("--account <name>", "the account in the address", "broker-eu")
        .option("--sample <file>", "a callback of a provider you declared (its own sample)")
        .option("--quiet", "print the summary only", false),
    async (options, provider) => await simulate(frame.io, options, provider),
    [
      "simulate --list",
      "simulate cryptopay --scenario duplicate",
      "simulate iqpay --scenario pending-confirmed --count 100 --rate 20",
    ],
  );
}

/** A scenario of any provider: signing what is declared takes a promise. */
type AnyScenario = Pick<Scenario, "about"> & {
  steps(payment: string, now: Date): readonly Step[] | Promise<readonly Step[]>;
};

function scenariosFor(
  { relay, secrets }: Configuration,
  provider: string,
  { account, sample }: Options,
): Record<string, AnyScenario> {
  try {
    const inCode = PROVIDERS.find((one) => one === provider);
    if (inCode !== undefined) return scenariosOf(inCode, credentials(relay, secrets, inCode, account));
    return declaredScenarios(relay, secrets, provider, account, sample);
  } catch (error) {
    throw new CliError(EXIT.usage, (error as Error).message);
  }
}

function list(io: Io, options: Options, only: string | undefined): void {
  const configuration = configurationOf(io, options);
  const wanted = only === undefined ? PROVIDERS : [only];
  const found = wanted.flatMap((provider) =>
    Object.entries(scenariosFor(configuration, provider, options)).map(([scenario, { about }]) => ({
      provider,
      scenario,
      about,
    })),
  );
  const rows = found.map(({ provider, scenario, about }) => [provider, scenario, about]);
  show(io, options.json, found, () => table(["provider", "scenario", "what happens"], rows));
}

async function simulate(io: Io, options: Options, provider: string | undefined): Promise<number> {
  if (options.list) {
    list(io, options, provider);
    return EXIT.ok;
  }
  if (provider === undefined) {
    throw new CliError(
      EXIT.usage,
      `which provider? One of ${PROVIDERS.join(", ")}, a preset, or one you declared`,
    );
  }
  const known = scenariosFor(configurationOf(io, options), provider, options);
  const chosen = options.scenario === "all" ? Object.keys(known) : [options.scenario];
  for (const one of chosen) {
    if (Object.hasOwn(known, one)) continue;
    const names = Object.keys(known).join(", ");
    throw new CliError(EXIT.usage, `${provider} has no scenario "${one}". It has: ${names}`);
  }

  const run = new Run(io, options, provider);
  await run.all(known, chosen);
  const summary = run.summary();
  show(io, options.json, summary, () => summaryText(summary));
  return summary.wrong.length === 0 ? EXIT.ok : EXIT.problems;
}

interface Summary {
  readonly callbacks: number;
  readonly seconds: number;
  readonly replies: Readonly<Record<string, number>>;
  readonly median_ms: number;
  readonly p99_ms: number;
  readonly url: string;
  readonly wrong: readonly string[];
}

function summaryText({ callbacks, seconds, replies, median_ms, p99_ms, url, wrong }: Summary): string {
  const counts = Object.entries(replies).map(([key, n]) => `${n} × ${key}`);
  return [
    `\n${callbacks} ${callbacks === 1 ? "callback" : "callbacks"} in ${seconds.toFixed(1)} s: ${counts.join(", ")}; ` +
      `answered in ${median_ms.toFixed(0)} ms (median), ${p99_ms.toFixed(0)} ms (p99)`,
    ...(NO_RESPONSE in replies ? [`No response from ${url}: is the relay running (npm start)?`] : []),
    ...(wrong.length === 0
      ? ["every response was as expected"]
      : [`${wrong.length} not as expected:`, ...wrong.slice(0, SHOWN_WRONG).map((one) => `  ${one}`)]),
  ].join("\n");
}

const NO_RESPONSE = "no response";

/** One invocation: its requests, their replies, and what was wrong with them. */
class Run {
  readonly #io: Io;
  readonly #options: Options;
  readonly #provider: string;
  readonly #started = performance.now();
  readonly #replies: Reply[] = [];
  readonly #wrong: string[] = [];

  constructor(io: Io, options: Options, provider: string) {
    this.#io = io;
    this.#options = options;
    this.#provider = provider;
  }

  async all(known: Readonly<Record<string, AnyScenario>>, chosen: readonly string[]): Promise<void> {
    const { count, rate } = this.#options;
    const tag = randomBytes(5).toString("hex");
    const runs: Promise<void>[] = [];
    let number = 0;
    for (let round = 0; round < count; round += 1) {
      for (const name of chosen) {
        const running = this.#scenario(name, known[name], samplePayment(number, tag));
        number += 1;
        if (rate === undefined) {
          await running;
          continue;
        }
        runs.push(running);
        await delay(Math.max(0, this.#started + (number * 1_000) / rate - performance.now()));
      }
    }
    await Promise.all(runs);
  }

  async #scenario(name: string, scenario: AnyScenario | undefined, payment: string): Promise<void> {
    for (const step of (await scenario?.steps(payment, new Date())) ?? []) {
      const got = await Promise.all(
        Array.from({ length: step.copies ?? 1 }, () => this.#sendPersistently(step.callback)),
      );
      const problem = judge(step, got);
      for (const [index, reply] of got.entries()) {
        const last = index === got.length - 1;
        const noResponse = reply.status === 0 ? ` (${reply.text})` : "";
        this.#print(name, step, reply, (last && problem !== null ? `!! ${problem}` : "") + noResponse);
      }
      if (problem !== null) this.#wrong.push(`${name}: ${step.name}: ${problem}`);
    }
  }

  async #sendPersistently(callback: Callback): Promise<Reply> {
    for (let left = this.#options.retry; ; left -= 1) {
      const reply = await send(callback, this.#options.url);
      this.#replies.push(reply);
      if ((reply.status >= 200 && reply.status < 300) || left === 0) return reply;
      await delay(RETRY_EVERY_MS);
    }
  }

  #print(scenario: string, step: Step, reply: Reply, note: string): void {
    if (this.#options.quiet || this.#options.json) return;
    const cells = [
      `${this.#provider} ${scenario}: ${step.name}`.padEnd(44),
      (reply.status === 0 ? "---" : String(reply.status)).padEnd(4),
      (reply.outcome ?? "-").padEnd(12),
      (reply.eventId ?? "-").padEnd(37),
      `${reply.ms.toFixed(1)} ms`.padStart(10),
      note,
    ];
    this.#io.out(cells.join(" ").trimEnd());
  }

  summary(): Summary {
    const replies: Record<string, number> = {};
    for (const { status, outcome } of this.#replies) {
      const key = status === 0 ? NO_RESPONSE : outcome === null ? `${status}` : `${status} ${outcome}`;
      replies[key] = (replies[key] ?? 0) + 1;
    }
    const times = this.#replies.map((r) => r.ms).toSorted((a, b) => a - b);
    const at = (share: number) => times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0;
    return {
      callbacks: this.#replies.length,
      seconds: (performance.now() - this.#started) / 1_000,
      replies,
      median_ms: at(0.5),
      p99_ms: at(0.99),
      url: this.#options.url,
      wrong: this.#wrong,
    };
  }
}
