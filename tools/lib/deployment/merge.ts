/**
 * One configuration for wrangler of two files: ours (`wrangler.toml`, without what is development's) and a merchant's
 * (`deployments/<name>/relay.toml`). What is one of a kind on an account is named after the Worker: queues, which have
 * one consumer each, the counters' dataset, and the numbers of the rate limits, so that a staging relay beside a
 * production shares nothing with it. Pure.
 */
import { createHash } from "node:crypto";
import { isTable, type Table } from "../../../src/config/table.ts";
import { emailBinding, entriesOf, secretsNeeded } from "./own.ts";

/** What of `wrangler.toml` is development's alone. */
const DEVELOPMENT = new Set(["$schema", "name", "account_id", "workers_dev", "preview_urls", "vars"]);

/** What a deployment has unless it says otherwise. */
const DEFAULTS: Table = {
  workers_dev: false,
  preview_urls: false,
  // Cloudflare's default at the time of writing, said here so that it does not change unseen.
  limits: { cpu_ms: 30_000 },
};

/** @param own without `ownProblems`  @param up from the made file to the project: `../..` */
export function mergeDeployment(ours: Table, own: Table, up: string): Table {
  const name = String(own["name"]);
  const email = emailBinding(own);
  const base = Object.fromEntries(Object.entries(ours).filter(([key]) => !DEVELOPMENT.has(key)));
  const merged = deepMerge(deepMerge(base, DEFAULTS), without(own, ["kv_namespaces", "ratelimits"]));
  return {
    ...merged,
    $schema: `${up}/node_modules/wrangler/config-schema.json`,
    main: `${up}/${String(ours["main"])}`,
    kv_namespaces: withOwn(
      // Without an id wrangler makes the namespace with the first deployment, and finds it again.
      entriesOf(ours, "kv_namespaces").map(({ binding }) => ({ binding })),
      entriesOf(own, "kv_namespaces"),
      "binding",
    ),
    ratelimits: withOwn(
      entriesOf(ours, "ratelimits").map((limit) => ({
        ...limit,
        namespace_id: numberOf(`${name}/${String(limit["name"])}`),
      })),
      entriesOf(own, "ratelimits"),
      "name",
    ),
    analytics_engine_datasets: entriesOf(ours, "analytics_engine_datasets").map((set) => ({
      ...set,
      dataset: name.replaceAll("-", "_"),
    })),
    queues: queuesOf(ours, name),
    ...(email === null ? {} : { send_email: [email] }),
    // A deployment without one of them is refused by wrangler.
    secrets: { required: secretsNeeded(own) },
  };
}

/** Names of the queues, each once. */
export function queueNames(config: Table): string[] {
  const queues = isTable(config["queues"]) ? config["queues"] : {};
  const named = [...entriesOf(queues, "producers"), ...entriesOf(queues, "consumers")].flatMap(
    ({ queue, dead_letter_queue: dead }) => [queue, dead].filter((one) => typeof one === "string"),
  );
  return [...new Set(named)];
}

function queuesOf(ours: Table, name: string): Table {
  const queues = isTable(ours["queues"]) ? ours["queues"] : {};
  const named = (entry: Table): Table =>
    Object.fromEntries(
      Object.entries(entry).map(([key, value]) => [
        key,
        ["queue", "dead_letter_queue"].includes(key) ? `${name}-${String(value)}` : value,
      ]),
    );
  return {
    producers: entriesOf(queues, "producers").map(named),
    consumers: entriesOf(queues, "consumers").map(named),
  };
}

/** Tables are merged, anything else is replaced. */
function deepMerge(below: Table, above: Table): Table {
  const merged: Record<string, unknown> = { ...below };
  for (const [key, value] of Object.entries(above)) {
    const under = below[key];
    merged[key] = isTable(under) && isTable(value) ? deepMerge(under, value) : value;
  }
  return merged;
}

/** Each of ours, with what the merchant's entry of the same name says. */
function withOwn(ours: readonly Table[], own: readonly Table[], key: string): Table[] {
  return ours.map((entry) => ({ ...entry, ...own.find((other) => other[key] === entry[key]) }));
}

function without(table: Table, keys: readonly string[]): Table {
  return Object.fromEntries(Object.entries(table).filter(([key]) => !keys.includes(key)));
}

/** A number for a rate limit, which has to be another one for each limit of an account. */
function numberOf(text: string): string {
  return String(createHash("sha256").update(text).digest().readUInt32BE(0) >>> 1);
}
