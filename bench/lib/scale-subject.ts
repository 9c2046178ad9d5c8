/** One shard with so many events in it, running, with its statements counted. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { PURGE_STEP_EVENTS } from "../../src/limits.ts";
import { build } from "../../tools/lib/build.ts";
import { cryptopay, type CryptopayCredentials } from "../../tools/lib/callbacks.ts";
import { Host } from "../../tools/lib/chaos/host.ts";
import { freePort } from "../../tools/lib/ports.ts";
import { credentials, pointAt, readRelayConfig } from "../../tools/lib/relay-config.ts";
import { readSecrets, type Secrets } from "../../tools/lib/secrets.ts";
import { type Answer, Client } from "./client.ts";
import { type BenchCrm, startBenchCrm } from "./crm.ts";
import { bytesOf, databaseOf, fill, postponeAlarm, type Id } from "./fill.ts";
import { ACCOUNT } from "./subjects.ts";

export interface Size {
  readonly delivered: number;
  readonly owed: number;
}

export interface ScaleSurroundings {
  readonly project: string;
  readonly scratch: string;
  /** The bundle that would be deployed, which makes the templates. */
  readonly relayBundle: string;
  /** The same with counted statements (bench/scale/index.ts), and the folder of its wrangler.toml. */
  readonly countingBundle: string;
  readonly countingFolder: string;
  readonly secrets: Secrets;
  readonly crm: BenchCrm;
  readonly who: CryptopayCredentials;
}

/** Builds both bundles, for as long as `run` takes. */
export async function inSurroundings(
  project: string,
  run: (around: ScaleSurroundings) => Promise<void>,
): Promise<void> {
  const scratch = mkdtempSync(join(tmpdir(), "psp-relay-scale-"));
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
    await run(around);
  } finally {
    await crm.close();
    rmSync(scratch, { recursive: true, force: true });
  }
}

export interface Filled {
  readonly host: Host;
  /** The shard's database. */
  readonly file: string;
  readonly events: number;
  readonly bytes: number;
  /** The template that is owed: `copiedId` of these with a number from `owedFrom` names a copy. */
  readonly owedIds: readonly Id[];
  readonly owedFrom: number;
}

/** The only one. */
export const SHARD = "1/0";
const DAY_MS = 86_400_000;
/** So many events have outlived the default retention: one step of the purge. */
const OUTLIVED_EVENTS = PURGE_STEP_EVENTS;
const OUTLIVED_AGE_MS = 100 * DAY_MS;
const RETAINED_MS = 80 * DAY_MS;
/** An outage of an hour or so. */
const OWED_MS = DAY_MS / 24;
/** Far above what the relay itself has numbered while the templates were made. */
const FIRST_COPY = 1_000;
const ATTEMPT_DEADLINE_MS = 20_000;

/**
 * wrangler.toml for the counting bundle: another entry, and no consumers: what the alarm hands over goes
 * nowhere, so that what is owed stays owed while it is measured.
 */
export function countingToml(project: string): string {
  const toml = readFileSync(join(project, "wrangler.toml"), "utf8");
  const entry = JSON.stringify(join(project, "bench/scale/index.ts"));
  return toml
    .replace(/^main = .*$/m, `main = ${entry}`)
    .split(/^(?=\[)/m)
    .filter((table) => !table.startsWith("[[queues.consumers]]"))
    .join("");
}

export async function startFilled(around: ScaleSurroundings, size: Size): Promise<Filled> {
  const scratch = mkdtempSync(join(around.scratch, "scale-"));
  const state = join(scratch, "state");
  mkdirSync(state);
  const { project, secrets, crm } = around;
  const relay = pointAt(readRelayConfig(project), { crmUrl: crm.url, verifierUrl: "http://127.0.0.1:9/" });
  relay["inbox_shards"] = 1;
  const options = {
    state,
    port: await freePort(),
    bindings: { ...secrets, RELAY: JSON.stringify(relay) },
  };
  const templates = await makeTemplates(
    new Host({ ...options, project, bundle: around.relayBundle }, scratch),
    around,
  );
  const file = databaseOf(state);
  const owedFrom = FIRST_COPY + size.delivered;
  const outlived = Math.min(OUTLIVED_EVENTS, size.delivered);
  const events = fill(file, [
    {
      of: templates.delivered,
      from: FIRST_COPY,
      count: outlived,
      spreadMs: DAY_MS,
      leastMs: OUTLIVED_AGE_MS,
    },
    {
      of: templates.delivered,
      from: FIRST_COPY + outlived,
      count: size.delivered - outlived,
      spreadMs: RETAINED_MS,
    },
    { of: templates.owed, from: owedFrom, count: size.owed, spreadMs: OWED_MS },
  ]);
  postponeAlarm(file);
  const host = new Host(
    { ...options, project: around.countingFolder, bundle: around.countingBundle },
    scratch,
  );
  await host.spawn();
  await host.ready();
  await orderObject(host.url, "state", { shard: SHARD });
  // What is measured is another life, whose memory is made up from what is written.
  await beginLife(host, file);
  return { host, file, events, bytes: bytesOf(file), owedIds: templates.owed, owedFrom };
}

/** A new life of the object, in which no alarm comes by itself before anything is measured. */
export async function beginLife(host: Host, file: string): Promise<void> {
  await host.stop();
  postponeAlarm(file);
  await host.spawn();
  await host.ready();
}

/** One event delivered, and one whose first attempt has failed. */
async function makeTemplates(
  host: Host,
  around: ScaleSurroundings,
): Promise<{ delivered: Id[]; owed: Id[] }> {
  await host.spawn();
  await host.ready();
  const { crm } = around;
  const client = new Client(host.url, 1);
  try {
    crm.forget();
    crm.setUp(true);
    const delivered = await accept(client, host.url, around, "template-delivered");
    if (!(await crm.until(1, ATTEMPT_DEADLINE_MS))) throw new Error("the template was not delivered");
    await settled();
    crm.setUp(false);
    const owed = await accept(client, host.url, around, "template-owed");
    await settled();
    return { delivered, owed };
  } finally {
    crm.setUp(true);
    client.close();
    await host.stop();
  }
}

/** The consumer writes down how an attempt went after the CRM has answered. */
const SETTLED_MS = 1_500;
const settled = async () => await delay(SETTLED_MS);

async function accept(
  client: Client,
  url: string,
  { who, secrets }: ScaleSurroundings,
  payment: string,
): Promise<Id[]> {
  const callback = cryptopay(who, { payment, now: new Date() });
  const answer: Answer = await client.send(callback);
  if (answer.eventId === null) throw new Error(`the template was not taken: ${answer.status}`);
  const seen = (await ask(url, secrets, `events/${answer.eventId}`)) as { payment_id: string };
  const told = JSON.parse(callback.body) as { id: string; data: { object: { id: string } } };
  return [
    { text: answer.eventId, prefix: "evt_" },
    { text: seen.payment_id, prefix: "pay_" },
    { text: told.id, prefix: "evt_" },
    { text: told.data.object.id, prefix: "pi_" },
  ];
}

/** An order to the object that has no address in a deployed relay (bench/scale/index.ts). */
export async function orderObject(url: string, order: string, body: object): Promise<void> {
  const answer = await fetch(`${url}/scale/${order}`, { method: "POST", body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`/scale/${order}: ${answer.status} ${await answer.text()}`);
}

/** A question to the operator API. */
export async function ask(url: string, secrets: Secrets, path: string): Promise<unknown> {
  const headers = { authorization: `Bearer ${secrets["ADMIN_TOKEN"] ?? ""}` };
  const answer = await fetch(`${url}/api/${path}`, { headers });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`GET ${path}: ${answer.status} ${text.slice(0, 200)}`);
  return JSON.parse(text) as unknown;
}

function writeCountingFolder(folder: string, project: string): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "wrangler.toml"), countingToml(project));
}
