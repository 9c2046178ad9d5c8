/**
 * A flood of invented tokens against a real relay, with the provider's callbacks among them. Addresses are
 * those of `cf-connecting-ip`, which a client of `wrangler dev` may set itself.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { DEFAULT_INBOX_SHARDS } from "../../../src/limits.ts";
import { tokenpayments, VALID_TOKEN_PREFIX, type TokenpaymentsCredentials } from "../callbacks.ts";
import { copyProject } from "../outage/copy-project.ts";
import { FailingCrm } from "../outage/crm.ts";
import type { Ledger } from "../outage/verdict.ts";
import { freePort } from "../ports.ts";
import { credentials } from "../relay-config.ts";
import { startRelay, type Relay } from "../relay.ts";
import { readSecrets } from "../secrets.ts";
import { paced, send } from "../send.ts";
import { startVerifier } from "../verifier-server.ts";
import { deliveryTimes, quantile, violations, type Outcome, type Sent } from "./judge.ts";

export interface FloodOptions {
  readonly project: string;
  /** Invented tokens a second, of all strangers together. */
  readonly perSecond: number;
  readonly addresses: number;
  readonly genuinePerSecond: number;
  /** Of each part: no flood, malformed tokens at the same rate, the flood. */
  readonly seconds: number;
  /** The verifier never answers about an invented token. */
  readonly hangs: boolean;
  readonly onProgress: (line: string) => void;
}

export interface FloodReport {
  readonly figures: Readonly<Record<string, string>>;
  readonly violations: readonly string[];
}

const ACCOUNT = "broker-eu";
const PROVIDER = "198.51.100.20";
/** The provider posts from here for the first time when the flood has begun. */
const NEWCOMER = "198.51.100.21";
const INVENTED = "invented";
/** The first requests open connections and compile the Worker. */
const WARM_UP = 30;
/** What was accepted last arrives within this, or not at all. */
const SETTLE_MS = 15_000;
const POLL_MS = 100;
/** The limit of `QUESTIONS_AGAIN` in wrangler.toml. */
const AGAIN_PER_MINUTE = 120;

export async function flood(options: FloodOptions): Promise<FloodReport> {
  const { seconds, perSecond, genuinePerSecond, addresses, onProgress } = options;
  const folder = copyProject(options.project, mkdtempSync(join(tmpdir(), "psp-relay-flood-")));
  const secretsFile = join(options.project, ".dev.vars.example");
  const secrets = readSecrets(secretsFile);
  const crm = new FailingCrm(await freePort(), secrets["CRM_SIGNING_SECRET"] ?? "");
  const verifier = await startVerifier(options.hangs ? { hangsOver: INVENTED } : {});
  let relay: Relay | undefined;
  try {
    await crm.recover();
    relay = await startRelay({
      project: folder,
      state: join(folder, "state"),
      crmUrl: crm.url,
      verifierUrl: verifier.url,
      secretsFile,
    });
    const who = credentials(relay.config, secrets, "tokenpayments", ACCOUNT);
    const scene = new Scene(relay.url, who, crm);

    onProgress("warming up");
    for (let i = 0; i < WARM_UP; i += 1) await scene.genuine(PROVIDER);
    onProgress(`${genuinePerSecond} genuine callbacks a second for ${seconds} s, no flood`);
    const calm = await paced(genuinePerSecond, seconds, () => scene.genuine(PROVIDER));
    await scene.settled(calm);

    onProgress(`the same, and ${perSecond} malformed tokens a second, which are refused without a question`);
    const [, control] = await Promise.all([
      paced(perSecond, seconds, (n) => scene.malformed(strangerAt(n, addresses))),
      paced(genuinePerSecond, seconds, () => scene.genuine(PROVIDER)),
    ]);
    await scene.settled(control);

    onProgress(`the same, and ${perSecond} invented tokens a second from ${addresses} addresses`);
    const askedBefore = verifier.asked().length;
    const [strangers, both] = await Promise.all([
      paced(perSecond, seconds, (n) => scene.invented(strangerAt(n, addresses))),
      paced(genuinePerSecond, seconds, (n) => scene.genuine(n % 2 === 0 ? PROVIDER : NEWCOMER)),
    ]);
    const asked = verifier.asked().slice(askedBefore);
    await scene.settled(both);

    const ledger = await ledgerOf(relay, secrets["ADMIN_TOKEN"] ?? "");
    const outcome: Outcome = {
      calm: scene.outcomes(calm),
      control: scene.outcomes(control),
      flooded: scene.outcomes(both.filter(({ address }) => address === PROVIDER)),
      newcomer: scene.outcomes(both.filter(({ address }) => address === NEWCOMER)),
      strangers: scene.outcomes(strangers),
      askedInvented: asked.filter((token) => token.startsWith(INVENTED)).length,
      askedGenuine: asked.filter((token) => token.startsWith(VALID_TOKEN_PREFIX)).length,
      addresses,
      shards: DEFAULT_INBOX_SHARDS,
      seconds,
      againPerMinute: AGAIN_PER_MINUTE,
    };
    return { figures: figuresOf(outcome, ledger), violations: violations(outcome) };
  } finally {
    await relay?.stop();
    await crm.close();
    await verifier.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

function strangerAt(n: number, addresses: number): string {
  return `203.0.113.${n % addresses}`;
}

interface Answered {
  readonly address: string;
  readonly status: number;
  readonly outcome: string | null;
  readonly eventId: string | null;
  /** Epoch ms. */
  readonly sentAtMs: number;
  /** How long its answer took. */
  readonly ms: number;
}

class Scene {
  readonly #url: string;
  readonly #who: TokenpaymentsCredentials;
  readonly #crm: FailingCrm;
  #sent = 0;

  constructor(url: string, who: TokenpaymentsCredentials, crm: FailingCrm) {
    this.#url = url;
    this.#who = who;
    this.#crm = crm;
  }

  genuine(address: string): Promise<Answered> {
    return this.#send(address, `${VALID_TOKEN_PREFIX}${this.#name()}`);
  }

  invented(address: string): Promise<Answered> {
    return this.#send(address, `${INVENTED}${this.#name()}`);
  }

  malformed(address: string): Promise<Answered> {
    return this.#send(address, `${INVENTED}.${this.#name()}`);
  }

  /** Waits until the CRM has all that was accepted of these, or nothing more comes. */
  async settled(answered: readonly Answered[]): Promise<void> {
    const wanted = answered.flatMap(({ outcome, eventId }) => (outcome === "accepted" ? [eventId] : []));
    for (const deadlineMs = Date.now() + SETTLE_MS; Date.now() < deadlineMs; await delay(POLL_MS)) {
      const arrived = new Set(this.#crm.arrivals.map(({ id }) => id));
      if (wanted.every((id) => id !== null && arrived.has(id))) return;
    }
  }

  outcomes(answered: readonly Answered[]): Sent[] {
    const arrivedAtMs = new Map(this.#crm.arrivals.map(({ id, atMs }) => [id, atMs]));
    return answered.map(({ status, outcome, eventId, sentAtMs, ms }) => {
      const atMs = arrivedAtMs.get(eventId ?? "");
      return { status, outcome, answeredMs: ms, deliveredMs: atMs === undefined ? null : atMs - sentAtMs };
    });
  }

  #name(): string {
    this.#sent += 1;
    return this.#sent.toString().padStart(8, "0");
  }

  async #send(address: string, token: string): Promise<Answered> {
    const callback = tokenpayments(this.#who, { payment: token, now: new Date(), token });
    const headers = { ...callback.headers, "cf-connecting-ip": address };
    const sentAtMs = Date.now();
    const { status, outcome, eventId, ms } = await send({ ...callback, headers }, this.#url);
    return { address, status, outcome, eventId, sentAtMs, ms };
  }
}

async function ledgerOf(relay: Relay, adminToken: string): Promise<Ledger> {
  const headers = { authorization: `Bearer ${adminToken}` };
  const answer = await fetch(`${relay.url}/api/ledger`, { headers });
  if (answer.status !== 200) throw new Error(`/api/ledger was answered ${answer.status}`);
  return (await answer.json()) as Ledger;
}

function figuresOf(outcome: Outcome, ledger: Ledger): Record<string, string> {
  const { calm, control, flooded, newcomer, strangers } = outcome;
  const genuine = [...flooded, ...newcomer];
  const before = deliveryTimes(calm);
  const during = deliveryTimes(genuine);
  const others = deliveryTimes(control);
  const ratios = (than: readonly number[]) =>
    [0.5, 0.95].map((share) => (quantile(during, share) / quantile(than, share)).toFixed(2)).join(", ");
  const times = (values: readonly number[]) =>
    `${Math.round(quantile(values, 0.5))} ms, ${Math.round(quantile(values, 0.95))} ms (median, 95 of 100)`;
  const source = ledger.sources[`tokenpayments/${ACCOUNT}`] ?? {};
  return {
    "genuine, no flood": tally(calm),
    "genuine, flood": tally(flooded),
    "genuine, flood, new address": tally(newcomer),
    invented: tally(strangers),
    "answered, no flood": times(calm.map(({ answeredMs }) => answeredMs)),
    "answered, flood": times(genuine.map(({ answeredMs }) => answeredMs)),
    "delivered, no flood": times(before),
    "delivered, malformed tokens": times(others),
    "delivered, flood": times(during),
    "flood : no flood": ratios(before),
    "flood : malformed tokens": ratios(others),
    "questions, flood": `${outcome.askedInvented} about invented tokens, ${outcome.askedGenuine} about genuine ones`,
    "deferred stored": `${source["deferred"] ?? 0} wait, ${source["refused"] ?? 0} were refused when asked about`,
  };
}

/** `300: 298 accepted, 2 deferred`. */
function tally(sent: readonly Sent[]): string {
  const by = Map.groupBy(sent, ({ status, outcome }) => outcome ?? `answered ${status}`);
  return `${sent.length}: ${[...by].map(([what, of]) => `${of.length} ${what}`).join(", ")}`;
}
