/**
 * A whole system for a test: the relay under `wrangler dev` with its own state, a CRM and a token verifier,
 * and a schedule compressed to seconds. CRM and relay can be stopped and started again.
 */
import { cpSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Callback, type Credentials } from "../../../tools/lib/callbacks.ts";
import { type Crm, startCrm } from "../../../tools/lib/crm-server.ts";
import type { Received } from "../../../tools/lib/ledger.ts";
import { waitFor } from "../../../tools/lib/processes.ts";
import { freePort } from "../../../tools/lib/ports.ts";
import { type Relay, startRelay } from "../../../tools/lib/relay.ts";
import { credentials, type RelayConfig } from "../../../tools/lib/relay-config.ts";
import { readSecrets, type Secrets } from "../../../tools/lib/secrets.ts";
import { type Reply, send } from "../../../tools/lib/send.ts";
import { startVerifier, type Verifier } from "../../../tools/lib/verifier-server.ts";

/** Ten times what anything here takes on an idle machine. */
const DEADLINE_MS = 90_000;
const RETRIES = 40;
const PROJECT = join(import.meta.dirname, "../../..");
const SECRETS_FILE = join(PROJECT, ".dev.vars.example");

export const ACCOUNT = "broker-eu";
/** An iqpay account whose provider sends GET. */
export const GET_ACCOUNT = "broker-get";

export interface Ledger {
  readonly sources: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly destinations: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly remainder: Readonly<Record<string, number>>;
}

interface Said {
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

/** One structured line of the relay's own log. */
export type LogLine = { readonly what: string } & Readonly<Record<string, unknown>>;

/** `wrangler dev` reloads when a source file is saved: the relay of a test runs from a copy. */
function copyProject(to: string): string {
  for (const part of ["src", "wrangler.toml", "package.json", "tsconfig.json"]) {
    cpSync(join(PROJECT, part), join(to, part), { recursive: true });
  }
  symlinkSync(join(PROJECT, "node_modules"), join(to, "node_modules"));
  return to;
}

function compressed(config: RelayConfig): RelayConfig {
  const crm = config.destinations["crm"];
  const deposit = config.sources["iqpay"]?.[ACCOUNT]?.kinds?.["deposit"];
  if (crm === undefined || deposit === undefined) throw new Error("wrangler.toml has changed: look here");
  crm["schedule_seconds"] = [0.5, ...Array.from({ length: RETRIES }, () => 1)];
  config["handover_lease_ms"] = 1_500;
  const iqpay = config.sources["iqpay"] ?? {};
  iqpay[GET_ACCOUNT] = { ...iqpay[ACCOUNT], kinds: { deposit: { ...deposit, method: "GET" } } };
  return config;
}

export class System {
  readonly secrets: Secrets;
  readonly who: Credentials;
  readonly verifier: Verifier;
  /** All output of the relay and wrangler, over all restarts. */
  readonly output: string[];
  readonly #said: Said[] = [];
  readonly #accepted = new Set<string>();
  relay: Relay;
  crm: Crm;
  /** The copy of the project and, in it, the relay's state. */
  readonly #folder: string;
  readonly #port: number;

  private constructor(
    made: Pick<System, "secrets" | "verifier" | "output" | "relay" | "crm">,
    folder: string,
  ) {
    this.secrets = made.secrets;
    this.verifier = made.verifier;
    this.output = made.output;
    this.relay = made.relay;
    this.crm = made.crm;
    this.#folder = folder;
    this.#port = Number(new URL(made.relay.url).port);
    const as = <P extends keyof Credentials>(provider: P) =>
      credentials(made.relay.config, made.secrets, provider, ACCOUNT);
    this.who = {
      ipay: as("ipay"),
      cryptopay: as("cryptopay"),
      iqpay: as("iqpay"),
      tokenpayments: as("tokenpayments"),
    };
  }

  static async open(): Promise<System> {
    const folder = copyProject(mkdtempSync(join(tmpdir(), "psp-relay-e2e-")));
    const secrets = readSecrets(SECRETS_FILE);
    const output: string[] = [];
    const verifier = await startVerifier();
    const crm = await startCrm({ secrets: signing(secrets) });
    const relay = await start({ port: await freePort(), folder, crm, verifier, output });
    return new System({ secrets, verifier, output, relay, crm }, folder);
  }

  async close(): Promise<void> {
    await this.relay.stop();
    await this.crm.close();
    await this.verifier.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  // ---- outages ---------------------------------------------------------------------------------------

  stopCrm(): Promise<void> {
    return this.crm.close();
  }

  /** At the same address, with an empty ledger. */
  async startCrm(): Promise<void> {
    this.crm = await startCrm({ port: this.crm.port, secrets: signing(this.secrets) });
  }

  /** As in a power cut: wrangler and every workerd at once. */
  killRelay(): Promise<void> {
    return this.relay.kill9();
  }

  /** On the state that the last process left. */
  async startRelay(): Promise<void> {
    const { crm, verifier, output } = this;
    this.relay = await start({ port: this.#port, folder: this.#folder, crm, verifier, output });
  }

  // ---- callbacks -------------------------------------------------------------------------------------

  async send(callback: Callback): Promise<Reply> {
    this.heard(callback);
    const reply = await send(callback, this.relay.url);
    if (reply.outcome === "accepted" && reply.eventId !== null) this.#accepted.add(reply.eventId);
    return reply;
  }

  /** Records what was sent by other means: no line of the log may repeat it. */
  heard(said: Said): void {
    this.#said.push(said);
  }

  /** The events reported as `accepted`. */
  accepted(): string[] {
    return [...this.#accepted];
  }

  /** Sends what must be accepted; returns the event's id. */
  async sendAccepted(callback: Callback): Promise<string> {
    const { status, outcome, eventId, text } = await this.send(callback);
    if (status === 200 && outcome === "accepted" && eventId !== null) return eventId;
    throw new Error(`${callback.path} should be accepted, got ${status} ${outcome} ${text}`);
  }

  // ---- what came of them -----------------------------------------------------------------------------

  waitUntil<T>(what: string, look: () => Promise<T | undefined> | T | undefined): Promise<T> {
    return waitFor(what, look, { deadlineMs: DEADLINE_MS, group: this.relay.group });
  }

  arrival(id: string): Promise<Received> {
    return this.waitUntil(`${id} at the CRM`, () => this.crm.received().find((event) => event.id === id));
  }

  async arrivals(ids: readonly string[]): Promise<Received[]> {
    return await Promise.all(ids.map((id) => this.arrival(id)));
  }

  /** The relay's own lines: wrangler's, among them its access log, are not JSON. */
  lines(what: string): LogLine[] {
    return this.output.flatMap((line) => logLine(line) ?? []).filter((line) => line.what === what);
  }

  /** A question to the operator API: `ledger`. */
  async ask<T>(path: string): Promise<T> {
    const headers = { authorization: `Bearer ${this.secrets["ADMIN_TOKEN"]}` };
    const response = await fetch(`${this.relay.url}/api/${path}`, { headers });
    return (await response.json()) as T;
  }

  ledger(): Promise<Ledger> {
    return this.ask("ledger");
  }

  /** Whatever at the CRM is not what was accepted: verified, once, in order, and nothing else. */
  mistakes(accepted: Iterable<string>): string[] {
    const events = this.crm.received();
    const wanted = new Set(accepted);
    const arrived = new Set(events.map(({ id }) => id));
    return [
      ...this.crm.refused().map(({ id, why }) => `${id} was not verified: ${why}`),
      ...events.flatMap(({ id, flags }) => flags.map((flag) => `${id} ${flag}`)),
      ...events
        .filter((event) => event.arrivals > 1)
        .map(({ id, arrivals }) => `${id} came ${arrivals} times`),
      ...[...arrived].filter((id) => !wanted.has(id)).map((id) => `${id} was never accepted`),
      ...[...wanted].filter((id) => !arrived.has(id)).map((id) => `${id} did not arrive`),
    ];
  }

  /**
   * Lines of the log with a secret, a token, a path secret or a part of a body in them. Not looked at:
   * wrangler's own access lines, which print the path and are no part of the relay.
   */
  leaks(): string[] {
    const lines = this.output.filter((line) => !line.includes("[wrangler:info]"));
    const words = [...new Set(this.#unspeakable())];
    return lines.flatMap((line) => {
      const word = words.find((unspeakable) => line.includes(unspeakable));
      return word === undefined ? [] : [`${word} in ${line}`];
    });
  }

  /** Every value that is held secret or that came in and is long enough to be told from an ordinary word. */
  *#unspeakable(): Generator<string> {
    yield* Object.values(this.secrets);
    for (const { path, headers = {}, body = "" } of this.#said) {
      for (const [name, value] of Object.entries(headers)) {
        if (name === "authorization" || name.includes("signature")) yield value;
      }
      const [, query = ""] = path.split("?");
      for (const value of [...valuesIn(String(body)), ...valuesIn(query)]) {
        if (value.length >= TELLING_CHARS && !/^\d+$/.test(value)) yield value;
      }
    }
  }
}

/** Shorter values, and whole numbers, occur in any log by chance. */
const TELLING_CHARS = 8;

/** The values of a JSON document or a form, as they stand there. */
function valuesIn(text: string): string[] {
  if (!text.startsWith("{")) return text.split("&").map((pair) => pair.slice(pair.indexOf("=") + 1));
  return [...text.matchAll(/:\s*(?:"([^"]*)"|([-\d.]+))/g)].map(
    ([, string, number]) => string ?? number ?? "",
  );
}

interface Starting {
  readonly port: number;
  readonly folder: string;
  readonly crm: Crm;
  readonly verifier: Verifier;
  readonly output: string[];
}

function start({ port, folder, crm, verifier, output }: Starting): Promise<Relay> {
  return startRelay({
    port,
    project: folder,
    state: join(folder, "state"),
    crmUrl: crm.url,
    verifierUrl: verifier.url,
    secretsFile: SECRETS_FILE,
    relay: compressed,
    logLevel: "log",
    onLine: (line) => output.push(line),
  });
}

function signing(secrets: Secrets): string[] {
  return [secrets["CRM_SIGNING_SECRET"] ?? ""];
}

function logLine(line: string): LogLine | null {
  const from = line.indexOf(`{"what":`);
  if (from < 0) return null;
  try {
    return JSON.parse(line.slice(from, line.lastIndexOf("}") + 1)) as LogLine;
  } catch {
    return null;
  }
}
