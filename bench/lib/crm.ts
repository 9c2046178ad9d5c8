/** A CRM that takes everything and notes when: no signature, no parsing, so that it costs next to nothing. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as delay } from "node:timers/promises";

const POLL_MS = 20;
/** Longer than any pause between two events: a connection closed meanwhile would look like a failure. */
const KEEP_ALIVE_MS = 120_000;

export interface BenchCrm {
  readonly url: string;
  /** By event id: `performance.now()` of the first arrival that was answered 2xx since `forget`. */
  readonly arrivedAtMs: ReadonlyMap<string, number>;
  /** Down: it answers 503. */
  setUp(isUp: boolean): void;
  forget(): void;
  /** Waits until so many different events have arrived; answers whether they have. */
  until(count: number, deadlineMs: number): Promise<boolean>;
  close(): Promise<void>;
}

export async function startBenchCrm(): Promise<BenchCrm> {
  const arrivedAtMs = new Map<string, number>();
  let up = true;
  const server = createServer((request, response) => {
    const atMs = performance.now();
    const id = request.headers["webhook-id"];
    request.resume();
    request.once("end", () => {
      if (up && typeof id === "string" && !arrivedAtMs.has(id)) arrivedAtMs.set(id, atMs);
      response.writeHead(up ? 200 : 503, { "content-length": "0" }).end();
    });
  });
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/events`,
    arrivedAtMs,
    setUp: (isUp) => {
      up = isUp;
    },
    forget: () => arrivedAtMs.clear(),
    async until(count, deadlineMs) {
      const deadline = performance.now() + deadlineMs;
      while (arrivedAtMs.size < count && performance.now() < deadline) await delay(POLL_MS);
      return arrivedAtMs.size >= count;
    },
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}
