/**
 * The payment providers under chaos: many payments at once, each callback repeated until it got a 2xx,
 * as a provider's retry loop does, some repeated although it had, and forgeries in between. It records
 * the responses it got, and nothing else: that is the independent count.
 */
import { setTimeout as delay } from "node:timers/promises";
import type { Credentials } from "../callbacks.ts";
import { type Reply, send } from "../send.ts";
import { forgery, history, type Step } from "./histories.ts";
import type { Random } from "./random.ts";

/** The result of one callback. */
export interface Told {
  readonly shieldable: boolean;
  /** When 2xx responses came (epoch ms), by the event id they named. */
  readonly answered: Map<string, number[]>;
  /** Tries that may or may not have been counted: the response was lost, or it was our 5xx. */
  unanswered: number;
}

const PAYMENTS_AT_ONCE = 24;
const REPEAT_SHARE = 0.15;
const MAX_REPEATS = 3;
const FORGERY_SHARE = 0.08;
const RETRY_MS = { least: 100, most: 400 };

export class Psp {
  readonly told: Told[] = [];
  /** Distinct genuine callbacks that got a 2xx. */
  accepted = 0;
  requests = 0;
  /** 2xx responses, repeats included. */
  successes = 0;
  forgeries = 0;
  /** Responses that should not have been given, as sentences. */
  readonly wrong: string[] = [];
  readonly #answered = new Set<string>();
  readonly #url: string;
  readonly #who: Credentials;
  readonly #random: Random;
  #payments = 0;

  constructor(url: string, who: Credentials, random: Random) {
    this.#url = url;
    this.#who = who;
    this.#random = random;
  }

  /** Sends payments until so many callbacks were accepted and `enough` returns true, or until it is over. */
  async run(callbacks: number, enough: () => boolean, over: AbortSignal): Promise<void> {
    const worker = async (): Promise<void> => {
      while (!over.aborted && (this.accepted < callbacks || !enough())) await this.#payment();
    };
    await Promise.all(Array.from({ length: PAYMENTS_AT_ONCE }, worker));
  }

  /** Has a provider got a 2xx that named this event? */
  hasAnswer(eventId: string): boolean {
    return this.#answered.has(eventId);
  }

  async #payment(): Promise<void> {
    this.#payments += 1;
    const name = `chaos-${this.#payments}`;
    if (this.#random.chance(FORGERY_SHARE)) await this.#forge(`forged-${this.#payments}`);
    const repeats: Promise<void>[] = [];
    for (const step of history(name, this.#who, this.#random)) {
      const told: Told = { shieldable: step.shieldable, answered: new Map(), unanswered: 0 };
      this.told.push(told);
      await this.#untilTaken(step, told);
      this.accepted += 1;
      if (!this.#random.chance(REPEAT_SHARE)) continue;
      const times = this.#random.between(1, MAX_REPEATS);
      for (let i = 0; i < times; i += 1) repeats.push(this.#untilTaken(step, told));
    }
    await Promise.all(repeats);
  }

  async #untilTaken(step: Step, told: Told): Promise<void> {
    for (;;) {
      const reply = await this.#send(step);
      if (isTaken(reply) && reply.eventId !== null) {
        told.answered.set(reply.eventId, [...(told.answered.get(reply.eventId) ?? []), Date.now()]);
        this.#answered.add(reply.eventId);
        this.successes += 1;
        return;
      }
      if (reply.status >= 200 && reply.status < 500) {
        this.wrong.push(`a genuine callback got ${reply.status}: ${reply.text.slice(0, 100)}`);
        return;
      }
      // Nothing was sent over a connection that was refused.
      if (reply.text !== "ECONNREFUSED") told.unanswered += 1;
      await delay(this.#random.between(RETRY_MS.least, RETRY_MS.most));
    }
  }

  async #send(step: Step): Promise<Reply> {
    this.requests += 1;
    return await send(step.make(new Date()), this.#url);
  }

  async #forge(payment: string): Promise<void> {
    this.forgeries += 1;
    const reply = await send(forgery(payment, this.#who, this.#random, new Date()), this.#url);
    if (isTaken(reply)) this.wrong.push(`a forgery got ${reply.status} ${reply.outcome}`);
  }
}

function isTaken({ status }: Reply): boolean {
  return status >= 200 && status < 300;
}
