/**
 * The CRM of the outage: at first nothing listens, then it responds 503, then it recovers. It records
 * every request to the millisecond and judges none: that is done over its records (verdict.ts).
 */
import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { buffer } from "node:stream/consumers";
import { Webhook } from "standardwebhooks";
import type { PaymentEvent } from "../ledger.ts";

/** One request, as it came. */
export interface Arrival {
  /** Epoch ms when its head had come. */
  readonly atMs: number;
  /** The status of the response. */
  readonly status: number;
  readonly id: string;
  readonly payment: string;
  /** Of the raw body, hex. */
  readonly sha256: string;
  /** By the specification's own library. */
  readonly verified: boolean;
  readonly sequence: number;
}

export class FailingCrm {
  readonly arrivals: Arrival[] = [];
  readonly #port: number;
  #webhook: Webhook;
  #server: Server | null = null;
  #busy = false;

  /** Nothing listens yet. */
  constructor(port: number, secret: string) {
    this.#port = port;
    this.#webhook = new Webhook(secret);
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}/webhooks/payments`;
  }

  /** It holds another secret, and no longer the one before. */
  hold(secret: string): void {
    this.#webhook = new Webhook(secret);
  }

  /** Up, and failing. */
  async beBusy(): Promise<void> {
    this.#busy = true;
    await this.#listen();
  }

  /** Recovered. */
  async recover(): Promise<void> {
    this.#busy = false;
    await this.#listen();
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve) => {
      if (!this.#server) return resolve();
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  async #listen(): Promise<void> {
    if (this.#server) return;
    const server = createServer((request, response) => {
      this.#receive(request, response, Date.now()).catch(() => response.destroy());
    });
    this.#server = server;
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(this.#port, "127.0.0.1", resolve);
    });
  }

  async #receive(request: IncomingMessage, response: ServerResponse, atMs: number): Promise<void> {
    const body = await buffer(request);
    const headers = Object.fromEntries(
      Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
    );
    const event = this.#verified(body.toString("utf8"), headers);
    const verified = event !== null;
    const status = this.#busy ? 503 : verified ? 200 : 400;
    this.arrivals.push({
      atMs,
      status,
      id: headers["webhook-id"] ?? "",
      payment: event?.data.payment_id ?? "",
      sha256: createHash("sha256").update(body).digest("hex"),
      verified,
      sequence: Number(headers["relay-sequence"]),
    });
    response.statusCode = status;
    response.end();
  }

  #verified(body: string, headers: Record<string, string>): PaymentEvent | null {
    try {
      return this.#webhook.verify(body, headers) as PaymentEvent;
    } catch {
      return null;
    }
  }
}
