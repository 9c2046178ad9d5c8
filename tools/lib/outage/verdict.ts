/** What must be true of an outage once it is over. Pure: over what the CRM recorded and what the relay's API says. */
import { BREAKER_FAILURES, BREAKER_MAX_PROBE_MS, BREAKER_PROBE_MS } from "../../../src/limits.ts";
import type { Arrival } from "./crm.ts";

/** An attempt as the relay has recorded it. */
export interface Attempt {
  /** Epoch ms when it began to send. */
  readonly atMs: number;
  readonly delivered: boolean;
}

export type Ledger = {
  readonly sources: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly destinations: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly remainder: Readonly<Record<string, number>>;
};

export interface Outcome {
  /** By payment, the events in the order of their acceptance. */
  readonly accepted: readonly (readonly string[])[];
  readonly arrivals: readonly Arrival[];
  readonly attempts: readonly Attempt[];
  readonly ledger: Ledger;
  readonly perSecond: number;
  /**
   * How late the machine may make a request. The relay keeps its slots to the millisecond; a request
   * that is sent 50 ms late shares its second with 50 ms' worth of others.
   */
  readonly lateMs: number;
  readonly shards: number;
  /** From the first acceptance until the CRM recovered. */
  readonly outageMs: number;
}

/** Attempts of one shard that may be under way when its breaker opens: the consumer has six connections. */
const UNDER_WAY = 6;
/** The breaker counts payments: the first of ten may be tried again before the tenth has failed. */
const TRIES = 2;

/** The most instants that fall into any window of this length. */
export function mostWithin(instants: readonly number[], windowMs: number): number {
  const sorted = instants.toSorted((a, b) => a - b);
  let most = 0;
  let from = 0;
  for (const [to, instant] of sorted.entries()) {
    while (instant - (sorted[from] ?? 0) >= windowMs) from += 1;
    most = Math.max(most, to - from + 1);
  }
  return most;
}

/** The most attempts that a dead CRM may cost, however many events wait for it. */
export function mostAttempts(shards: number, outageMs: number): number {
  let probes = 0;
  for (let atMs = BREAKER_PROBE_MS, interval = BREAKER_PROBE_MS; atMs <= outageMs; atMs += interval) {
    probes += 1;
    interval = Math.min(2 * interval, BREAKER_MAX_PROBE_MS);
  }
  return shards * (TRIES * BREAKER_FAILURES + UNDER_WAY - 1 + probes);
}

/** Every violation, in words; none if all is well. */
export function violations(outcome: Outcome): string[] {
  const { arrivals, attempts, ledger, perSecond, lateMs, shards, outageMs } = outcome;
  const failed = attempts.filter(({ delivered }) => !delivered).length;
  const allowed = Math.ceil((perSecond * (1_000 + lateMs)) / 1_000);
  const rates = {
    "the relay sent": mostWithin(
      attempts.map(({ atMs }) => atMs),
      1_000,
    ),
    "the CRM was sent": mostWithin(
      arrivals.map(({ atMs }) => atMs),
      1_000,
    ),
  };
  return [
    ...deliveries(outcome),
    ...Object.entries(rates)
      .filter(([, most]) => most > allowed)
      .map(([who, most]) => `rate: ${who} ${most} requests within a second, ${allowed} are allowed`),
    ...(failed > mostAttempts(shards, outageMs)
      ? [`breaker: ${failed} attempts failed, ${mostAttempts(shards, outageMs)} are allowed`]
      : []),
    ...unbalanced(outcome.accepted.flat().length, ledger),
  ];
}

/** Everything arrived: verified, once, with one body, in the order of its payment. */
function deliveries({ accepted, arrivals }: Outcome): string[] {
  const wrong: string[] = arrivals
    .filter(({ verified }) => !verified)
    .map(({ id }) => `signature: ${id} could not be verified`);
  const byId = Map.groupBy(arrivals, ({ id }) => id);
  for (const [id, of] of byId) {
    if (new Set(of.map(({ sha256 }) => sha256)).size > 1) wrong.push(`exact: ${id} came with several bodies`);
    const taken = of.filter(({ status }) => status === 200).length;
    if (taken !== 1) wrong.push(`once: ${id} was taken ${taken} times`);
  }
  const known = new Set(accepted.flat());
  for (const id of byId.keys()) if (!known.has(id)) wrong.push(`closed: ${id} was never accepted`);
  for (const ids of accepted) {
    let takenBeforeMs = -Infinity;
    for (const [index, id] of ids.entries()) {
      const of = byId.get(id) ?? [];
      const taken = of.find(({ status }) => status === 200);
      if (!taken) wrong.push(`kept: ${id} did not arrive`);
      const [first] = of;
      if (!first) continue;
      if (first.sequence !== index + 1) wrong.push(`order: ${id} is ${first.sequence}, not ${index + 1}`);
      // Not attempted before the event before it was delivered.
      if (first.atMs < takenBeforeMs) wrong.push(`order: ${id} came before the event before it`);
      takenBeforeMs = taken?.atMs ?? Infinity;
    }
  }
  return wrong;
}

function unbalanced(events: number, { sources, destinations, remainder }: Ledger): string[] {
  const wrong = Object.entries(remainder).map(
    ([name, count]) => `ledger: ${name} has a remainder of ${count}`,
  );
  const accepted = Object.values(sources).reduce((sum, source) => sum + (source["accepted"] ?? 0), 0);
  if (accepted !== events) wrong.push(`ledger: ${accepted} accepted, but ${events} were answered so`);
  for (const [name, counts] of Object.entries(destinations)) {
    const { owed, delivered, pending, parked, dead } = counts;
    if (owed === events && delivered === events && pending === 0 && parked === 0 && dead === 0) continue;
    wrong.push(`ledger: ${name} ${JSON.stringify(counts)}, ${events} should be owed and delivered`);
  }
  return wrong;
}
