/**
 * A sample CRM: what a merchant has to do with the relay's requests, and a CRM to fail on purpose.
 *
 * Verifies every POST with a Standard Webhooks library over the raw body, books each event once
 * (ledger.ts) and responds 200 to repeats. For programs: `GET /received` (everything that came),
 * `GET /healthz`, `POST /_fail?mode=503&for=10s` (`mode=none` ends it). Keeps everything in memory, listens on loopback only.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Webhook } from "standardwebhooks";
import { type Arrival, Ledger, type PaymentEvent, type Received } from "./ledger.ts";
import { parseDurationMs } from "./text.ts";

export const FAILURES = ["500", "503", "429", "410", "redirect", "timeout", "slow", "reset"] as const;
/** `timeout` never responds, `slow` responds after 5 s, `reset` drops the connection. */
export type Failure = (typeof FAILURES)[number];

export function isFailure(text: string): text is Failure {
  return (FAILURES as readonly string[]).includes(text);
}

const SLOW_MS = 5_000;
/** Events are under 20 KB; a CRM should bound what it reads. */
const MAX_BODY_BYTES = 1_048_576;
/** How many requests that failed verification are kept for `GET /received`. */
const KEPT_REFUSED = 1_000;

export interface Refused {
  readonly id: string | null;
  readonly verified: false;
  readonly why: string;
  readonly firstAt: string;
}

/** What happened to one request, for printing. */
export type Happening =
  | {
      readonly kind: "event";
      readonly received: Received;
      readonly first: boolean;
      readonly arrival: Arrival;
    }
  | { readonly kind: "refused"; readonly refused: Refused }
  | {
      readonly kind: "failed";
      readonly event: PaymentEvent;
      readonly mode: Failure;
      readonly attempt: string | null;
      readonly at: string;
    };

/** An attempt that was verified, before it is booked. */
export interface CrmAttempt {
  readonly id: string;
  /** The relay's own count (`relay-attempt`). */
  readonly attempt: string | null;
  readonly response: ServerResponse;
}

export interface CrmOptions {
  /** 0 or absent: a free one. */
  readonly port?: number;
  /** Any one of them may sign. */
  readonly secrets: readonly string[];
  readonly failure?: { readonly mode: Failure; readonly forMs?: number };
  readonly onHappening?: (happening: Happening) => void;
  /** May take an attempt over: `held` is never answered, `answered` is booked and its response never ends. */
  readonly takeOver?: (attempt: CrmAttempt) => "held" | "answered" | "finished" | null;
}

export interface Crm {
  readonly port: number;
  readonly url: string;
  received(): Received[];
  refused(): Refused[];
  /** Requests that were verified and then failed on purpose. */
  failures(): number;
  setFailure(mode: Failure | null, forMs?: number): void;
  close(): Promise<void>;
}

export function startCrm(options: CrmOptions): Promise<Crm> {
  const webhooks = options.secrets.map((secret) => new Webhook(secret));
  const ledger = new Ledger();
  const refusals: Refused[] = [];
  let failed = 0;
  let failure: { mode: Failure; until: number } | null = null;

  const setFailure = (mode: Failure | null, forMs = Infinity): void => {
    failure = mode === null ? null : { mode, until: performance.now() + forMs };
  };
  if (options.failure !== undefined) setFailure(options.failure.mode, options.failure.forMs);

  /** The event if one of our secrets signed these bytes, else why not. */
  const verify = (body: string, headers: Record<string, string>): PaymentEvent | string => {
    let why = "no secret is configured";
    for (const webhook of webhooks) {
      try {
        return webhook.verify(body, headers) as PaymentEvent;
      } catch (error) {
        why = (error as Error).message;
      }
    }
    return why;
  };

  const refuse = (response: ServerResponse, id: string | null, why: string): void => {
    const refused: Refused = { id, verified: false, why, firstAt: new Date().toISOString() };
    if (refusals.length < KEPT_REFUSED) refusals.push(refused);
    options.onHappening?.({ kind: "refused", refused });
    respond(response, 400, { error: `not verified: ${why}` });
  };

  const accept = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const headers = singleHeaders(request);
    const id = headers["webhook-id"] ?? null;
    const body = await readBody(request);
    if (body === null) return refuse(response, id, "the body is too large");
    const event = verify(body, headers);
    if (typeof event === "string") return refuse(response, id, event);
    if (event.id !== id) return refuse(response, id, "webhook-id is not the event's id");

    const attempt = headers["relay-attempt"] ?? null;
    const at = new Date().toISOString();
    const mode = failure !== null && performance.now() < failure.until ? failure.mode : null;
    if (mode !== null && mode !== "slow") {
      failed += 1;
      options.onHappening?.({ kind: "failed", event, mode, attempt, at });
      return fail(mode, request, response);
    }
    const taken = options.takeOver?.({ id: event.id, attempt, response }) ?? null;
    if (taken === "held") return;
    const arrival: Arrival = { at, attempt, replay: headers["relay-replay"] === "true" };
    const booked = ledger.receive(event, body, arrival);
    options.onHappening?.({ kind: "event", ...booked, arrival });
    const reply = booked.first ? { processed: true } : { processed: true, note: "already have it" };
    if (taken === "answered") response.writeHead(200, { "content-type": "application/json" }).write("{");
    else if (mode === "slow") setTimeout(() => respond(response, 200, reply), SLOW_MS);
    else respond(response, 200, reply);
  };

  const server = createServer((request, response) => {
    const url = new URL(request.url ?? "/", "http://crm");
    const route = `${request.method} ${url.pathname}`;
    if (route === "GET /healthz") return respond(response, 200, { ok: true });
    if (route === "GET /received") return respond(response, 200, [...ledger.all(), ...refusals]);
    if (route === "POST /_fail") {
      const mode = url.searchParams.get("mode") ?? "none";
      const forMs = parseDurationMs(url.searchParams.get("for") ?? "8760h");
      if ((mode !== "none" && !isFailure(mode)) || forMs === null) {
        return respond(response, 400, { error: `mode is one of ${FAILURES.join(", ")}, none` });
      }
      setFailure(mode === "none" ? null : mode, forMs);
      return respond(response, 200, { mode });
    }
    if (request.method !== "POST") return respond(response, 405, { error: "POST events here" });
    accept(request, response).catch(() => response.destroy());
  });

  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port ?? 0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      resolve({
        port,
        url: `http://127.0.0.1:${port}/webhooks/payments`,
        received: () => ledger.all(),
        refused: () => [...refusals],
        failures: () => failed,
        setFailure,
        close: () =>
          new Promise((done) => {
            server.close(() => done());
            server.closeAllConnections();
          }),
      });
    });
  });
}

function fail(mode: Failure, request: IncomingMessage, response: ServerResponse): void {
  switch (mode) {
    case "timeout":
    case "slow":
      return; // no response, until the sender gives up
    case "reset":
      request.socket.resetAndDestroy();
      return;
    case "redirect":
      response.setHeader("location", "/elsewhere");
      return respond(response, 302, { error: "moved" });
    case "503":
      response.setHeader("retry-after", "1");
      return respond(response, 503, { error: "busy" });
    case "429":
      response.setHeader("retry-after", "2");
      return respond(response, 429, { error: "too many requests" });
    case "410":
      return respond(response, 410, { error: "gone" });
    case "500":
      return respond(response, 500, { error: "broken" });
  }
}

function respond(response: ServerResponse, status: number, body: unknown): void {
  response.statusCode = status;
  response.setHeader("content-type", "application/json");
  response.end(JSON.stringify(body));
}

function singleHeaders(request: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.headers)) {
    if (typeof value === "string") headers[name] = value;
  }
  return headers;
}

async function readBody(request: IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.byteLength;
    if (size > MAX_BODY_BYTES) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}
