/** A CRM that answers at once, or accepts connections and never answers. Judges nothing; counts what is open. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";

/** One request that got a 2xx. */
export interface Taken {
  readonly id: string;
  readonly payment: string;
  readonly sequence: number;
}

export class HangingCrm {
  /** In the order in which they were answered. */
  readonly taken: Taken[] = [];
  /** Most requests that were ever open at once. */
  mostOpen = 0;
  readonly #open = new Map<ServerResponse, Taken>();
  #hangs = false;
  readonly #server = createServer((request, response) => {
    this.#receive(request, response).catch(() => response.destroy());
  });

  /** Answers its address. */
  async listen(): Promise<string> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(0, "127.0.0.1", resolve);
    });
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/webhooks/payments`;
  }

  /** Requests that have not been answered. */
  get open(): number {
    return this.#open.size;
  }

  hang(): void {
    this.#hangs = true;
  }

  /** Answers everything that is open, and from now on at once. */
  recover(): void {
    this.#hangs = false;
    for (const [response, taken] of this.#open) this.#answer(response, taken);
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  async #receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = (await buffer(request)).toString("utf8");
    const { id, data } = JSON.parse(body) as { id: string; data: { payment_id: string; sequence: number } };
    const taken = { id, payment: data.payment_id, sequence: data.sequence };
    this.#open.set(response, taken);
    this.mostOpen = Math.max(this.mostOpen, this.#open.size);
    response.once("close", () => this.#open.delete(response));
    if (!this.#hangs) this.#answer(response, taken);
  }

  #answer(response: ServerResponse, taken: Taken): void {
    this.#open.delete(response);
    this.taken.push(taken);
    response.end();
  }
}
