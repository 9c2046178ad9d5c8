/**
 * What must be true after chaos: the promises, judged from outside. Pure.
 *
 * Its evidence is what the providers got as responses, what the CRM received, and what the operator API
 * and the rows on disk say. It knows nothing of how the relay works inside.
 */
import type { Received } from "../ledger.ts";
import type { Refused } from "../crm-server.ts";
import { REPEATS_IN_MEMORY_MS } from "../../../src/limits.ts";
import type { Kill } from "./host.ts";
import type { Told } from "./psp.ts";
import type { Counted, Recount } from "./rows.ts";

/** An event of `GET /api/events`, as far as it is needed. */
export interface Listed {
  readonly id: string;
  readonly state: string;
  readonly duplicates: number;
  readonly became: string | null;
}

export interface Ledger {
  readonly sources: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly destinations: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly remainder: Readonly<Record<string, number>>;
}

export interface Evidence {
  readonly told: readonly Told[];
  readonly events: readonly Listed[];
  readonly received: readonly Received[];
  readonly refused: readonly Refused[];
  readonly ledger: Ledger;
  readonly recount: Recount;
  readonly kills: readonly Kill[];
}

export interface Violation {
  readonly promise: "kept" | "once" | "in order" | "exact" | "closed" | "ledger";
  readonly what: string;
}

/** How late an alarm may be on a machine that is busy with being killed. */
export const ALARM_LATE_MS = 2_000;

/** States in which an event is not forwarded, and visible to a person. */
const SET_ASIDE: ReadonlySet<string> = new Set(["superseded", "deferred", "quarantined", "refused", "dead"]);

export function judge(evidence: Evidence): Violation[] {
  return [
    ...kept(evidence),
    ...onceAndExact(evidence),
    ...inOrder(evidence),
    ...closed(evidence),
    ...counted(evidence),
    ...addsUp(evidence),
  ];
}

function byId(events: readonly Listed[]): Map<string, Listed[]> {
  return Map.groupBy(events, ({ id }) => id);
}

/** Every callback that got a 2xx is delivered, or visibly dead or set aside. */
function kept({ told, events, received }: Evidence): Violation[] {
  const listed = byId(events);
  const atCrm = new Set(received.map(({ id }) => id));
  const fateOf = (id: string): string | null => {
    const event = listed.get(id)?.[0];
    if (!event) return "is nowhere";
    if (event.state === "delivered") return atCrm.has(id) ? null : "is delivered, but the CRM has not got it";
    if (event.state === "released") return event.became === null ? "became nothing" : fateOf(event.became);
    return SET_ASIDE.has(event.state) ? null : `is still ${event.state}`;
  };
  return idsOf(told).flatMap((id): Violation[] => {
    const fate = fateOf(id);
    return fate === null ? [] : [{ promise: "kept", what: `${id} ${fate}` }];
  });
}

/** One event per id, one body per id: the one that was frozen. */
function onceAndExact({ events, received, recount }: Evidence): Violation[] {
  const twice = [...byId(events)].filter(([, rows]) => rows.length > 1);
  return [
    ...twice.map(([id]): Violation => ({ promise: "once", what: `${id} is listed more than once` })),
    ...received
      .filter(({ flags }) => flags.includes("came again with another body"))
      .map(({ id }): Violation => ({ promise: "exact", what: `${id} came with two bodies` })),
    ...received
      .filter(({ id, sha256 }) => recount.bodies.get(id) !== sha256)
      .map(({ id }): Violation => ({ promise: "exact", what: `${id} came with a body that is not on disk` })),
  ];
}

/** First arrivals of a payment increase without a gap; what is dead may be missing. */
function inOrder({ received, events }: Evidence): Violation[] {
  const dead = events.filter(({ state }) => state === "dead").length;
  return [...Map.groupBy(received, ({ payment_id }) => payment_id)].flatMap(([payment, arrivals]) => {
    const seen = arrivals.map(({ sequence }) => sequence);
    const increases = seen.every((sequence, index) => index === 0 || sequence > (seen[index - 1] ?? 0));
    const gaps = Math.max(...seen) - seen.length;
    return increases && gaps <= dead
      ? []
      : [{ promise: "in order" as const, what: `${payment} came as ${seen.join(", ")}` }];
  });
}

/** Nothing arrived without a genuine callback that got a 2xx, and everything was signed. */
function closed({ told, events, received, refused }: Evidence): Violation[] {
  const became = events.flatMap((event) => event.became ?? []);
  const genuine = new Set([...idsOf(told), ...became]);
  return [
    ...received
      .filter(({ id }) => !genuine.has(id))
      .map(({ id }): Violation => ({ promise: "closed", what: `${id} came of no genuine callback` })),
    ...refused.map(({ id, why }): Violation => ({ promise: "closed", what: `${id}: ${why}` })),
  ];
}

/**
 * As many callbacks were counted as got a 2xx. A try whose response was lost may have been counted or
 * not; any repeat may have been recognised by the shield; a deferred callback is accepted once more by
 * each of its decisions that a kill kept from being recorded; and a kill takes the count of repeats of the
 * seconds before it, never that of an event.
 */
function counted({ told, events, kills }: Evidence): Violation[] {
  const listed = byId(events);
  const again = Map.groupBy(events, ({ became }) => became);
  return told.flatMap(({ answered, unanswered, shieldable }) =>
    [...answered].flatMap(([id, answers]): Violation[] => {
      const event = listed.get(id)?.[0];
      if (!event) return [];
      const count = 1 + event.duplicates;
      const most = answers.length + unanswered + (again.get(id)?.length ?? 0) * (1 + kills.length);
      const least = shieldable ? 1 : Math.max(1, answers.length - forgettable(answers, kills));
      return count >= least && count <= most
        ? []
        : [{ promise: "ledger", what: `${id} was counted ${count} times, not ${least} to ${most}` }];
    }),
  );
}

/**
 * How many of these 2xx may have been repeats whose count a kill took. Never the first: either it was for the
 * event itself, or that was stored by a try before it.
 *
 * @param answers when each came (epoch ms)
 */
export function forgettable(answers: readonly number[], kills: readonly Kill[]): number {
  const memoryMs = REPEATS_IN_MEMORY_MS + ALARM_LATE_MS;
  const [, ...repeats] = answers.toSorted((a, b) => a - b);
  return repeats.filter((at) => kills.some(({ fromMs, toMs }) => at > fromMs - memoryMs && at <= toMs))
    .length;
}

/** The ledger is what the rows say, in all and in every shard, and has no remainder. */
function addsUp({ ledger, recount }: Evidence): Violation[] {
  const kinds = [
    ["sources", "authentic", "arrived"],
    ["destinations", "owed", "owed"],
  ] as const;
  return [
    ...kinds.flatMap(([kind, total]) => differs("", ledger[kind], recount[kind], total)),
    ...recount.shards.flatMap((shard) =>
      kinds.flatMap(([kind, , total]) =>
        differs(`${shard.name}: `, shard[kind].said, shard[kind].rows, total),
      ),
    ),
    ...[ledger, ...recount.shards].flatMap(({ remainder }) =>
      Object.entries(remainder).map(([name, count]): Violation => ({
        promise: "ledger",
        what: `${name}: a remainder of ${count}`,
      })),
    ),
  ];
}

/** @param total the count that must be the sum of all others */
function differs(where: string, said: Ledger["sources"], rows: Counted, total: string): Violation[] {
  return [...new Set([...Object.keys(said), ...Object.keys(rows)])].flatMap((name): Violation[] => {
    const { [total]: all = 0, ...parts } = said[name] ?? {};
    const recounted = rows[name] ?? {};
    const names = new Set([...Object.keys(parts), ...Object.keys(recounted)]);
    const wrong = [...names].some((part) => (parts[part] ?? 0) !== (recounted[part] ?? 0));
    const sum = Object.values(recounted).reduce((so, count) => so + count, 0);
    if (!wrong && all === sum) return [];
    const [ours, theirs] = [JSON.stringify(said[name]), JSON.stringify(rows[name])];
    return [{ promise: "ledger", what: `${where}${name}: the ledger says ${ours}, the rows ${theirs}` }];
  });
}

/** How many violations of each kind, whatever they are of, the most frequent first: few are printed one by one. */
export function byKind(violations: readonly Violation[]): [kind: string, count: number][] {
  const kinds = Map.groupBy(violations, ({ what }) => what.replace(/^\S+ /, "").replaceAll(/\d+/g, "…"));
  return [...kinds].map(([kind, of]): [string, number] => [kind, of.length]).sort(([, a], [, b]) => b - a);
}

function idsOf(told: readonly Told[]): string[] {
  return [...new Set(told.flatMap(({ answered }) => [...answered.keys()]))];
}
