/** Metrics for Prometheus, from the counts and measures of the Inbox. */
import { z } from "zod";
import { activityOf } from "../../activity/client.ts";
import { recordedLately } from "../../activity/record.ts";
import type { Recorded } from "../../activity/series.ts";
import type { Histogram } from "../../histogram.ts";
import type { InboxStub } from "../../inbox/client.ts";
import type { HealthReport } from "../../inbox/health.ts";
import { addUp, type Ledger, type LedgerPart } from "../../inbox/ledger.ts";
import { isOpen, type Breaker } from "../../inbox/policy/breaker.ts";
import { sha256Hex } from "../../verify/digest.ts";
import { VERSION } from "../../version.ts";
import { OPEN_METRICS, openMetrics, type Family, type Labels, type Samples } from "./open-metrics.ts";
import { done, operation, type Context } from "./operation.ts";

export const getMetrics = operation({
  id: "getMetrics",
  method: "get",
  path: "/metrics",
  summary: "Metrics for Prometheus (OpenMetrics)",
  tag: "watching",
  role: "read",
  responses: { 200: z.string() },
  mediaType: OPEN_METRICS,
  async run(context) {
    const { env, inbox } = context;
    const activity = activityOf(env);
    const nowMs = Date.now();
    const [shards, recorded] = await Promise.all([
      inbox.all(stateOf),
      activity ? recordedLately(activity, inbox, nowMs) : null,
    ]);
    const families = [
      ...aboutTheRelay(await configHash(context), context.config.environment),
      ...ofSources(addUp(shards.map(({ ledger }) => ledger)), recorded),
      ...ofDestinations(shards, recorded, nowMs),
      ...ofStorage(shards),
    ];
    return done(200, openMetrics(families));
  },
});

interface ShardState {
  readonly name: string;
  readonly ledger: LedgerPart;
  readonly health: HealthReport;
  readonly bytes: number;
  readonly destinations: Awaited<ReturnType<InboxStub["destinations"]>>;
}

async function stateOf(shard: InboxStub, name: string): Promise<ShardState> {
  const [ledger, health, bytes, destinations] = await Promise.all([
    shard.ledger(),
    shard.health(),
    shard.databaseBytes(),
    shard.destinations(),
  ]);
  return { name, ledger, health, bytes, destinations };
}

/** Tells one configuration from another; there is no secret in it. */
async function configHash({ env: { RELAY } }: Context): Promise<string> {
  return await sha256Hex(typeof RELAY === "string" ? RELAY : JSON.stringify(RELAY));
}

function aboutTheRelay(config: string, environment: string): Family[] {
  const labels = { version: VERSION, config, environment };
  return [{ name: "relay_build", type: "info", help: "Version and configuration.", samples: [[labels, 1]] }];
}

function ofSources(ledger: Ledger, recorded: Recorded | null): Family[] {
  const sources = Object.entries(ledger.sources);
  const states = ["accepted", "duplicate", "superseded", "deferred", "quarantined", "refused"] as const;
  return [
    {
      name: "relay_callbacks",
      type: "counter",
      help: "Callbacks answered for, by source.",
      samples: sources.map(([source, { authentic }]) => [{ source }, authentic]),
    },
    {
      name: "relay_callbacks_by_outcome",
      type: "gauge",
      help: "What they are now: one that was set aside can become another.",
      samples: sources.flatMap(([source, counts]) =>
        states.map((outcome) => [{ source, outcome }, counts[outcome]] as const),
      ),
    },
    {
      name: "relay_refused",
      type: "counter",
      help: "Requests refused at once, by source (empty: no source has the address) and reason.",
      samples: nested(recorded?.refused ?? {}, (source, reason) => ({ source, reason })),
    },
    {
      name: "relay_accept_seconds",
      type: "histogram",
      help: "From a callback's arrival until it was on disk.",
      samples: histograms(recorded?.measures.accepting ?? {}, "source"),
    },
    {
      name: "relay_ledger_remainder",
      type: "gauge",
      help: "What does not add up, by name; none when everything does.",
      samples: Object.entries(ledger.remainder).map(([name, count]) => [{ name }, count]),
    },
  ];
}

function ofDestinations(shards: readonly ShardState[], recorded: Recorded | null, nowMs: number): Family[] {
  const ledger = addUp(shards.map((shard) => shard.ledger));
  const names = Object.keys(ledger.destinations);
  const attempting = Object.entries(recorded?.measures.attempting ?? {});
  const states = shards.flatMap(({ destinations }) => destinations);
  const isBroken = (breaker: string | null) => breaker !== null && isOpen(JSON.parse(breaker) as Breaker);
  const shardsWith = (name: string, is: (state: (typeof states)[number]) => boolean) =>
    states.filter((state) => state.name === name && is(state)).length;
  const each = (valueOf: (name: string) => number): Samples<number> =>
    names.map((destination) => [{ destination }, valueOf(destination)]);
  const oldest = (name: string) =>
    shards.flatMap(({ health }) =>
      health.oldestOwed.flatMap(({ destination, since }) => (destination === name ? [since] : [])),
    );
  const kinds = ["delivered", "pending", "parked", "dead", "dismissed"] as const;
  return [
    {
      name: "relay_deliveries",
      type: "gauge",
      help: "Deliveries ever owed, by destination and what they are now.",
      samples: names.flatMap((destination) =>
        kinds.map(
          (state) => [{ destination, state }, ledger.destinations[destination]?.[state] ?? 0] as const,
        ),
      ),
    },
    {
      name: "relay_attempts",
      type: "counter",
      help: "Attempts by destination and result: a class of status, or the class of failure without an answer.",
      samples: nested(
        Object.fromEntries(attempting.map(([name, { results }]) => [name, results])),
        (destination, result) => ({ destination, result }),
      ),
    },
    {
      name: "relay_attempt_seconds",
      type: "histogram",
      help: "One attempt, by destination.",
      samples: histograms(
        Object.fromEntries(attempting.map(([name, { durations }]) => [name, durations])),
        "destination",
      ),
    },
    {
      name: "relay_delivery_seconds",
      type: "histogram",
      help: "From a callback's arrival until its event was delivered, by destination.",
      samples: histograms(
        Object.fromEntries(attempting.map(([name, { endToEnd }]) => [name, endToEnd])),
        "destination",
      ),
    },
    {
      name: "relay_oldest_owed_seconds",
      type: "gauge",
      help: "How long the attempt is overdue that waits longest; 0: none is.",
      samples: each((name) => Math.max(0, ...oldest(name).map((since) => (nowMs - since) / 1000))),
    },
    {
      name: "relay_breaker_open",
      type: "gauge",
      help: "Shards whose circuit breaker is open.",
      samples: each((name) => shardsWith(name, ({ breaker }) => isBroken(breaker))),
    },
    {
      name: "relay_destination_paused",
      type: "gauge",
      help: "1: an operator, or the receiver's 410, holds its deliveries.",
      samples: each((name) =>
        Math.min(
          1,
          shardsWith(name, ({ paused }) => paused !== null),
        ),
      ),
    },
  ];
}

function ofStorage(shards: readonly ShardState[]): Family[] {
  return [
    {
      name: "relay_database_bytes",
      type: "gauge",
      help: "Size of each shard's database.",
      samples: shards.map(({ name: shard, bytes }) => [{ shard }, bytes]),
    },
  ];
}

function nested(
  table: Readonly<Record<string, Readonly<Record<string, number>>>>,
  labelsOf: (outer: string, inner: string) => Labels,
): Samples<number> {
  return Object.entries(table).flatMap(([outer, counts]) =>
    Object.entries(counts).map(([inner, count]) => [labelsOf(outer, inner), count] as const),
  );
}

function histograms(table: Readonly<Record<string, Histogram>>, label: string): Samples<Histogram> {
  return Object.entries(table).map(([name, histogram]) => [{ [label]: name }, histogram]);
}
