/**
 * A real relay on this machine: `wrangler dev` with its own state, pointed at local stand-ins.
 *
 * Used by the demo and by the tests that kill and restart it. Nothing is written but the state
 * directory, and nothing is asked of the network: telemetry, update checks and the sample of
 * request metadata are off.
 */
import { mkdirSync } from "node:fs";
import { resolve } from "node:path";
import { freePort } from "./ports.ts";
import { type Group, spawnGroup, waitForHttp } from "./processes.ts";
import { pointAt, readRelayConfig, type RelayConfig } from "./relay-config.ts";
import { readSecrets, secretsFile } from "./secrets.ts";
import { wranglerEnvironment } from "./wrangler-env.ts";

/** The first start bundles and opens two runtimes; a busy machine with one core needs this. */
const START_DEADLINE_MS = 60_000;

export interface RelayOptions {
  /** Default: a free one. */
  readonly port?: number;
  /** Directory of the relay's state. With the same directory the relay is restarted, not new. */
  readonly state: string;
  readonly crmUrl: string;
  readonly verifierUrl: string;
  /** Where wrangler.toml is. Default: this project. */
  readonly project?: string;
  /** Default: `.dev.vars`, else `.dev.vars.example`. */
  readonly secretsFile?: string;
  /** Further variables of the Worker, as text. */
  readonly vars?: Readonly<Record<string, string>>;
  /** A last change to the configuration. */
  readonly relay?: (config: RelayConfig) => RelayConfig;
  readonly logLevel?: "debug" | "info" | "log" | "warn" | "error" | "none";
  /** What is waited for: `GET /healthz` says ok, or only the port (for a configuration that is wrong). */
  readonly ready?: "healthy" | "listening";
  readonly onLine?: (line: string) => void;
  /** Called with the processes as soon as they exist, also if the relay then never becomes healthy. */
  readonly onSpawn?: (group: Group) => void;
  readonly deadlineMs?: number;
}

export interface Relay {
  readonly url: string;
  /** The process group: wrangler and its workerd children. */
  readonly pid: number;
  readonly group: Group;
  readonly config: RelayConfig;
  log(): readonly string[];
  /** SIGTERM, then SIGKILL after a grace. */
  stop(): Promise<void>;
  /** SIGKILL to wrangler and every workerd at once, as in a power cut. */
  kill9(): Promise<void>;
}

export async function startRelay(options: RelayOptions): Promise<Relay> {
  const project = options.project ?? resolve(import.meta.dirname, "../..");
  const secrets = options.secretsFile ?? secretsFile(project);
  const state = resolve(options.state);
  const port = options.port ?? (await freePort());
  mkdirSync(state, { recursive: true });

  const local = pointAt(readRelayConfig(project, readSecrets(secrets)), options);
  const config = options.relay?.(local) ?? local;
  const vars = { ...options.vars, RELAY: JSON.stringify(config) };
  const group = await spawnGroup(
    "wrangler dev",
    process.execPath,
    [
      resolve(import.meta.dirname, "../../node_modules/wrangler/bin/wrangler.js"),
      "dev",
      `--port=${port}`,
      "--ip=127.0.0.1",
      "--inspector-port=0",
      `--persist-to=${state}`,
      `--env-file=${resolve(secrets)}`,
      "--show-interactive-dev-session=false",
      `--log-level=${options.logLevel ?? "log"}`,
      ...Object.entries(vars).map(([name, value]) => `--var=${name}:${value}`),
    ],
    {
      cwd: project,
      env: wranglerEnvironment(state),
      ...(options.onLine === undefined ? {} : { onLine: options.onLine }),
    },
  );
  options.onSpawn?.(group);

  const url = `http://127.0.0.1:${port}`;
  try {
    const wait = { deadlineMs: options.deadlineMs ?? START_DEADLINE_MS, group };
    if (options.ready === "listening") await waitForHttp(url, wait, () => true);
    else await waitForHttp(`${url}/healthz`, wait, healthy);
  } catch (error) {
    await group.stop();
    throw error;
  }
  return {
    url,
    pid: group.pid,
    group,
    config,
    log: () => group.lines(),
    stop: () => group.stop(),
    kill9: () => group.kill9(),
  };
}

/** A wrong configuration stays wrong: waiting for the deadline would not help. */
function healthy(status: number, text: string): boolean {
  if (/"(degraded|misconfigured)"/.test(text)) throw new Error("the configuration of the relay has problems");
  return status === 200;
}
