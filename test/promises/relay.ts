/**
 * The whole relay with every part under the test's control: genuine callbacks through the ingress, the
 * real Inbox objects, the real consumer; a queue that does what queues may do (lose, double, delay,
 * reorder), a CRM that records what it receives, and a clock that the test moves.
 */
import {
  createExecutionContext,
  evictDurableObject,
  runDurableObjectAlarm,
  runInDurableObject,
  waitOnExecutionContext,
} from "cloudflare:test";
import { vi } from "vitest";
import { app } from "../../src/app.ts";
import type { Env } from "../../src/env.ts";
import type { PaymentEvent } from "../../src/event.ts";
import worker from "../../src/index.ts";
import type { Acceptance, Reference } from "../../src/inbox/protocol.ts";
import { addUp, type Ledger } from "../../src/inbox/ledger.ts";
import { bindings, freshRelay, inboxOf, shards, type Delivered, type Outside } from "../support/worker.ts";

import { replaceQueues } from "../support/queue.ts";

/** Ahead of the real clock, so that no alarm fires by itself. */
export const NOW = "2036-01-01T00:00:00.000Z";

export interface Waiting {
  readonly body: Reference;
  /** Not before this instant. */
  atMs: number;
}

export class Relay {
  readonly outside: Outside;
  readonly #atCrm = new Map<string, { bodies: Set<string>; arrivals: number }>();
  /** First arrivals per payment, by sequence, of what got a 2xx. */
  readonly sequences = new Map<string, number[]>();
  /** What the queue holds. */
  waiting: Waiting[] = [];
  /** What the queue does with a batch it is given. */
  take: (references: Reference[]) => Reference[] | Promise<Reference[]> = (references) => references;
  /** The CRM's response to an event. */
  crm: (event: PaymentEvent, request: Delivered) => Response | Promise<Response> = () => new Response("ok");

  constructor(outside: Outside) {
    this.outside = outside;
    replaceQueues(async (references) => {
      const kept = await this.take(references);
      for (const body of kept) this.waiting.push({ body, atMs: Date.now() });
    });
    outside.crm = async (request) => {
      const event = JSON.parse(request.body) as PaymentEvent;
      const response = await this.crm(event, request);
      this.#book(event, request.body, response.ok);
      return response;
    };
  }

  #book(event: PaymentEvent, body: string, taken: boolean): void {
    const known = this.#atCrm.get(event.id) ?? { bodies: new Set<string>(), arrivals: 0 };
    this.#atCrm.set(event.id, known);
    known.bodies.add(body);
    if (!taken) return;
    known.arrivals += 1;
    if (known.arrivals > 1) return;
    const { payment_id, sequence } = event.data;
    this.sequences.set(payment_id, [...(this.sequences.get(payment_id) ?? []), sequence]);
  }

  /** Ids that got a 2xx from the CRM, with how often. */
  get booked(): Map<string, number> {
    return new Map(
      [...this.#atCrm].filter(([, { arrivals }]) => arrivals > 0).map(([id, { arrivals }]) => [id, arrivals]),
    );
  }

  /** Ids that were ever sent with more than one body. */
  get twoBodies(): string[] {
    return [...this.#atCrm].filter(([, { bodies }]) => bodies.size > 1).map(([id]) => id);
  }

  /** One batch of what is due, as the platform would give it to the consumer. Returns how many there were. */
  async consume(size = 100, env = bindings): Promise<number> {
    const due = this.waiting.filter(({ atMs }) => atMs <= Date.now()).slice(0, size);
    if (due.length === 0) return 0;
    this.waiting = this.waiting.filter((message) => !due.includes(message));
    await this.consumeThese(
      due.map(({ body }) => body),
      env,
    );
    return due.length;
  }

  /** These references as one batch; what is retried waits again. */
  async consumeThese(references: readonly Reference[], env = bindings): Promise<void> {
    const again = (body: Reference, delaySeconds = 0) =>
      this.waiting.push({ body, atMs: Date.now() + delaySeconds * 1000 });
    await worker.queue(batchOf(references, again), env);
  }

  /** Runs the alarms that are due. Returns how many. */
  async ring(): Promise<number> {
    const alarms = await Promise.all(shards.map(async (shard) => ({ shard, atMs: await alarmOf(shard) })));
    const due = alarms.filter(({ atMs }) => atMs !== null && atMs <= Date.now());
    for (const { shard } of due) await runDurableObjectAlarm(inboxOf(shard));
    return due.length;
  }

  /** Runs queue and alarms until nothing is owed any more, moving the clock from one to the next. */
  async untilSettled({ env = bindings, maxRounds = 5_000 } = {}): Promise<void> {
    for (let round = 0; round < maxRounds; round += 1) {
      const happened = (await this.consume(100, env)) + (await this.ring());
      await this.quiet();
      if (happened > 0) continue;
      if (await isSettled()) return;
      // Alarms may be late: while the queue holds something, the hourly ones are not run.
      const times = this.waiting.length > 0 ? this.waiting.map(({ atMs }) => atMs) : await alarmTimes();
      // Looking whether all is settled has armed an alarm that was lost.
      if (this.waiting.length === 0 && times.some((atMs) => atMs <= Date.now())) continue;
      const next = Math.min(...times.filter((atMs) => atMs > Date.now()));
      if (!Number.isFinite(next)) throw new Error("something is owed and nothing will ever happen");
      vi.setSystemTime(next);
    }
    throw new Error(`not settled after ${maxRounds} rounds: ${JSON.stringify(await ledger())}`);
  }

  /** Waits until the references under way have reached the queue. */
  async quiet(): Promise<void> {
    await Promise.all(
      shards.map((shard) => runInDurableObject(inboxOf(shard), () => new Promise((go) => setTimeout(go, 0)))),
    );
  }

  /** Mistakes the CRM has seen: an id with two bodies, a payment whose events came out of order. */
  mistakes(): string[] {
    const outOfOrder = [...this.sequences].filter(([, seen]) => seen.some((n, index) => n !== index + 1));
    return [
      ...this.twoBodies.map((id) => `${id} came with two bodies`),
      ...outOfOrder.map(([payment, seen]) => `${payment} came as ${seen.join()}`),
    ];
  }
}

export async function openRelay(mode: FirstAttempts = "queue"): Promise<Relay> {
  firstAttempts = mode;
  return new Relay(await freshRelay(NOW));
}

function batchOf(
  references: readonly Reference[],
  again: (body: Reference, delaySeconds?: number) => void,
): MessageBatch<Reference> {
  const open = new Set(references.keys());
  const messages = references.map((body, index) => ({
    id: String(index),
    timestamp: new Date(),
    attempts: 1,
    body,
    ack: () => void open.delete(index),
    retry: (options?: QueueRetryOptions) => {
      if (open.delete(index)) again(body, options?.delaySeconds);
    },
  }));
  return {
    queue: "deliveries",
    messages,
    metadata: { metrics: { backlogCount: 0, backlogBytes: 0 } },
    ackAll: () => open.clear(),
    retryAll: () => messages.forEach((message) => message.retry()),
  };
}

/** Evicts every Inbox object; afterwards they know only what is on disk. */
export async function evictAll(): Promise<void> {
  for (const shard of shards) {
    // Only what runs can be evicted.
    await inboxOf(shard).ledger();
    await evictDurableObject(inboxOf(shard));
    // And only what runs is emptied before the next test.
    await inboxOf(shard).ledger();
  }
}

type Stub = ReturnType<typeof inboxOf>;

/** An environment whose calls to the Inbox are intercepted. */
export function envWithInbox(handle: (stub: Stub, method: string, args: unknown[]) => Promise<unknown>): Env {
  const getByName = (name: string) => {
    const stub = inboxOf(name);
    return new Proxy(stub, {
      get: (_, method) =>
        typeof method === "string" && method !== "then"
          ? (...args: unknown[]) => handle(stub, method, args)
          : undefined,
    });
  };
  return { ...bindings, INBOX: { getByName } as unknown as Env["INBOX"] };
}

/** The call itself. */
export async function call(stub: Stub, method: string, args: unknown[]): Promise<unknown> {
  return await (stub as unknown as Record<string, (...args: unknown[]) => Promise<unknown>>)[method]?.(
    ...args,
  );
}

// ---- reading -----------------------------------------------------------------------------------------

/**
 * What becomes of first attempts: `made` by the Worker that accepted, as it is; `lost` with that Worker, which
 * dies once it has responded; or not leased at all, so that everything goes over the `queue`.
 */
export type FirstAttempts = "made" | "lost" | "queue";

let firstAttempts: FirstAttempts = "queue";

function envFor(mode: FirstAttempts, env: Env): Env {
  if (mode === "made") return env;
  const getByName = (name: string) => {
    const stub = env.INBOX.getByName(name);
    const accept = async (input: Acceptance) => {
      const accepted = await stub.accept({ ...input, attemptNow: mode === "lost" && input.attemptNow });
      return accepted.outcome === "accepted" ? { ...accepted, attempts: [] } : accepted;
    };
    return new Proxy(stub, {
      get: (target, method) => (method === "accept" ? accept : (Reflect.get(target, method) as unknown)),
    });
  };
  return { ...env, INBOX: { getByName } as unknown as Env["INBOX"] };
}

export async function ledger(): Promise<Ledger> {
  return addUp(await Promise.all(shards.map((shard) => inboxOf(shard).ledger())));
}

async function isSettled(): Promise<boolean> {
  const { destinations, sources } = await ledger();
  return (
    Object.values(destinations).every(({ pending }) => pending === 0) &&
    Object.values(sources).every(({ deferred }) => deferred === 0)
  );
}

export async function alarmOf(shard: string): Promise<number | null> {
  return await runInDurableObject(inboxOf(shard), (_, state) => state.storage.getAlarm());
}

async function alarmTimes(): Promise<number[]> {
  const times = await Promise.all(shards.map(alarmOf));
  return times.filter((atMs) => atMs !== null);
}

// ---- genuine callbacks ---------------------------------------------------------------------------------

const utf8 = new TextEncoder();

export type CryptopayStatus = "created" | "processing" | "succeeded" | "canceled";

/** A signed event of CryptoPay; `event` names it, `payment` its payment. */
export async function cryptopay(payment: string, event: string, status: CryptopayStatus): Promise<Request> {
  const body = JSON.stringify({
    id: `evt_${event}`,
    type: `payment_intent.${status}`,
    data: {
      object: {
        id: `pi_${payment}`,
        object: "payment_intent",
        amount: 2000,
        amount_received: status === "succeeded" ? 2000 : 0,
        currency: "usd",
        status,
        created: 1_790_000_000,
        metadata: { order_id: `order-${payment}` },
      },
    },
  });
  const seconds = Math.floor(Date.now() / 1000);
  const key = await crypto.subtle.importKey(
    "raw",
    utf8.encode("whsec_demo_secret"),
    { name: "HMAC", hash: "SHA-256" },
    false,
    ["sign"],
  );
  const mac = new Uint8Array(await crypto.subtle.sign("HMAC", key, utf8.encode(`${seconds}.${body}`)));
  const hex = [...mac].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return new Request("https://relay.test/in/cryptopay/broker-eu", {
    method: "POST",
    headers: { "content-type": "application/json", "x-cryptopay-signature": `t=${seconds},v1=${hex}` },
    body,
  });
}

/** An iPay success; the body's amount exactly as given. */
export function ipay(payment: string, { amount = "25.5", token = "tok_live_B" } = {}): Request {
  const body = `{"accountEDTO":"acc_7","amount":${amount},"blockchainTxId":"0x${payment}","chain":"MATIC","currency":"USDT","customerID":"c-${payment}","timestamp":{"seconds":1790000000},"transactionFee":0.5,"transactionFeePrecent":0.02,"transferedAmount":${amount},"token":"${token}"}`;
  return new Request("https://relay.test/in/ipay/broker-eu", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body,
  });
}

/** An iqpay deposit: 0 pending, 1 confirmed, 2 failed. */
export function iqpay(payment: string, status: 0 | 1 | 2, path = "s3cr3t_dep"): Request {
  const body = `{"address":"1Addr","wallet_ext_id":"w-${payment}","fromAddress":"1From","txid":"${payment}","amount":0.00001124,"currency":"BTC","status":${status},"convert_currency":"","convert_price":0,"converted_amount":0}`;
  return new Request(`https://relay.test/in/iqpay/broker-eu/deposit/${path}`, {
    method: "POST",
    headers: { "content-type": "application/json", "cf-connecting-ip": "198.51.100.7" },
    body,
  });
}

/** The same request with other bytes. */
export async function bent(request: Request, change: (body: string) => string): Promise<Request> {
  const { url, method, headers } = request;
  return new Request(url, { method, headers, body: change(await request.text()) });
}

/** A TokenPayments form; the verifier of `Outside` decides about its token. */
export function tokenpayments(payment: string, token = `tkn${payment.padEnd(24, "0")}`): Request {
  const form = new URLSearchParams({
    merchant_id: "M-1001",
    token,
    page_hash: "ph_77",
    item_name: "Deposit",
    invoice: `INV-${payment}`,
    amount1: "100",
    currency1: "USD",
    amount2: "0.03125",
    currency2: "ETH",
  });
  return new Request("https://relay.test/in/tokenpayments/broker-eu", {
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: form.toString(),
  });
}

export interface Reply {
  readonly status: number;
  readonly outcome: string | null;
  readonly id: string | null;
  readonly retryAfter: string | null;
}

/** Through the ingress, as the provider sees it. */
export async function send(request: Request, given = bindings): Promise<Reply> {
  const sent = sendUnwatched(request, given);
  const reply = await sent.reply;
  await sent.done;
  return reply;
}

/** The reply as soon as the provider has it; `done` when the Worker has finished what it does after that. */
export function sendUnwatched(
  request: Request,
  given = bindings,
): { readonly reply: Promise<Reply>; readonly done: Promise<void> } {
  const ctx = createExecutionContext();
  const answer = async (): Promise<Reply> => {
    const response = await app.fetch(request, envFor(firstAttempts, given), ctx);
    await response.text();
    return {
      status: response.status,
      outcome: response.headers.get("relay-outcome"),
      id: response.headers.get("relay-event-id"),
      retryAfter: response.headers.get("retry-after"),
    };
  };
  const reply = answer();
  return { reply, done: reply.then(() => waitOnExecutionContext(ctx)) };
}
