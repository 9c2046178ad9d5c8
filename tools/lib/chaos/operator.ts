/** The relay's operator: reads its state through the API, closes breakers and ends pauses. */
import { setTimeout as delay } from "node:timers/promises";
import type { Ledger, Listed } from "./verdict.ts";

/** The one destination of chaos. */
export const DESTINATION = "crm";

const PAGE_EVENTS = 200;

export class Operator {
  readonly #url: string;
  readonly #token: string;

  constructor(url: string, token: string) {
    this.#url = url;
    this.#token = token;
  }

  /** After an outage of the CRM: closes breakers, ends pauses. False if the relay is down. */
  async resume(destination: string): Promise<boolean> {
    const response = await this.#ask(`/api/destinations/${destination}/resume`, "POST").catch(() => null);
    return response !== null;
  }

  async ledger(): Promise<Ledger> {
    return (await this.#ask("/api/ledger")) as Ledger;
  }

  async events(): Promise<Listed[]> {
    const events: Listed[] = [];
    let cursor: string | null = null;
    do {
      const at: string = cursor === null ? "" : `&cursor=${encodeURIComponent(cursor)}`;
      const page = (await this.#ask(`/api/events?limit=${PAGE_EVENTS}${at}`)) as {
        events: Listed[];
        cursor: string | null;
      };
      events.push(...page.events);
      ({ cursor } = page);
    } while (cursor !== null);
    return events;
  }

  /** Waits until nothing is owed any more, resuming the destination meanwhile. Returns whether that was reached. */
  async untilNothingIsOwed(destination: string, deadlineMs: number): Promise<boolean> {
    const deadline = Date.now() + deadlineMs;
    while (Date.now() < deadline) {
      const { destinations, sources } = await this.ledger();
      const { pending = 0, parked = 0 } = destinations[destination] ?? {};
      const deferred = Object.values(sources).reduce((sum, source) => sum + (source["deferred"] ?? 0), 0);
      if (pending + parked + deferred === 0) return true;
      await this.resume(destination);
      await delay(1_000);
    }
    return false;
  }

  async #ask(path: string, method: "GET" | "POST" = "GET"): Promise<unknown> {
    const response = await fetch(`${this.#url}${path}`, {
      method,
      headers: { authorization: `Bearer ${this.#token}` },
      signal: AbortSignal.timeout(30_000),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text.slice(0, 200)}`);
    return JSON.parse(text) as unknown;
  }
}
