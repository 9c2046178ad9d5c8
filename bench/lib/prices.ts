/**
 * Cloudflare's list prices, the allowances of the Workers Paid plan, and what this arithmetic has to
 * assume because no local run can count it. A new price is a new row here, with its page and its date.
 */

/** The date of this table. The price of log lines changes on 2026-12-01. */
export const PRICES_DATE = "2026-11-24";

export interface Price {
  readonly title: string;
  /** Dollars for a million units. */
  readonly dollarsPerMillion: number;
  /** Million units a month that the Workers Paid plan includes, for all Workers of the account together. */
  readonly includedMillions: number;
  /** Below developers.cloudflare.com. */
  readonly page: string;
}

export const PRICES = {
  workerRequests: {
    title: "Worker requests (callbacks and consumer batches)",
    dollarsPerMillion: 0.3,
    includedMillions: 10,
    page: "workers/platform/pricing",
  },
  workerCpuMs: {
    title: "Worker CPU, ms",
    dollarsPerMillion: 0.02,
    includedMillions: 30,
    page: "workers/platform/pricing",
  },
  objectRequests: {
    title: "Object requests (calls and alarms)",
    dollarsPerMillion: 0.15,
    includedMillions: 1,
    page: "durable-objects/platform/pricing",
  },
  objectGbSeconds: {
    title: "Object duration, GB-s",
    dollarsPerMillion: 12.5,
    includedMillions: 0.4,
    page: "durable-objects/platform/pricing",
  },
  rowsWritten: {
    title: "Rows written (index entries, deletes and alarms set included)",
    dollarsPerMillion: 1,
    includedMillions: 50,
    page: "durable-objects/platform/pricing",
  },
  rowsRead: {
    title: "Rows read",
    dollarsPerMillion: 0.001,
    includedMillions: 25_000,
    page: "durable-objects/platform/pricing",
  },
  queueOperations: {
    title: "Queue operations (messages written, read, deleted)",
    dollarsPerMillion: 0.4,
    includedMillions: 1,
    page: "queues/platform/pricing",
  },
  kvReads: { title: "KV reads", dollarsPerMillion: 0.5, includedMillions: 10, page: "kv/platform/pricing" },
  kvWrites: { title: "KV writes", dollarsPerMillion: 5, includedMillions: 1, page: "kv/platform/pricing" },
  logLines: {
    title: "Log lines",
    dollarsPerMillion: 0.6,
    includedMillions: 20,
    page: "workers/observability/logs/workers-logs",
  },
  analyticsPoints: {
    title: "Analytics points",
    dollarsPerMillion: 0.25,
    includedMillions: 10,
    page: "analytics/analytics-engine/pricing",
  },
} as const satisfies Readonly<Record<string, Price>>;

export type Operation = keyof typeof PRICES;

/** CPU of one invocation of the Worker: generous for what `npm run bench` measures for a whole event. */
export const WORKER_CPU_MS = 2;
/** How long one call or alarm keeps an object busy, its commit included. */
export const OBJECT_BUSY_MS = 5;
/** How much longer if it writes to the queue: it is charged until the queue has answered. */
export const OBJECT_SEND_MS = 20;
/** An object is charged for 128 MB whatever it uses. */
export const OBJECT_GB = 0.128;

/** The Workers Paid plan, a month (workers/platform/pricing). */
export const PLAN_DOLLARS = 5;
/** SQLite storage of objects, beyond what is included (durable-objects/platform/pricing). */
export const STORAGE_DOLLARS_PER_GB_MONTH = 0.2;
export const STORAGE_INCLUDED_GB = 5;
/** An event in the database, as `npm run scale` measures it. */
export const EVENT_KB = 2.5;
/** The default retention. */
export const KEPT_MONTHS = 3;
