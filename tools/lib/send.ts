/**
 * Sends one callback and reports what the provider would see of the response.
 *
 * node:http rather than fetch: nothing is added to the request (no content type, no encoding), so
 * the relay gets the provider's request and nothing else.
 */
import { Agent, request } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import type { Callback } from "./callbacks.ts";

export interface Reply {
  /** 0 when there was no response at all; `text` then says why. */
  readonly status: number;
  readonly outcome: string | null;
  readonly eventId: string | null;
  readonly text: string;
  readonly ms: number;
}

/** A PSP gives up long before this; here it only bounds a hanging relay. */
const TIMEOUT_MS = 30_000;

const agent = new Agent({ keepAlive: true, maxSockets: 256 });

export function send(callback: Callback, relayUrl: string): Promise<Reply> {
  const started = performance.now();
  const elapsed = () => Math.round((performance.now() - started) * 10) / 10;
  const body = Buffer.from(callback.body);
  return new Promise((resolve) => {
    const failed = (error: Error & { code?: string }) =>
      resolve({
        status: 0,
        outcome: null,
        eventId: null,
        text: error.code ?? error.message,
        ms: elapsed(),
      });
    const sent = request(
      new URL(callback.path, relayUrl),
      {
        method: callback.method,
        agent,
        headers: { ...callback.headers, "content-length": body.byteLength },
        timeout: TIMEOUT_MS,
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("error", failed);
        response.on("end", () => {
          const header = (name: string) => {
            const value = response.headers[name];
            return typeof value === "string" ? value : null;
          };
          resolve({
            status: response.statusCode ?? 0,
            outcome: header("relay-outcome"),
            eventId: header("relay-event-id"),
            text: Buffer.concat(chunks).toString("utf8"),
            ms: elapsed(),
          });
        });
      },
    );
    sent.on("timeout", () => sent.destroy(new Error(`no response within ${TIMEOUT_MS / 1000} s`)));
    sent.on("error", failed);
    sent.end(body);
  });
}

/** Begins one so often a second, whatever became of those before; answers when all have an answer. */
export async function paced<T>(
  perSecond: number,
  seconds: number,
  once: (n: number) => Promise<T>,
): Promise<T[]> {
  const startMs = Date.now();
  const begun: Promise<T>[] = [];
  for (let n = 0; n < perSecond * seconds; n += 1) {
    await delay(Math.max(0, startMs + (n * 1_000) / perSecond - Date.now()));
    begun.push(once(n));
  }
  return await Promise.all(begun);
}
