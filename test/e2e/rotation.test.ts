/**
 * Secrets rotated under load on both sides, in real processes: deploy the new one beside the old one, let
 * the other side switch, take the old one out. No callback is refused, and nothing arrives that the CRM
 * cannot verify with the one secret it holds.
 */
import { appendFileSync, copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { cryptopay } from "../../tools/lib/callbacks.ts";
import { copyProject } from "../../tools/lib/outage/copy-project.ts";
import { FailingCrm } from "../../tools/lib/outage/crm.ts";
import { freePort } from "../../tools/lib/ports.ts";
import { waitFor } from "../../tools/lib/processes.ts";
import type { RelayConfig } from "../../tools/lib/relay-config.ts";
import { type Relay, startRelay } from "../../tools/lib/relay.ts";
import { readSecrets } from "../../tools/lib/secrets.ts";
import { type Reply, send } from "../../tools/lib/send.ts";

const PROJECT = join(import.meta.dirname, "../..");
const ACCOUNT = "broker-eu";
/** The names of the secrets; their values are samples. */
const INCOMING = { old: "CRYPTOPAY_SECRET_OLD", new: "CRYPTOPAY_SECRET" };
const SIGNING = { old: "CRM_SIGNING_SECRET", new: "CRM_SIGNING_SECRET_NEW" };
const NEW_SIGNING_SECRET = "whsec_bmV3IHNpZ25pbmcgc2VjcmV0IG9mIHRoZSBDUk0h";

/** A callback begins every so often, whatever became of those before. */
const EVERY_MS = 40;
const RETRY_EVERY_MS = 200;
/** So many are accepted between two steps of the rotation. */
const BETWEEN_STEPS = 25;
const DEADLINE_MS = 90_000;

let folder: string;
let secretsFile: string;
let secrets: Readonly<Record<string, string>>;
let crm: FailingCrm;
let relay: Relay;
let port: number;

beforeAll(async () => {
  folder = copyProject(PROJECT, mkdtempSync(join(tmpdir(), "psp-relay-rotation-")));
  secretsFile = join(folder, "secrets");
  copyFileSync(join(PROJECT, ".dev.vars.example"), secretsFile);
  appendFileSync(secretsFile, `\n${SIGNING.new}="${NEW_SIGNING_SECRET}"\n`);
  secrets = readSecrets(secretsFile);
  crm = new FailingCrm(await freePort(), secrets[SIGNING.old] ?? "");
  await crm.recover();
  port = await freePort();
  await start([INCOMING.old], [SIGNING.old]);
});
afterAll(async () => {
  await relay.stop();
  await crm.close();
  rmSync(folder, { recursive: true, force: true });
});

async function start(incoming: readonly string[], signing: readonly string[]): Promise<void> {
  relay = await startRelay({
    port,
    project: folder,
    state: join(folder, "state"),
    crmUrl: crm.url,
    verifierUrl: "http://127.0.0.1:9/",
    secretsFile,
    relay: (config) => holding(config, [...incoming], [...signing]),
  });
}

function holding(config: RelayConfig, incoming: string[], signing: string[]): RelayConfig {
  const source = config.sources["cryptopay"]?.[ACCOUNT];
  const destination = config.destinations["crm"];
  if (source === undefined || destination === undefined) throw new Error("wrangler.toml has changed");
  source.secrets = incoming;
  destination.secrets = signing;
  // What was under way when the relay was stopped is soon sent again by the next one.
  destination["schedule_seconds"] = Array.from({ length: 20 }, () => 1);
  config["handover_lease_ms"] = 1_500;
  return config;
}

/** A new configuration on the same state is what a deployment is. */
async function deploy(incoming: readonly string[], signing: readonly string[]): Promise<void> {
  await relay.stop();
  await start(incoming, signing);
}

function post(payment: string, secret: string): Promise<Reply> {
  return send(
    cryptopay({ account: ACCOUNT, secret, scheme: "t-v1" }, { payment, now: new Date() }),
    relay.url,
  );
}

/** A provider that never stops posting, and repeats what gets no response while the relay is deployed. */
class Provider {
  readonly accepted = new Set<string>();
  /** Every response other than 200. There must be none, and they are not repeated. */
  readonly refused: Reply[] = [];
  #secret: string;
  #stopped = false;
  readonly #running: Promise<void>;

  constructor(secret: string) {
    this.#secret = secret;
    this.#running = this.#run();
  }

  /** Signs with another secret from now on, its retries too. */
  switchTo(secret: string): void {
    this.#secret = secret;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
  }

  async #run(): Promise<void> {
    const posting: Promise<void>[] = [];
    for (let number = 0; !this.#stopped; number += 1) {
      posting.push(this.#post(`rotation-${number}`));
      await delay(EVERY_MS);
    }
    await Promise.all(posting);
  }

  async #post(payment: string): Promise<void> {
    for (const deadline = Date.now() + DEADLINE_MS; Date.now() < deadline; await delay(RETRY_EVERY_MS)) {
      const reply = await post(payment, this.#secret);
      if (reply.status === 200 && reply.eventId !== null) {
        this.accepted.add(reply.eventId);
        return;
      }
      if (reply.status === 0) continue;
      this.refused.push(reply);
      return;
    }
  }
}

/** Waits until so many more were accepted, and arrived. */
async function goOn(provider: Provider): Promise<void> {
  const accepted = provider.accepted.size + BETWEEN_STEPS;
  const arrivals = crm.arrivals.length + BETWEEN_STEPS;
  const look = () => {
    if (provider.refused.length > 0) throw new Error(`refused: ${JSON.stringify(provider.refused[0])}`);
    return provider.accepted.size >= accepted && crm.arrivals.length >= arrivals ? true : undefined;
  };
  await waitFor("more events", look, { deadlineMs: DEADLINE_MS, group: relay.group });
}

it("no callback is refused and no signature fails while every secret is replaced", async () => {
  const provider = new Provider(secrets[INCOMING.old] ?? "");
  await goOn(provider);

  await deploy([INCOMING.new, INCOMING.old], [SIGNING.new, SIGNING.old]);
  await goOn(provider);
  provider.switchTo(secrets[INCOMING.new] ?? "");
  await goOn(provider);
  crm.hold(secrets[SIGNING.new] ?? "");
  await goOn(provider);

  await deploy([INCOMING.new], [SIGNING.new]);
  await goOn(provider);
  await provider.stop();

  const taken = () => new Set(crm.arrivals.filter(({ status }) => status === 200).map(({ id }) => id));
  await waitFor("every event", () => (taken().size >= provider.accepted.size ? true : undefined), {
    deadlineMs: DEADLINE_MS,
    group: relay.group,
  });
  expect(provider.refused).toEqual([]);
  expect(crm.arrivals.filter(({ verified }) => !verified)).toEqual([]);
  expect(taken()).toEqual(provider.accepted);
  expect(new Set(crm.arrivals.map(({ id, sha256 }) => `${id} ${sha256}`)).size).toBe(provider.accepted.size);
});

it("the secret that was removed is no longer accepted", async () => {
  expect(await post("late", secrets[INCOMING.old] ?? "")).toMatchObject({ status: 401 });
  expect(await post("late", secrets[INCOMING.new] ?? "")).toMatchObject({ status: 200 });
});
