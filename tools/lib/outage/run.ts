/**
 * An outage from its first minute to its end: a real relay accepts thousands of events while the CRM is
 * down, and delivers them at the CRM's rate when it has recovered. Everything is on this machine.
 *
 * The schedule of retries counts an hour as a minute. The breaker's probes do not: they come after 30 s,
 * then 60 s, so that the events wait as long for a CRM that has recovered as in production.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { DEFAULT_SCHEDULE_SECONDS } from "../../../src/limits.ts";
import type { Credentials } from "../callbacks.ts";
import { freePort } from "../ports.ts";
import { waitFor } from "../processes.ts";
import { credentials, type RelayConfig } from "../relay-config.ts";
import { type Relay, startRelay } from "../relay.ts";
import { readSecrets, type Secrets } from "../secrets.ts";
import { send } from "../send.ts";
import { startVerifier } from "../verifier-server.ts";
import { copyProject } from "./copy-project.ts";
import { FailingCrm } from "./crm.ts";
import { type Attempt, type Ledger, mostAttempts, mostWithin, violations } from "./verdict.ts";
import { payments, type Told } from "./payments.ts";

export interface OutageOptions {
  readonly project: string;
  /** Accepted while the CRM is down. */
  readonly events: number;
  /** The CRM's `max_per_second`. */
  readonly perSecond: number;
  /** How late the machine may make a request (verdict.ts). */
  readonly lateMs: number;
  /** Of the Inbox. The local queue serves one after the other, so that only one alone comes near the rate. */
  readonly shards: number;
  /** The CRM is down at least this long. */
  readonly awayMs: number;
  readonly onProgress: (line: string) => void;
}

export interface OutageReport {
  readonly figures: Readonly<Record<string, string>>;
  readonly violations: readonly string[];
}

const ACCOUNT = "broker-eu";
/** Providers that post at the same time. */
const SENDERS = 12;
/** An hour in a minute. */
const COMPRESSION = 60;
const LEASE_MS = 5_000;
/** Longer than the longest interval between two probes of such an outage. */
const PATIENCE_MS = 300_000;
/** The CRM's responses are recorded within this, on a machine that is not busy. */
const SETTLE_MS = 30_000;
const POLL_MS = 100;

export async function outage(options: OutageOptions): Promise<OutageReport> {
  const { events, perSecond, lateMs, shards, onProgress } = options;
  const folder = copyProject(options.project, mkdtempSync(join(tmpdir(), "psp-relay-outage-")));
  const secretsFile = join(options.project, ".dev.vars.example");
  const secrets = readSecrets(secretsFile);
  const crm = new FailingCrm(await freePort(), secrets["CRM_SIGNING_SECRET"] ?? "");
  const verifier = await startVerifier();
  let relay: Relay | undefined;
  try {
    relay = await startRelay({
      project: folder,
      state: join(folder, "state"),
      crmUrl: crm.url,
      verifierUrl: verifier.url,
      secretsFile,
      relay: (config) => compressed(config, perSecond, shards),
    });
    const run = new Outage(relay, crm, secrets);

    onProgress("nothing listens at the CRM");
    const startMs = Date.now();
    const histories = payments(run.who, events);
    await run.accept(histories, Math.floor(events / 2));
    onProgress(`${run.accepted.flat().length} events accepted; the CRM is up and responds 503`);
    await crm.beBusy();
    await run.accept(histories, events);
    const acceptedMs = Date.now() - startMs;
    onProgress(`${run.accepted.flat().length} events accepted in ${seconds(acceptedMs)}`);

    await run.untilOpen(shards);
    await delay(Math.max(0, startMs + options.awayMs - Date.now()));
    const outageMs = Date.now() - startMs;
    onProgress(`the CRM is well again after ${seconds(outageMs)}`);
    await crm.recover();
    const backMs = Date.now();
    await run.untilDelivered(onProgress);
    const ledger = await run.settledLedger();
    const attempts = await run.attempts();
    const { accepted } = run;
    const { arrivals } = crm;

    const taken = arrivals.filter(({ status }) => status === 200).map(({ atMs }) => atMs);
    const firstMs = Math.min(...taken);
    const drainMs = Math.max(...taken) - firstMs;
    const failed = attempts.filter(({ delivered }) => !delivered).length;
    const sent = attempts.map(({ atMs }) => atMs);
    const came = arrivals.map(({ atMs }) => atMs);
    return {
      figures: {
        "events, payments": `${accepted.flat().length}, ${accepted.length}`,
        accepted: `in ${seconds(acceptedMs)}, ${Math.round((events * 1_000) / acceptedMs)} a second`,
        "outage lasted": seconds(outageMs),
        "failed attempts": `${failed} (at most ${mostAttempts(shards, outageMs)}), of them ${came.length - taken.length} with a 503`,
        "first delivery": `${seconds(firstMs - backMs)} after the CRM was well`,
        delivered: `${taken.length} in ${seconds(drainMs)}, ${Math.round((taken.length * 1_000) / drainMs)} a second`,
        "most within 1 s": `${mostWithin(sent, 1_000)} sent, ${mostWithin(came, 1_000)} arrived (max_per_second ${perSecond})`,
        "most within 100 ms": `${mostWithin(sent, 100)} sent, ${mostWithin(came, 100)} arrived`,
        ledger: JSON.stringify(ledger.destinations),
      },
      violations: violations({
        accepted,
        arrivals,
        attempts,
        ledger,
        perSecond,
        lateMs,
        shards,
        outageMs,
      }),
    };
  } finally {
    await relay?.stop();
    await crm.close();
    await verifier.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

class Outage {
  readonly who: Credentials;
  /** By payment, the events in the order of their acceptance. */
  readonly accepted: string[][] = [];
  readonly #relay: Relay;
  readonly #crm: FailingCrm;
  readonly #headers: Readonly<Record<string, string>>;

  constructor(relay: Relay, crm: FailingCrm, secrets: Secrets) {
    const as = <P extends keyof Credentials>(provider: P) =>
      credentials(relay.config, secrets, provider, ACCOUNT);
    this.who = {
      ipay: as("ipay"),
      cryptopay: as("cryptopay"),
      iqpay: as("iqpay"),
      tokenpayments: as("tokenpayments"),
    };
    this.#relay = relay;
    this.#crm = crm;
    this.#headers = { authorization: `Bearer ${secrets["ADMIN_TOKEN"]}` };
  }

  /** Goes on until so many events have been accepted in all; a payment once begun is sent to its end. */
  async accept(histories: readonly Told[][], until: number): Promise<void> {
    let count = this.accepted.flat().length;
    const sender = async () => {
      while (count < until) {
        const history = histories[this.accepted.length];
        if (!history) return;
        count += history.length;
        const ids: string[] = [];
        this.accepted.push(ids);
        for (const told of history) ids.push(await this.#accept(told));
      }
    };
    await Promise.all(Array.from({ length: SENDERS }, sender));
  }

  async #accept(told: Told): Promise<string> {
    const callback = told(new Date());
    const { status, outcome, eventId, text } = await send(callback, this.#relay.url);
    if (status === 200 && outcome === "accepted" && eventId !== null) return eventId;
    throw new Error(`${callback.path} should be accepted, got ${status} ${outcome} ${text}`);
  }

  /** Until the breaker of every shard is open. */
  async untilOpen(shards: number): Promise<void> {
    const look = async () => {
      const { destinations } = (await this.#get("/api/destinations")) as Destinations;
      return destinations[0]?.breakers_open === shards ? true : undefined;
    };
    await waitFor("open breakers", look, { deadlineMs: PATIENCE_MS, group: this.#relay.group });
  }

  /** Until everything has arrived, or nothing has for long. */
  async untilDelivered(onProgress: (line: string) => void): Promise<void> {
    const wanted = this.accepted.flat().length;
    for (let before = 0, quietSince = Date.now(); Date.now() - quietSince < PATIENCE_MS;) {
      const taken = this.#crm.arrivals.filter(({ status }) => status === 200).length;
      if (taken >= wanted) return;
      if (taken > before) quietSince = Date.now();
      const fifth = (count: number) => Math.floor((5 * count) / wanted);
      if (fifth(taken) > fifth(before)) onProgress(`${taken} delivered`);
      before = taken;
      await delay(POLL_MS);
    }
    onProgress(`nothing has arrived for ${seconds(PATIENCE_MS)}`);
  }

  /** The relay's ledger once it has recorded the CRM's last responses. */
  async settledLedger(): Promise<Ledger> {
    for (const deadline = Date.now() + SETTLE_MS; ; await delay(POLL_MS)) {
      const ledger = (await this.#get("/api/ledger")) as Ledger;
      const pending = Object.values(ledger.destinations).some((counts) => counts["pending"] !== 0);
      if (!pending || Date.now() > deadline) return ledger;
    }
  }

  /** Every attempt the relay has recorded, payment by payment. */
  async attempts(): Promise<Attempt[]> {
    const attempts: Attempt[] = [];
    for (const payment of new Set(this.#crm.arrivals.map((arrival) => arrival.payment))) {
      const { events } = (await this.#get(`/api/payments/${payment}`)) as Timeline;
      for (const { at, status } of events.flatMap((event) => event.attempts)) {
        attempts.push({ atMs: Date.parse(at), delivered: status === 200 });
      }
    }
    return attempts;
  }

  async #get(path: string): Promise<unknown> {
    const response = await fetch(`${this.#relay.url}${path}`, { headers: this.#headers });
    if (response.status !== 200) throw new Error(`${path} was answered ${response.status}`);
    return await response.json();
  }
}

interface Destinations {
  readonly destinations: readonly { readonly breakers_open: number }[];
}

interface Timeline {
  readonly events: readonly {
    readonly attempts: readonly { readonly at: string; readonly status: number | null }[];
  }[];
}

function compressed(config: RelayConfig, perSecond: number, shards: number): RelayConfig {
  const { crm } = config.destinations;
  if (!crm) throw new Error("wrangler.toml has no destination crm");
  crm["max_per_second"] = perSecond;
  crm["schedule_seconds"] = DEFAULT_SCHEDULE_SECONDS.map((each) => each / COMPRESSION);
  config["handover_lease_ms"] = LEASE_MS;
  config["inbox_shards"] = shards;
  return config;
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
