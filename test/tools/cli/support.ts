/** A terminal that keeps what is written to it, and a relay that answers what a test says. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterEach } from "vitest";
import type { Io } from "../../../tools/lib/cli/io.ts";
import { relay } from "../../../tools/lib/cli/program.ts";

export const project = join(import.meta.dirname, "../../..");

export interface Ran {
  readonly exitCode: number;
  readonly out: string;
  readonly err: string;
  /** What was asked, in order. */
  readonly asked: readonly string[];
  readonly json: unknown;
}

/** Runs one command line of `relay` in this process. */
export async function run(
  argv: readonly string[],
  given: Partial<Io> & { answer?: boolean } = {},
): Promise<Ran> {
  const out: string[] = [];
  const err: string[] = [];
  const asked: string[] = [];
  const io: Io = {
    out: (text) => void out.push(text),
    err: (text) => void err.push(text),
    progress: () => undefined,
    hasColours: false,
    canAsk: given.answer !== undefined,
    confirm: (question) => {
      asked.push(question);
      return Promise.resolve(given.answer ?? false);
    },
    env: {},
    project,
    cwd: project,
    now: () => Date.now(),
    stdin: () => Promise.resolve(new Uint8Array()),
    ...given,
  };
  const exitCode = await relay(argv, io);
  const text = out.join("\n");
  return {
    exitCode,
    out: text,
    err: err.join("\n"),
    asked,
    get json() {
      return JSON.parse(text) as unknown;
    },
  };
}

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly token: string | undefined;
  readonly body: unknown;
}

type Answer = readonly [status: number, body: unknown];

const open: Server[] = [];
afterEach(() => {
  for (const server of open.splice(0)) server.close();
});

/** A relay on a free port; `answer` gets each request. */
export async function fakeRelay(
  answer: (asked: Asked) => Answer,
): Promise<{ url: string; requests: Asked[] }> {
  const requests: Asked[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const text = Buffer.concat(chunks).toString("utf8");
      const asked = {
        method: request.method ?? "",
        path: request.url ?? "",
        token: request.headers.authorization,
        body: text === "" ? undefined : (JSON.parse(text) as unknown),
      };
      requests.push(asked);
      const [status, body] = answer(asked);
      response.writeHead(status, { "content-type": "application/json" });
      response.end(typeof body === "string" ? body : JSON.stringify(body));
    });
  });
  open.push(server);
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests };
}

/** An event as a list shows it. */
export function listed(id: string, more: object = {}): object {
  return {
    id,
    payment_id: null,
    source: "ipay/eu",
    type: "payment.confirmed",
    state: "delivered",
    reason: null,
    received_at: "2026-10-01T12:00:00.000Z",
    warnings: [],
    duplicates: 0,
    became: null,
    released_by: null,
    released_from: null,
    dismissed: null,
    deliveries: [],
    ...more,
  };
}
