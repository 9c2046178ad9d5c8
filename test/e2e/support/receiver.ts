/**
 * Receivers that misbehave, each at an address of its own, in one HTTP server: every request is noted,
 * verified as a CRM would, and gets the response of the address's script: one step per request, the last for ever.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { Webhook } from "standardwebhooks";

/** A status, or something that HTTP has no number for. */
export type Step =
  | number
  | { readonly status: number; readonly headers: () => Readonly<Record<string, string>> }
  | { readonly status: number; readonly body: Buffer | "endless" | "unending" | "broken" | "bomb" }
  | "hang"
  | "reset"
  | "early hints";

export interface Arrived {
  readonly atMs: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** By the specification's own library. */
  readonly verified: boolean;
}

const BOMB_BYTES = 20_000_000;
const ENDLESS_CHUNK = Buffer.alloc(65_536, "y");

export class Receiver {
  readonly #scripts: Readonly<Record<string, readonly Step[]>>;
  readonly #webhook: Webhook;
  readonly #arrived = new Map<string, Arrived[]>();
  readonly #closed = new Set<string>();
  readonly #server = createServer((request, response) => {
    this.#receive(request, response).catch(() => response.destroy());
  });

  private constructor(scripts: Readonly<Record<string, readonly Step[]>>, secret: string) {
    this.#scripts = scripts;
    this.#webhook = new Webhook(secret);
  }

  static async open(scripts: Readonly<Record<string, readonly Step[]>>, secret: string): Promise<Receiver> {
    const receiver = new Receiver(scripts, secret);
    await new Promise<void>((resolve) => {
      receiver.#server.listen(0, "127.0.0.1", resolve);
    });
    return receiver;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  url(name: string): string {
    return `http://127.0.0.1:${this.port}/${name}`;
  }

  arrivals(name: string): readonly Arrived[] {
    return this.#arrived.get(name) ?? [];
  }

  /** Was the connection of an endless response closed by the other side? */
  wasLetGo(name: string): boolean {
    return this.#closed.has(name);
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  async #receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const name = (request.url ?? "/").slice(1);
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const body = Buffer.concat(chunks).toString("utf8");
    const headers = Object.fromEntries(
      Object.entries(request.headers).map(([key, value]) => [key, String(value)]),
    );
    const before = this.arrivals(name);
    const arrived = { atMs: Date.now(), headers, body, verified: this.#verifies(body, headers) };
    this.#arrived.set(name, [...before, arrived]);
    const script = this.#scripts[name] ?? [599];
    const step = script[Math.min(before.length, script.length - 1)] ?? 599;
    response.on("close", () => this.#closed.add(name));
    play(step, request, response);
  }

  #verifies(body: string, headers: Record<string, string>): boolean {
    try {
      this.#webhook.verify(body, headers);
      return true;
    } catch {
      return false;
    }
  }
}

function play(step: Step, request: IncomingMessage, response: ServerResponse): void {
  if (step === "hang") return;
  if (step === "reset") {
    request.socket.resetAndDestroy();
    return;
  }
  if (step === "early hints") {
    response.writeEarlyHints({ link: "</style.css>; rel=preload" });
    response.end("ok");
    return;
  }
  if (typeof step === "number") {
    response.statusCode = step;
    response.end(step === 204 || step === 205 || step === 304 ? undefined : `answer ${step}`);
    return;
  }
  response.statusCode = step.status;
  if ("headers" in step) {
    for (const [name, value] of Object.entries(step.headers())) response.setHeader(name, value);
    response.end(`answer ${step.status}`);
    return;
  }
  switch (step.body) {
    case "endless":
      return pour(response);
    case "unending":
      response.write("so far");
      return;
    case "broken":
      response.setHeader("content-length", "100");
      response.write("so", () => request.socket.resetAndDestroy());
      return;
    case "bomb":
      response.setHeader("content-encoding", "gzip");
      response.end(gzipSync(Buffer.alloc(BOMB_BYTES)));
      return;
    default:
      response.end(step.body);
  }
}

/** As fast as the other side reads, until it disconnects. */
function pour(response: ServerResponse): void {
  const more = () => {
    while (!response.destroyed && response.write(ENDLESS_CHUNK));
  };
  response.on("drain", more);
  more();
}
