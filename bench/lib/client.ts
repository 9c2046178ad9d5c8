/**
 * The load: callbacks over kept connections, either as fast as so many connections allow, or at a fixed
 * rate that does not wait for answers. As little work as possible, since it runs on the same machine.
 */
import { Agent, request } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import type { Callback } from "../../tools/lib/callbacks.ts";

export interface Answer {
  /** 0: no answer. */
  readonly status: number;
  readonly eventId: string | null;
  /** `performance.now()` when the request was given to the socket. */
  readonly sentAtMs: number;
  /** `performance.now()` when the headers of the answer had come. */
  readonly answeredAtMs: number;
}

/** A provider gives up before this; here it bounds a run. */
const TIMEOUT_MS = 30_000;

export class Client {
  readonly #url: URL;
  readonly #agent: Agent;

  constructor(url: string, connections: number) {
    this.#url = new URL(url);
    this.#agent = new Agent({ keepAlive: true, maxSockets: connections, scheduling: "fifo" });
  }

  async send(callback: Callback): Promise<Answer> {
    const sentAtMs = performance.now();
    return await new Promise((resolve) => {
      const failed = () => resolve({ status: 0, eventId: null, sentAtMs, answeredAtMs: performance.now() });
      const sent = request(
        {
          agent: this.#agent,
          host: this.#url.hostname,
          port: this.#url.port,
          method: callback.method,
          path: callback.path,
          headers: { ...callback.headers, "content-length": Buffer.byteLength(callback.body) },
          timeout: TIMEOUT_MS,
        },
        (answer) => {
          const answeredAtMs = performance.now();
          const eventId = answer.headers["relay-event-id"];
          answer.resume();
          answer.once("error", failed);
          answer.once("end", () =>
            resolve({
              status: answer.statusCode ?? 0,
              eventId: typeof eventId === "string" ? eventId : null,
              sentAtMs,
              answeredAtMs,
            }),
          );
        },
      );
      sent.once("timeout", () => sent.destroy(new Error("no answer")));
      sent.once("error", failed);
      sent.end(callback.body);
    });
  }

  /** All of them, so many at a time. */
  async closedLoop(callbacks: readonly Callback[], connections: number): Promise<Answer[]> {
    const answers: Answer[] = [];
    let next = 0;
    const worker = async (): Promise<void> => {
      for (let callback = callbacks[next++]; callback !== undefined; callback = callbacks[next++]) {
        answers.push(await this.send(callback));
      }
    };
    await Promise.all(Array.from({ length: connections }, worker));
    return answers;
  }

  /** Each at its own time, whatever became of the ones before. */
  async fixedRate(count: number, perSecond: number, make: (index: number) => Callback): Promise<Answer[]> {
    const sending: Promise<Answer>[] = [];
    const from = performance.now();
    for (let index = 0; index < count; index += 1) {
      const waitMs = from + (index * 1_000) / perSecond - performance.now();
      if (waitMs > 0) await delay(waitMs);
      sending.push(this.send(make(index)));
    }
    return await Promise.all(sending);
  }

  close(): void {
    this.#agent.destroy();
  }
}
