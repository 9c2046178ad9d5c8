/**
 * The table of docs/delivery.md#judging-the-response against real connections: one event goes to as many
 * destinations as there are kinds of response, and the operator API shows how the relay judged each.
 */
import { execFileSync } from "node:child_process";
import { createPublicKey, verify } from "node:crypto";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { createServer as createTlsServer } from "node:https";
import { createServer, type AddressInfo, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { MAX_SUCCESS_ANSWER_CHARS } from "../../src/limits.ts";
import { cryptopay } from "../../tools/lib/callbacks.ts";
import { freePort } from "../../tools/lib/ports.ts";
import { waitFor } from "../../tools/lib/processes.ts";
import { startRelay, type Relay } from "../../tools/lib/relay.ts";
import { credentials, type RelayConfig, type SourceConfig } from "../../tools/lib/relay-config.ts";
import { readSecrets } from "../../tools/lib/secrets.ts";
import { send } from "../../tools/lib/send.ts";
import { Receiver, type Step } from "./support/receiver.ts";

const PROJECT = join(import.meta.dirname, "../..");
const SECRETS_FILE = join(PROJECT, ".dev.vars.example");
const secrets = readSecrets(SECRETS_FILE);
const DEADLINE_MS = 90_000;
const ASKED_SECONDS = 3;
const SEED = "VEVTVFNJR05JTkdLRVlET05PVFVTRVRISVNGT1JBTlk=";

const askedFor = (headers: () => Record<string, string>, status: number): Step => ({ status, headers });

/** Each destination's responses, attempt by attempt; the last one is repeated. */
const SCRIPTS = {
  ok: [200],
  created: [201],
  "no-content": [204],
  "reset-content": [205],
  "early-hints": ["early hints"],
  endless: [{ status: 200, body: "endless" }],
  unending: [{ status: 200, body: "unending" }],
  broken: [{ status: 200, body: "broken" }],
  bomb: [{ status: 200, body: "bomb" }],
  binary: [{ status: 500, body: Buffer.from([0x41, 0, 0xff, 0x1b, 0x42]) }, 200],
  gone: [410],
  "busy-seconds": [askedFor(() => ({ "retry-after": String(ASKED_SECONDS) }), 429), 200],
  "busy-date": [
    askedFor(() => ({ "retry-after": new Date(Date.now() + ASKED_SECONDS * 1_000).toUTCString() }), 503),
    200,
  ],
  moved: [askedFor(() => ({ location: "/elsewhere" }), 307)],
  later: [408, 425, 500, 502, 504, 200],
  refusing: [404, 401, 403, 200],
  hanging: ["hang", 200],
  reset: ["reset", 200],
} as const satisfies Record<string, readonly Step[]>;

interface Attempt {
  readonly destination: string;
  readonly attempt: number;
  readonly status: number | null;
  readonly error: string | null;
  readonly answer: string | null;
}

let receiver: Receiver;
let relay: Relay;
let folder: string;
let eventId: string;
const servers: Server[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "psp-relay-judging-"));
  // A copy: `wrangler dev` reloads when a source file is saved, and loses its queue.
  for (const part of ["src", "wrangler.toml", "package.json", "tsconfig.json"]) {
    cpSync(join(PROJECT, part), join(folder, part), { recursive: true });
  }
  symlinkSync(join(PROJECT, "node_modules"), join(folder, "node_modules"));

  receiver = await Receiver.open(SCRIPTS, secrets["CRM_SIGNING_SECRET"] ?? "");
  const deadPort = await freePort();
  const garbagePort = await listening(
    createServer((socket) => {
      socket.on("error", () => undefined);
      socket.once("data", () => socket.end("220 smtp.example ESMTP\r\n"));
    }),
  );
  const tlsPort = await selfSigned();
  relay = await startRelay({
    project: folder,
    state: join(folder, "state"),
    secretsFile: SECRETS_FILE,
    crmUrl: receiver.url("ok"),
    verifierUrl: receiver.url("verifier/"),
    vars: { ED25519_KEY: `whsk_${SEED}` },
    relay: (config) =>
      withDestinations(config, {
        refused: `http://127.0.0.1:${deadPort}/`,
        garbage: `http://127.0.0.1:${garbagePort}/`,
        "not-tls": `https://127.0.0.1:${receiver.port}/not-tls`,
        "no-such-name": "http://receiver.invalid/",
        ...(tlsPort === null ? {} : { "self-signed": `https://127.0.0.1:${tlsPort}/` }),
      }),
  });
  const told = { payment: "judging", now: new Date() };
  const who = credentials(relay.config, secrets, "cryptopay", "broker-eu");
  const reply = await send(cryptopay(who, told), relay.url);
  if (reply.outcome !== "accepted" || reply.eventId === null) throw new Error(`refused: ${reply.text}`);
  ({ eventId } = reply);
});

afterAll(async () => {
  await relay?.stop();
  await receiver?.close();
  for (const server of servers) server.close();
  rmSync(folder, { recursive: true, force: true });
});

function withDestinations(config: RelayConfig, elsewhere: Record<string, string>): RelayConfig {
  const common = { secrets: ["CRM_SIGNING_SECRET"], timeout_ms: 1_000, schedule_seconds: [1, 1, 1, 1, 1, 1] };
  const own = Object.keys(SCRIPTS).map((name) => [name, { ...common, url: receiver.url(name) }] as const);
  const other = Object.entries(elsewhere).map(
    ([name, url]) => [name, { ...common, schedule_seconds: [1], url }] as const,
  );
  const destinations = Object.fromEntries<RelayConfig["destinations"][string]>([...own, ...other]);
  const change = (name: string, to: object) => Object.assign(destinations[name] ?? {}, to);
  change("moved", { schedule_seconds: [1, 1] });
  change("ok", { signing_keys: [{ id: "2026-10", name: "ED25519_KEY" }], headers: { "x-tenant": "a" } });
  change("created", { cloud_events: true });
  // Its body alone decides when the attempt is over.
  change("unending", { timeout_ms: 60_000 });
  // Every account names them, as it has to where there is more than one.
  const names = Object.keys(destinations);
  for (const account of Object.values(config.sources).flatMap(Object.values<SourceConfig>))
    account.destinations = names;
  return { ...config, destinations };
}

async function listening(server: Server): Promise<number> {
  servers.push(server);
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  return (server.address() as AddressInfo).port;
}

/** An https server with a self-signed certificate; null where there is no openssl to make one. */
async function selfSigned(): Promise<number | null> {
  const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
  const make = `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost`;
  const names = "subjectAltName=DNS:localhost,IP:127.0.0.1";
  const leaf = "basicConstraints=critical,CA:FALSE";
  try {
    execFileSync(
      "openssl",
      [...make.split(" "), "-addext", names, "-addext", leaf, "-keyout", key, "-out", cert],
      { stdio: "ignore" },
    );
  } catch {
    return null;
  }
  const options = { key: readFileSync(key), cert: readFileSync(cert) };
  return await listening(createTlsServer(options, (_, response) => response.end("ok")));
}

// ---- what the API shows ----------------------------------------------------------------------------------

async function api(path: string): Promise<unknown> {
  const headers = { authorization: `Bearer ${secrets["ADMIN_TOKEN"]}` };
  const response = await fetch(`${relay.url}/api${path}`, { headers });
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return await response.json();
}

interface Detail {
  readonly deliveries: readonly { readonly destination: string; readonly state: string }[];
  readonly attempts: readonly Attempt[];
}

/** The destination's attempts once its delivery is in that state. */
async function attemptsWhen(destination: string, state: string): Promise<readonly Attempt[]> {
  return await waitFor(
    `${destination} to be ${state}`,
    async () => {
      const { deliveries, attempts } = (await api(`/events/${eventId}`)) as Detail;
      const delivery = deliveries.find((one) => one.destination === destination);
      if (delivery?.state !== state) return undefined;
      return attempts
        .filter((one) => one.destination === destination)
        .toSorted((a, b) => a.attempt - b.attempt);
    },
    { deadlineMs: DEADLINE_MS, group: relay.group },
  );
}

const statuses = (attempts: readonly Attempt[]) => attempts.map(({ status, error }) => status ?? error);

// ---- the table -------------------------------------------------------------------------------------------

describe("2xx: delivered, at the first attempt", () => {
  it.each([
    ["ok", 200, "answer 200"],
    ["created", 201, "answer 201"],
    ["no-content", 204, null],
    ["reset-content", 205, null],
    ["early-hints", 200, "ok"],
  ])("%s", async (name, status, answer) => {
    const [attempt, ...others] = await attemptsWhen(name, "delivered");
    expect(attempt).toMatchObject({ attempt: 1, status, error: null });
    expect(attempt?.answer ?? "").toBe(answer ?? "");
    expect(others).toEqual([]);
    expect(receiver.arrivals(name)).toHaveLength(1);
  });

  it.each([
    ["endless", "a body without end is let go, and a line of it kept", "y".repeat(MAX_SUCCESS_ANSWER_CHARS)],
    ["unending", "a body that is never finished is not waited for", "so far"],
    ["broken", "a body that breaks off has said it all the same", "so"],
    ["bomb", "a body that unpacks to 20 MB is let go as well", "\u{FFFD}".repeat(MAX_SUCCESS_ANSWER_CHARS)],
  ])("%s: %s", async (name, _, answer) => {
    const attempts = await attemptsWhen(name, "delivered");
    expect(statuses(attempts)).toEqual([200]);
    expect(attempts[0]?.answer).toBe(answer);
    await waitFor("its connection to be let go", () => receiver.wasLetGo(name) || undefined, {
      deadlineMs: DEADLINE_MS,
    });
  });
});

describe("failures are tried again by the schedule", () => {
  it("408, 425, 500, 502, 504", async () => {
    expect(statuses(await attemptsWhen("later", "delivered"))).toEqual([408, 425, 500, 502, 504, 200]);
  });

  it("other 4xx as well: a CRM under deployment responds 404 and 401", async () => {
    expect(statuses(await attemptsWhen("refusing", "delivered"))).toEqual([404, 401, 403, 200]);
  });

  it("no response in time", async () => {
    expect(statuses(await attemptsWhen("hanging", "delivered"))).toEqual(["timeout", 200]);
  });

  it("a connection that is reset", async () => {
    expect(statuses(await attemptsWhen("reset", "delivered"))).toEqual(["connection", 200]);
  });

  it("a body that is no text is kept as what can be shown of it", async () => {
    const attempts = await attemptsWhen("binary", "delivered");
    expect(attempts[0]?.answer).toBe("A\u{FFFD}\u{FFFD}\u{FFFD}B");
  });

  it.each([
    ["refused", ["connection"]],
    ["garbage", ["connection"]],
    ["not-tls", ["dns_or_tls"]],
    // A resolver without a network may be slow.
    ["no-such-name", ["dns_or_tls", "timeout"]],
  ])("no receiver: %s is %s", async (name, classes) => {
    const attempts = await attemptsWhen(name, "dead");
    expect(attempts).toHaveLength(2);
    for (const { status, error } of attempts) expect([null, ...classes]).toContain(status ?? error);
  });

  it("a self-signed certificate is not accepted", async (context) => {
    if (!relay.config.destinations["self-signed"]) context.skip("there is no openssl to make a certificate");
    expect(statuses(await attemptsWhen("self-signed", "dead"))).toEqual(["dns_or_tls", "dns_or_tls"]);
  });

  it("a redirect is not followed, and with the schedule at its end the event is dead", async () => {
    expect(statuses(await attemptsWhen("moved", "dead"))).toEqual([307, 307, 307]);
    expect(receiver.arrivals("elsewhere")).toEqual([]);
  });
});

describe("429 and 503 are waited for as long as they ask", () => {
  it.each([
    ["busy-seconds", 429, ASKED_SECONDS * 1_000],
    // A date has whole seconds, and was written a moment before it was read.
    ["busy-date", 503, (ASKED_SECONDS - 1) * 1_000],
  ])("%s", async (name, status, ms) => {
    expect(statuses(await attemptsWhen(name, "delivered"))).toEqual([status, 200]);
    const [first, second] = receiver.arrivals(name).map(({ atMs }) => atMs);
    expect((second ?? 0) - (first ?? 0)).toBeGreaterThanOrEqual(ms);
  });
});

it("410 pauses the destination and keeps the event", async () => {
  const attempts = await attemptsWhen("gone", "parked");
  expect(statuses(attempts)).toEqual([410]);
  const { destinations } = (await api("/destinations")) as {
    destinations: { name: string; paused: string | null; parked: number }[];
  };
  expect(destinations.find(({ name }) => name === "gone")).toMatchObject({ paused: "gone", parked: 1 });
  expect(destinations.find(({ name }) => name === "ok")).toMatchObject({ paused: null });
});

// ---- what arrives ------------------------------------------------------------------------------------------

describe("every attempt", () => {
  it("has the same id and bytes, a number and a fresh signature of its own", async () => {
    await attemptsWhen("later", "delivered");
    const arrivals = receiver.arrivals("later");
    expect(arrivals.map(({ verified }) => verified)).toEqual(Array(6).fill(true));
    expect(arrivals.map(({ headers }) => headers["relay-attempt"])).toEqual(["1", "2", "3", "4", "5", "6"]);
    expect(new Set(arrivals.map(({ body }) => body)).size).toBe(1);
    expect(new Set(arrivals.map(({ headers }) => headers["webhook-id"]))).toEqual(new Set([eventId]));
    expect(new Set(arrivals.map(({ headers }) => headers["webhook-timestamp"])).size).toBeGreaterThan(1);
  });

  it("can be verified with the published Ed25519 key", async () => {
    await attemptsWhen("ok", "delivered");
    const [arrived] = receiver.arrivals("ok");
    if (!arrived) throw new Error("nothing arrived");
    const { headers, body } = arrived;
    const response = await fetch(`${relay.url}/.well-known/jwks.json`);
    const { keys } = (await response.json()) as { keys: Record<string, string>[] };
    expect(keys.map(({ kid }) => kid)).toEqual(["2026-10"]);
    const key = createPublicKey({ key: { ...keys[0] }, format: "jwk" });
    const [, signature = ""] = /(?:^| )v1a,(\S+)/.exec(headers["webhook-signature"] ?? "") ?? [];
    const signed = (text: string) =>
      Buffer.from(`${headers["webhook-id"]}.${headers["webhook-timestamp"]}.${text}`);
    expect(verify(null, signed(body), key, Buffer.from(signature, "base64"))).toBe(true);
    expect(verify(null, signed(`${body} `), key, Buffer.from(signature, "base64"))).toBe(false);
    expect(headers["x-tenant"]).toBe("a");
  });

  it("has CloudEvents headers where they are asked for", async () => {
    await attemptsWhen("created", "delivered");
    const headers = receiver.arrivals("created")[0]?.headers;
    expect(headers).toMatchObject({
      "ce-id": eventId,
      "ce-specversion": "1.0",
      "ce-type": "payment.confirmed",
    });
  });
});
