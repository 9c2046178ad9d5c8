/**
 * The usual way without Cloudflare: Express takes the callback, BullMQ keeps it in a Redis that writes
 * every change to disk before it answers, and a BullMQ worker in the same process delivers it.
 *
 * A program of its own (`node server.ts options.json`) that starts its Redis, so that all of it is one
 * process group. `POST /pause` and `POST /resume` hold deliveries back and let them go.
 */
import { spawn } from "node:child_process";
import { createHmac, timingSafeEqual } from "node:crypto";
import { readFileSync } from "node:fs";
import { Queue, Worker } from "bullmq";
import express from "express";
import { Redis } from "ioredis";

export interface BullmqOptions {
  readonly port: number;
  readonly redisPort: number;
  readonly redisServer: string;
  /** Where Redis keeps its append-only file. */
  readonly state: string;
  readonly secret: string;
  readonly crmUrl: string;
}

const TOLERANCE_SECONDS = 300;
/** Deliveries under way at once: as many as a generous worker would have. */
const CONCURRENCY = 50;
const ATTEMPTS = 15;

const [file] = process.argv.slice(2);
if (file !== undefined) await run(JSON.parse(readFileSync(file, "utf8")) as BullmqOptions);

async function run(options: BullmqOptions): Promise<void> {
  const redis = ["--port", String(options.redisPort), "--bind", "127.0.0.1", "--dir", options.state];
  const durable = ["--appendonly", "yes", "--appendfsync", "always", "--save", ""];
  spawn(options.redisServer, [...redis, ...durable], { stdio: "ignore" });

  // Retries until Redis listens, as a service does that starts beside it.
  const connect = () => new Redis({ host: "127.0.0.1", port: options.redisPort, maxRetriesPerRequest: null });
  const connection = connect();
  connection.on("error", () => {});
  const queue = new Queue<{ body: string }>("events", { connection });
  await queue.waitUntilReady();
  const worker = new Worker<{ body: string }>(
    "events",
    async ({ id = "", data }) => {
      const headers = { "content-type": "application/json", "webhook-id": id };
      const answer = await fetch(options.crmUrl, { method: "POST", headers, body: data.body });
      await answer.body?.cancel();
      if (!answer.ok) throw new Error(`the CRM answered ${answer.status}`);
    },
    { connection: connect(), concurrency: CONCURRENCY },
  );

  const app = express();
  app.disable("x-powered-by");
  app.get("/healthz", (_, response) => void response.send("ok"));
  app.post("/pause", async (_, response) => {
    await queue.pause();
    response.end();
  });
  app.post("/resume", async (_, response) => {
    await queue.resume();
    response.end();
  });
  app.post("/in/cryptopay/:account", express.raw({ type: () => true }), async (request, response) => {
    const body = (request.body as Buffer).toString("utf8");
    if (!isGenuine(request.get("x-cryptopay-signature") ?? "", body, options.secret)) {
      response.status(401).end();
      return;
    }
    const { id } = JSON.parse(body) as { id: string };
    // The same job id is the same job: BullMQ's own deduplication, for as long as the job is kept.
    await queue.add(
      "event",
      { body },
      { jobId: id, attempts: ATTEMPTS, backoff: { type: "exponential", delay: 5_000 } },
    );
    response.set("relay-event-id", id).status(200).end();
  });
  const server = app.listen(options.port, "127.0.0.1", () => console.log("ready"));
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.once(signal, () => {
      server.close();
      void worker.close(true).finally(() => process.exit(0));
    });
  }
}

function isGenuine(header: string, body: string, secret: string): boolean {
  const found = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(header);
  if (found === null) return false;
  const [, at = "", hex = ""] = found;
  if (Math.abs(Date.now() / 1_000 - Number(at)) > TOLERANCE_SECONDS) return false;
  const wanted = createHmac("sha256", secret).update(`${at}.${body}`).digest();
  return timingSafeEqual(wanted, Buffer.from(hex, "hex"));
}
