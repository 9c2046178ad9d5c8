/** One run of chaos: a relay that is killed, a CRM that fails, providers that repeat; then the verdict. */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { REPEATS_IN_MEMORY_MS } from "../../../src/limits.ts";
import { build } from "../build.ts";
import type { Credentials } from "../callbacks.ts";
import { type Crm, startCrm } from "../crm-server.ts";
import { freePort } from "../ports.ts";
import { credentials, pointAt, readRelayConfig } from "../relay-config.ts";
import { readSecrets, type Secrets } from "../secrets.ts";
import { startVerifier, type Verifier } from "../verifier-server.ts";
import {
  type Caught,
  doubt,
  failInTurn,
  killNowAndThen,
  resumeNowAndThen,
  strikeAnytime,
  strikeFirstAttempts,
} from "./faults.ts";
import { FirstAttempts } from "./first-attempts.ts";
import { Host } from "./host.ts";
import { DESTINATION, Operator } from "./operator.ts";
import { Psp } from "./psp.ts";
import { random } from "./random.ts";
import { recount } from "./rows.ts";
import { ALARM_LATE_MS, judge, type Violation } from "./verdict.ts";

export interface ChaosOptions {
  readonly project: string;
  readonly kills: number;
  /** Genuine callbacks to be accepted, repeats not counted. */
  readonly callbacks: number;
  readonly seed: number;
  /** Does the token verifier fail at times? What is deferred is asked about again after 10 s, 60 s, 5 min. */
  readonly verifierFails: boolean;
  /** Do kills fall between the provider's 2xx and the end of the first attempt? Otherwise at any moment. */
  readonly firstAttempts: boolean;
  /** Ends the load early: what was run until then is judged. */
  readonly enough?: AbortSignal;
  readonly onProgress?: (line: string) => void;
}

export interface Outcome {
  readonly violations: readonly Violation[];
  readonly figures: Readonly<Record<string, number>>;
}

const ACCOUNT = "broker-eu";
/** A schedule with days of retries compressed into a minute. */
const SCHEDULE_SECONDS = [0.2, 0.5, ...Array.from({ length: 45 }, () => 1)];
const HANDOVER_TIMEOUT_MS = 1_000;
const DELIVERY_TIMEOUT_MS = 700;
/** The most the configuration takes: what a sweep hands over follows it. */
const MAX_PER_SECOND = 1_000;
/** The longest wait for a deferred callback is five minutes. */
const SETTLE_PATIENCE_MS = 600_000;

export async function chaos(options: ChaosOptions): Promise<Outcome> {
  const scratch = mkdtempSync(join(tmpdir(), "psp-relay-chaos-"));
  const secrets = readSecrets(join(options.project, ".dev.vars.example"));
  const verifier = await startVerifier();
  const first = new FirstAttempts();
  const crm = await startCrm({ secrets: [secrets["CRM_SIGNING_SECRET"] ?? ""], takeOver: first.take });
  try {
    return await runIn(scratch, options, secrets, crm, first, verifier);
  } finally {
    await crm.close();
    await verifier.close();
    rmSync(scratch, { recursive: true, force: true });
  }
}

async function runIn(
  scratch: string,
  options: ChaosOptions,
  secrets: Secrets,
  crm: Crm,
  first: FirstAttempts,
  verifier: Verifier,
): Promise<Outcome> {
  const { project, seed } = options;
  const say = options.onProgress ?? (() => {});
  const draws = random(seed);
  const bundle = join(scratch, "bundle");
  await build(project, project, bundle, scratch);
  const state = join(scratch, "state");
  mkdirSync(state);
  const relay = compressed(pointAt(readRelayConfig(project), { crmUrl: crm.url, verifierUrl: verifier.url }));
  const bindings = { ...secrets, RELAY: JSON.stringify(relay) };
  const host = new Host({ project, bundle, state, port: await freePort(), bindings }, scratch);
  const operator = new Operator(host.url, secrets["ADMIN_TOKEN"] ?? "");
  const as = <P extends keyof Credentials>(provider: P) => credentials(relay, secrets, provider, ACCOUNT);
  const who = {
    ipay: as("ipay"),
    cryptopay: as("cryptopay"),
    iqpay: as("iqpay"),
    tokenpayments: as("tokenpayments"),
  };
  const psp = new Psp(host.url, who, random(seed + 1));
  const caught: Caught = { held: 0, answered: 0, finished: 0 };
  const isLoaded = new AbortController();
  const startedAt = performance.now();
  try {
    await host.spawn();
    await host.ready();
    const failing = options.firstAttempts
      ? resumeNowAndThen(operator, isLoaded.signal)
      : failInTurn(crm, operator, random(seed + 2), isLoaded.signal);
    const doubting = options.verifierFails
      ? doubt(verifier, random(seed + 3), isLoaded.signal)
      : Promise.resolve();
    const strike = async () =>
      await (options.firstAttempts
        ? strikeFirstAttempts(host, first, psp, draws, caught)
        : strikeAnytime(host, draws));
    const over = options.enough ?? isLoaded.signal;
    const killing = killNowAndThen(host, psp, { ...options, draws, over, strike, say });
    await psp.run(options.callbacks, () => host.kills.length >= options.kills, over);
    await killing;
    isLoaded.abort();
    await Promise.all([failing, doubting]);
    const loadSeconds = (performance.now() - startedAt) / 1_000;
    say(`${psp.accepted} callbacks accepted, ${host.kills.length} kills; waiting until nothing is owed`);

    const settled = await operator.untilNothingIsOwed(DESTINATION, SETTLE_PATIENCE_MS);
    // The last repeats are counted in memory only until then.
    await delay(REPEATS_IN_MEMORY_MS + ALARM_LATE_MS);
    const [events, ledger] = [await operator.events(), await operator.ledger()];
    await host.stop();
    const violations = judge({
      told: psp.told,
      events,
      received: crm.received(),
      refused: crm.refused(),
      ledger,
      recount: recount(state),
      kills: host.kills,
    });
    const unsettled: Violation[] = settled
      ? []
      : [
          {
            promise: "kept",
            what: `something is owed, and nothing became less for ${SETTLE_PATIENCE_MS / 1_000} s`,
          },
        ];
    const wrong = psp.wrong.map((what): Violation => ({ promise: "closed", what }));
    return {
      violations: [...violations, ...unsettled, ...wrong],
      figures: {
        seed,
        ...figuresOf(psp, host, crm, events, [loadSeconds, (performance.now() - startedAt) / 1_000]),
        ...(options.firstAttempts ? caughtFigures(caught) : {}),
      },
    };
  } finally {
    isLoaded.abort();
    await host.stop();
  }
}

function figuresOf(
  psp: Psp,
  host: Host,
  crm: Crm,
  events: readonly { state: string }[],
  [loadSeconds = 0, allSeconds = 0]: readonly number[],
): Record<string, number> {
  const received = crm.received();
  const arrivals = received.reduce((sum, event) => sum + event.arrivals, 0);
  const inState = (state: string) => events.filter((event) => event.state === state).length;
  return {
    kills: host.kills.length,
    "callbacks accepted": psp.accepted,
    "requests, retries and repeats included": psp.requests,
    "responses of 2xx": psp.successes,
    "repeats with a 2xx": psp.successes - psp.accepted,
    "tries whose response was lost": psp.told.reduce((sum, { unanswered }) => sum + unanswered, 0),
    forgeries: psp.forgeries,
    "events delivered": received.length,
    "attempts that reached the CRM": arrivals + crm.failures(),
    "attempts it failed": crm.failures(),
    "deliveries it already had": arrivals - received.length,
    payments: new Set(received.map(({ payment_id }) => payment_id)).size,
    superseded: inState("superseded"),
    quarantined: inState("quarantined"),
    "deferred and decided later": inState("released"),
    "deferred still": inState("deferred"),
    dead: inState("dead"),
    "seconds under load": Math.round(loadSeconds),
    "seconds until nothing was owed": Math.round(allSeconds),
  };
}

function caughtFigures({ held, answered, finished }: Caught): Record<string, number> {
  return {
    "killed while the CRM had not answered the first attempt": held,
    "killed when it had, and nothing was settled": answered,
    "killed as it answered": finished,
  };
}

function compressed(relay: ReturnType<typeof readRelayConfig>): typeof relay {
  const crm = relay.destinations[DESTINATION];
  if (crm === undefined) throw new Error(`wrangler.toml has no destination ${DESTINATION}`);
  crm["schedule_seconds"] = SCHEDULE_SECONDS;
  crm["timeout_ms"] = DELIVERY_TIMEOUT_MS;
  crm["max_per_second"] = MAX_PER_SECOND;
  relay["handover_lease_ms"] = HANDOVER_TIMEOUT_MS;
  return relay;
}
