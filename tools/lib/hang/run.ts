/**
 * A CRM that hangs beside providers that go on posting: as many first attempts as may be in flight are open, and
 * none is answered. Callbacks are timed beside it and, in the same run, beside a CRM that answers; rounds of the
 * two alternate, so that whatever else the machine does falls on both.
 */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MAX_DIRECT_TIMEOUT_MS } from "../../../src/limits.ts";
import { build } from "../build.ts";
import { cryptopay, type Credentials } from "../callbacks.ts";
import { Host } from "../chaos/host.ts";
import { freePort } from "../ports.ts";
import { waitFor } from "../processes.ts";
import { credentials, pointAt, readRelayConfig } from "../relay-config.ts";
import { readSecrets } from "../secrets.ts";
import { paced, send } from "../send.ts";
import { HangingCrm } from "./crm.ts";
import { type Answered, figures, type Outcome, violations } from "./judge.ts";

export interface HangOptions {
  readonly project: string;
  /** The destination's `max_in_flight`: so many attempts hang. */
  readonly hanging: number;
  readonly shards: number;
  readonly perSecond: number;
  /** Of each part of a round. */
  readonly seconds: number;
  readonly rounds: number;
  readonly onProgress: (line: string) => void;
}

export interface HangReport {
  readonly figures: Readonly<Record<string, string>>;
  readonly violations: readonly string[];
}

const ACCOUNT = "broker-eu";
const DESTINATION = "crm";
/** Nothing listens there: no callback here has a token to verify. */
const NO_VERIFIER = "http://127.0.0.1:9/";
/** The first requests open connections and compile the Worker. */
const WARM_UP = 50;
/** Callbacks sent at the same time to open attempts. */
const SENDERS = 16;
const SETTLE_MS = 120_000;

export async function hang(options: HangOptions): Promise<HangReport> {
  const { project, hanging, shards, onProgress } = options;
  const scratch = mkdtempSync(join(tmpdir(), "psp-relay-hang-"));
  const secrets = readSecrets(join(project, ".dev.vars.example"));
  const crm = new HangingCrm();
  let host: Host | undefined;
  try {
    const relay = pointAt(readRelayConfig(project), {
      crmUrl: await crm.listen(),
      verifierUrl: NO_VERIFIER,
    });
    const destination = relay.destinations[DESTINATION];
    if (destination === undefined) throw new Error(`wrangler.toml has no destination ${DESTINATION}`);
    destination["max_in_flight"] = hanging;
    destination["timeout_ms"] = MAX_DIRECT_TIMEOUT_MS;
    relay["inbox_shards"] = shards;
    const state = join(scratch, "state");
    mkdirSync(state);
    const bundle = join(scratch, "bundle");
    await build(project, project, bundle, scratch);
    const bindings = { ...secrets, RELAY: JSON.stringify(relay) };
    host = new Host({ project, bundle, state, port: await freePort(), bindings }, scratch);
    await host.spawn();
    await host.ready();
    const run = new Run(host.url, crm, credentials(relay, secrets, "cryptopay", ACCOUNT));
    const outcome = await run.rounds(options, onProgress);
    return { figures: figures(outcome), violations: violations(outcome) };
  } finally {
    await host?.stop();
    await crm.close();
    rmSync(scratch, { recursive: true, force: true });
  }
}

class Run {
  readonly #url: string;
  readonly #crm: HangingCrm;
  readonly #who: Credentials["cryptopay"];
  readonly #others: Answered[] = [];
  #sent = 0;

  constructor(url: string, crm: HangingCrm, who: Credentials["cryptopay"]) {
    this.#url = url;
    this.#crm = crm;
    this.#who = who;
  }

  async rounds(options: HangOptions, onProgress: (line: string) => void): Promise<Outcome> {
    const { hanging, perSecond, seconds, rounds } = options;
    for (let n = 0; n < WARM_UP; n += 1) this.#others.push(await this.#callback());
    await this.#delivered();
    const calm: Answered[] = [];
    const hung: Answered[] = [];
    let leastOpen = Number.POSITIVE_INFINITY;
    for (let round = 1; round <= rounds; round += 1) {
      calm.push(...(await paced(perSecond, seconds, () => this.#callback())));
      await this.#delivered();
      this.#crm.hang();
      const startMs = Date.now();
      await this.#open(hanging);
      const openedMs = Date.now() - startMs;
      hung.push(
        ...(await paced(perSecond, seconds, async () => {
          leastOpen = Math.min(leastOpen, this.#crm.open);
          return await this.#callback();
        })),
      );
      onProgress(
        `round ${round}: ${this.#crm.open} attempts hang, the first of them for ${Date.now() - startMs} ms, ` +
          `opened within ${openedMs} ms`,
      );
      this.#crm.recover();
      await this.#delivered();
    }
    const { mostOpen, taken } = this.#crm;
    const attemptMs = MAX_DIRECT_TIMEOUT_MS;
    return {
      calm,
      hung,
      others: this.#others,
      leastOpen,
      mostOpen,
      wanted: hanging,
      attemptMs,
      taken,
    };
  }

  /** Sends payments until so many attempts are open: every shard has its share of them, and not all fill at once. */
  async #open(wanted: number): Promise<void> {
    const sender = async () => {
      while (this.#crm.open < wanted) this.#others.push(await this.#callback());
    };
    await Promise.all(Array.from({ length: SENDERS }, sender));
  }

  /** Waits until the CRM has taken everything that was accepted. */
  async #delivered(): Promise<void> {
    const look = () =>
      new Set(this.#crm.taken.map(({ id }) => id)).size >= this.#sent && this.#crm.open === 0
        ? true
        : undefined;
    await waitFor("the CRM to have everything", look, { deadlineMs: SETTLE_MS });
  }

  async #callback(): Promise<Answered> {
    this.#sent += 1;
    const { status, eventId, ms } = await send(
      cryptopay(this.#who, { payment: `hang-${this.#sent}`, now: new Date(), status: "confirmed" }),
      this.#url,
    );
    return { status, eventId, ms };
  }
}
