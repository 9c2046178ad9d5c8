/** What is measured: the relay and its peers, each a process group with its state on disk. */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { BullmqOptions } from "../peers/bullmq/server.ts";
import { Host } from "../../tools/lib/chaos/host.ts";
import { freePort } from "../../tools/lib/ports.ts";
import { spawnGroup, waitForHttp } from "../../tools/lib/processes.ts";
import { pointAt, readRelayConfig, type RelayConfig } from "../../tools/lib/relay-config.ts";
import type { Secrets } from "../../tools/lib/secrets.ts";
import { cpuMicrosOf } from "./proc.ts";

export type SubjectName = "relay" | "accept floor" | "pipeline floor" | "BullMQ";

export interface Subject {
  readonly name: SubjectName;
  readonly url: string;
  /** CPU time of all its processes so far, in µs. */
  cpuMicros(): number;
  /** Keeps what comes in, and delivers nothing. */
  hold(): Promise<void>;
  release(): Promise<void>;
  stop(): Promise<void>;
}

/** Where things are, and whom all subjects serve. */
export interface Surroundings {
  readonly project: string;
  readonly scratch: string;
  readonly relayBundle: string;
  readonly floorBundle: string;
  readonly secrets: Secrets;
  readonly crmUrl: string;
  /** null: there is none, and no BullMQ either. */
  readonly redisServer: string | null;
  /** Changes the relay's configuration. */
  readonly adjust?: (relay: RelayConfig) => void;
}

/** The relay and the floors alike: the number of objects decides how many commits share the disk. */
const SHARDS = 8;
export const DESTINATION = "crm";
export const ACCOUNT = "broker-eu";
const START_DEADLINE_MS = 60_000;
/** Nothing listens there: no workload has callbacks with a token to verify. */
const NO_VERIFIER = "http://127.0.0.1:9/";

/** What a workload changes in the destination's configuration. */
export type DestinationOverrides = Readonly<Record<string, number>>;

export async function startSubject(
  name: SubjectName,
  around: Surroundings,
  overrides: DestinationOverrides = {},
  inspectorPort?: number,
): Promise<Subject> {
  const scratch = mkdtempSync(join(around.scratch, "subject-"));
  const state = join(scratch, "state");
  mkdirSync(state);
  switch (name) {
    case "relay":
      return await startRelay(around, scratch, state, overrides, inspectorPort);
    case "accept floor":
      return await startFloor(name, around, scratch, state, "");
    case "pipeline floor":
      return await startFloor(name, around, scratch, state, around.crmUrl);
    case "BullMQ":
      return await startBullmq(around, scratch, state);
  }
}

async function startRelay(
  { project, relayBundle, secrets, crmUrl, adjust }: Surroundings,
  scratch: string,
  state: string,
  overrides: DestinationOverrides,
  inspectorPort: number | undefined,
): Promise<Subject> {
  const relay = pointAt(readRelayConfig(project), { crmUrl, verifierUrl: NO_VERIFIER });
  relay["inbox_shards"] = SHARDS;
  // As production has it: no line for what went as it should.
  relay["log"] = "problems";
  Object.assign(relay.destinations[DESTINATION] ?? {}, overrides);
  adjust?.(relay);
  const bindings = { ...secrets, RELAY: JSON.stringify(relay) };
  const port = await freePort();
  const host = new Host(
    {
      project,
      bundle: relayBundle,
      state,
      port,
      bindings,
      ...(inspectorPort === undefined ? {} : { inspectorPort }),
    },
    scratch,
  );
  await host.spawn();
  await host.ready();
  return {
    ...ofHost("relay", host),
    hold: async () => await order(host.url, secrets, `destinations/${DESTINATION}/pause`, { why: "bench" }),
    release: async () => await order(host.url, secrets, `destinations/${DESTINATION}/resume`),
  };
}

async function startFloor(
  name: SubjectName,
  { floorBundle, project, secrets }: Surroundings,
  scratch: string,
  state: string,
  crmUrl: string,
): Promise<Subject> {
  const secret = secrets["CRYPTOPAY_SECRET"] ?? "";
  const bindings = { SECRET: secret, SHARDS: String(SHARDS), CRM_URL: crmUrl };
  const port = await freePort();
  const folder = join(project, "bench/peers/floor");
  const host = new Host({ project: folder, bundle: floorBundle, state, port, bindings }, scratch);
  await host.spawn();
  await host.ready();
  return { ...ofHost(name, host), hold: async () => {}, release: async () => {} };
}

function ofHost(name: SubjectName, host: Host) {
  return {
    name,
    url: host.url,
    cpuMicros: () => cpuMicrosOf(host.group),
    stop: async () => await host.stop(),
  };
}

async function startBullmq(around: Surroundings, scratch: string, state: string): Promise<Subject> {
  if (around.redisServer === null) throw new Error("there is no redis-server");
  const options: BullmqOptions = {
    port: await freePort(),
    redisPort: await freePort(),
    redisServer: around.redisServer,
    state,
    secret: around.secrets["CRYPTOPAY_SECRET"] ?? "",
    crmUrl: around.crmUrl,
  };
  const file = join(scratch, "options.json");
  writeFileSync(file, JSON.stringify(options));
  const server = join(around.project, "bench/peers/bullmq/server.ts");
  const group = await spawnGroup("BullMQ", process.execPath, [server, file]);
  const url = `http://127.0.0.1:${options.port}`;
  await waitForHttp(`${url}/healthz`, { deadlineMs: START_DEADLINE_MS, group });
  return {
    name: "BullMQ",
    url,
    cpuMicros: () => cpuMicrosOf(group.pid),
    hold: async () => await post(`${url}/pause`),
    release: async () => await post(`${url}/resume`),
    stop: async () => await group.stop(),
  };
}

/** An order to the relay's operator API. */
export async function order(url: string, secrets: Secrets, path: string, body: object = {}): Promise<void> {
  await post(`${url}/api/${path}`, { authorization: `Bearer ${secrets["ADMIN_TOKEN"] ?? ""}` }, body);
}

async function post(url: string, headers: Record<string, string> = {}, body?: object): Promise<void> {
  const answer = await fetch(url, {
    method: "POST",
    headers: { ...headers, "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (!answer.ok) throw new Error(`POST ${url}: ${answer.status} ${await answer.text()}`);
}

/** The redis-server of this machine, or why there is none. */
export function findRedis(): { readonly path: string } | { readonly missing: string } {
  const path = "redis-server";
  try {
    execFileSync(path, ["--version"], { stdio: "ignore" });
    return { path };
  } catch {
    return { missing: "no redis-server on this machine (Debian: apt-get install redis-server)" };
  }
}
