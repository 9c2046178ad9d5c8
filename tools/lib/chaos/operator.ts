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

  /**
   * Waits until nothing is owed any more, resuming the destination meanwhile. Returns whether that was reached;
   * gives up when for so long nothing became less.
   */
  async untilNothingIsOwed(destination: string, patienceMs: number): Promise<boolean> {
    let least = Number.POSITIVE_INFINITY;
    for (let untilMs = Date.now() + patienceMs; Date.now() < untilMs; await delay(1_000)) {
      const { destinations, sources } = await this.ledger();
      const { pending = 0, parked = 0 } = destinations[destination] ?? {};
      const deferred = Object.values(sources).reduce((sum, source) => sum + (source["deferred"] ?? 0), 0);
      const owed = pending + parked + deferred;
      if (owed === 0) return true;
      if (owed < least) untilMs = Date.now() + patienceMs;
      least = Math.min(least, owed);
      await this.resume(destination);
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
