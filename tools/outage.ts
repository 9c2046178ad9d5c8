/**
 * `npm run outage`: the CRM is down while thousands of events are accepted, and recovers. Reports what
 * the outage cost and whether everything was delivered, in order and at the CRM's rate; exit code 1 if not.
 */
import { cpus } from "node:os";
import { join } from "node:path";
import { DEFAULT_INBOX_SHARDS } from "../src/limits.ts";
import { outage } from "./lib/outage/run.ts";
import { parseCount, readArgs } from "./lib/text.ts";

const USAGE = `Usage: npm run outage -- [options]

  --events <n>  accepted while the CRM is down (5000)
  --rate <n>    the CRM's max_per_second (200)
  --shards <n>  Inboxes (8). The local queue has one consumer, which reaches the rate with one Inbox only
  --short       800 events, and a CRM that is down only while they are accepted

The full run takes two to five minutes: the breaker's probes are not compressed. Requests may be late by
50 ms on their way to the wire, which is 5 % of the rate within one second.`;

/** The first probe, after 30 s, fails in every shard; the second, 60 s later, succeeds. */
const AWAY_MS = 75_000;
const SHORT_EVENTS = "800";
/** 5 % of the rate: what a machine with nothing else to do needs. */
const LATE_MS = 50;
const MOST_SHOWN = 20;
/** A shard's breaker opens after ten failing payments: every shard must have that many, the least fortunate too. */
const LEAST_EVENTS_PER_SHARD = 100;

const { values } = readArgs(USAGE, {
  options: {
    events: { type: "string" },
    rate: { type: "string", default: "200" },
    shards: { type: "string", default: String(DEFAULT_INBOX_SHARDS) },
    short: { type: "boolean", default: false },
  },
});

const shards = parseCount("shards", values.shards, 1);
const events = values.events ?? (values.short ? SHORT_EVENTS : "5000");

console.log(`${new Date().toISOString()}, ${cpus().length} cores, Node ${process.version}`);
const { figures, violations } = await outage({
  project: join(import.meta.dirname, ".."),
  events: parseCount("events", events, LEAST_EVENTS_PER_SHARD * shards),
  perSecond: parseCount("rate", values.rate, 1),
  lateMs: LATE_MS,
  shards,
  awayMs: values.short ? 0 : AWAY_MS,
  onProgress: (line) => console.log(`  ${line}`),
});

const width = Math.max(...Object.keys(figures).map((name) => name.length));
console.log("");
for (const [name, figure] of Object.entries(figures)) console.log(`${name.padEnd(width)}  ${figure}`);
console.log("");
for (const violation of violations.slice(0, MOST_SHOWN)) console.log(`  ${violation}`);
console.log(violations.length === 0 ? "Everything held." : `${violations.length} violations`);
process.exitCode = violations.length === 0 ? 0 : 1;
