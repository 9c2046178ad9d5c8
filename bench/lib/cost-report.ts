/** The cost section of docs/performance.md, and whether the targets are met. Pure. */
import { type Counts, dollarsPerMillion, operationsOf, plus } from "./bill.ts";
import { markdownTable } from "./markdown.ts";
import {
  EVENT_KB,
  KEPT_MONTHS,
  OBJECT_BUSY_MS,
  OBJECT_SEND_MS,
  type Operation,
  PRICES,
  PLAN_DOLLARS,
  PRICES_DATE,
  STORAGE_DOLLARS_PER_GB_MONTH,
  STORAGE_INCLUDED_GB,
  WORKER_CPU_MS,
} from "./prices.ts";

/** Operations of one event or request each, as test/cost counts them. */
export interface CostCounts {
  /** Accepted, delivered and settled, one event a second in each shard; alarms included. */
  readonly delivered: Counts;
  /** Forgotten when its retention is over. */
  readonly purged: Counts;
  /** One event an hour in its shard: accepted, delivered, its alarms and its purge. */
  readonly quiet: Counts;
  readonly duplicate: Counts;
  readonly forged: Counts;
  /** One run of the monitor over all shards. */
  readonly monitor: Counts;
}

/** What an event may cost at most. */
export const TARGETS = {
  /** Dollars per million delivered events, purge included, in a busy shard and in a quiet one. */
  delivered: 5.5,
  /** Dollars per million. */
  duplicate: 0.6,
  /** Of a healthy delivered event; alarms and purge are in the dollars. */
  rowsWritten: 4,
  objectCalls: 2,
  queueOperations: 0,
} as const;

/** Targets that this code is known to miss. A target that is met leaves the list, and cannot come back unnoticed. */
export const KNOWN_MISSES: readonly string[] = [
  "$ per million delivered events, quiet shard, purge included",
];

const MONITOR_RUNS_PER_MONTH = (30 * 24 * 60) / 5;

const COLUMNS = [
  ["delivered", "delivered, busy shard"],
  ["purged", "its purge"],
  ["quiet", "delivered, quiet shard, purge included"],
  ["duplicate", "duplicate"],
  ["forged", "forgery"],
] as const;

export function costReport(counts: CostCounts): string {
  const operations = COLUMNS.map(([name]) => operationsOf(counts[name]));
  const rows = (Object.keys(PRICES) as Operation[]).map((name) => [
    PRICES[name].title,
    ...operations.map((bill) => amount(bill[name])),
    PRICES[name].dollarsPerMillion.toFixed(3),
  ]);
  const dollars = COLUMNS.map(([name]) => dollarsPerMillion(counts[name]).toFixed(2));
  const total = dollarsPerMillion(plus(counts.delivered, counts.purged)).toFixed(2);
  const monitor = (dollarsPerMillion(counts.monitor) * MONITOR_RUNS_PER_MONTH) / 1_000_000;
  const pages = [...new Set(Object.values(PRICES).map(({ page }) => page))];
  return [
    `A delivered event, its purge included: **$${total} per million** in a busy shard, **$${dollarsPerMillion(counts.quiet).toFixed(2)}** in one that sees an event an hour.`,
    markdownTable(
      ["operations each", ...COLUMNS.map(([, heading]) => heading), "$ per million"],
      [...rows, ["**$ per million of them**", ...dollars.map((text) => `**${text}**`), ""]],
    ),
    `The monitor, every five minutes whatever comes in: ${amount(operationsOf(counts.monitor).objectRequests)} object requests and ${amount(counts.monitor.rowsRead)} rows read a run in the shards of this count, $${monitor.toFixed(2)} a month. It is in no column.`,
    `Prices of ${PRICES_DATE}, beyond the allowances of the Workers Paid plan, from developers.cloudflare.com: ${pages.map((page) => `\`${page}\``).join(", ")}. Not counted but assumed: ${WORKER_CPU_MS} ms of CPU for an invocation of the Worker, ${OBJECT_BUSY_MS} ms an object is busy with a call or an alarm and ${OBJECT_SEND_MS} ms with a call to the queue. Storage is not included.`,
  ].join("\n\n");
}

/** By events a second, all month. */
const RATES = [0.1, 1, 10, 100, 1_000, 10_000] as const;
const SECONDS_PER_MONTH = 30 * 24 * 3_600;

/** The table of docs/scale.md: what a month costs at a rate. */
export function monthlyReport({ delivered, purged }: CostCounts): string {
  const each = dollarsPerMillion(plus(delivered, purged)) / 1_000_000;
  const storage = (EVENT_KB / 1e6) * KEPT_MONTHS * STORAGE_DOLLARS_PER_GB_MONTH;
  const rows = RATES.map((rate) => {
    const events = rate * SECONDS_PER_MONTH;
    const dollars = [events * each, events * storage, events * (each + storage)];
    return [rate, Math.round(events), ...dollars.map(Math.round)].map((value) => value.toLocaleString("en"));
  });
  return markdownTable(
    ["events a second", "events a month", "operations, $ a month", "storage, $ a month", "together"],
    rows,
  );
}

/** Events a month of the table in docs/deploy.md. */
const VOLUMES = [10_000, 100_000, 1_000_000, 10_000_000, 100_000_000] as const;
/** Of the default configuration, which is what is counted. */
const SHARDS = 8;
/** Events an hour in a shard from which they share its alarms and its ledger's rows as the busy count has it. */
const BUSY_EVENTS_PER_HOUR = 60;

/** The table of docs/deploy.md: a month's bill at a volume, plan and allowances included. */
export function billReport({ delivered, purged, quiet, monitor }: CostCounts): string {
  const watch = operationsOf(monitor);
  const rows = VOLUMES.map((events) => {
    const isBusy = events / SHARDS >= (BUSY_EVENTS_PER_HOUR * SECONDS_PER_MONTH) / 3_600;
    const each = operationsOf(isBusy ? plus(delivered, purged) : quiet);
    const dollars = (Object.keys(PRICES) as Operation[]).map((name) => {
      const millions = (events * each[name] + MONITOR_RUNS_PER_MONTH * watch[name]) / 1_000_000;
      return Math.max(0, millions - PRICES[name].includedMillions) * PRICES[name].dollarsPerMillion;
    });
    const gigabytes = ((events * EVENT_KB) / 1e6) * KEPT_MONTHS;
    const storage = Math.max(0, gigabytes - STORAGE_INCLUDED_GB) * STORAGE_DOLLARS_PER_GB_MONTH;
    const operations = dollars.reduce((sum, part) => sum + part, 0);
    return [
      events.toLocaleString("en"),
      ...[operations, storage, PLAN_DOLLARS + operations + storage].map((sum) => sum.toFixed(2)),
    ];
  });
  return markdownTable(["events a month", "operations, $", "storage, $", "with the plan, $"], rows);
}

function amount(value: number): string {
  return value.toLocaleString("en", { maximumFractionDigits: value < 0.1 ? 4 : 2 });
}

export interface Missed {
  readonly target: string;
  readonly most: number;
  readonly counted: number;
}

/** The targets that these counts do not meet. */
export function missedTargets(counts: CostCounts): Missed[] {
  const { delivered, purged, quiet, duplicate } = counts;
  const judged: Missed[] = [
    {
      target: "$ per million delivered events, busy shard, purge included",
      most: TARGETS.delivered,
      counted: dollarsPerMillion(plus(delivered, purged)),
    },
    {
      target: "$ per million delivered events, quiet shard, purge included",
      most: TARGETS.delivered,
      counted: dollarsPerMillion(quiet),
    },
    { target: "$ per million duplicates", most: TARGETS.duplicate, counted: dollarsPerMillion(duplicate) },
    {
      target: "rows written per delivered event",
      most: TARGETS.rowsWritten,
      counted: delivered.rowsWritten,
    },
    {
      target: "object calls per delivered event",
      most: TARGETS.objectCalls,
      counted: delivered.objectCalls,
    },
    {
      target: "queue operations per delivered event",
      most: TARGETS.queueOperations,
      counted: delivered.queueOperations,
    },
  ];
  return judged.filter(({ most, counted }) => counted > most);
}
