/**
 * The ledger: every callback we answered for and every delivery we owe, counted where they arrive and
 * again where they end, so that a remainder shows (docs/storage.md#the-ledger). Pure.
 */
import type { DeliveryRow, DeliveryState, Direct, EventHead } from "./store/rows.ts";

export interface SourceCounts {
  /** Callbacks answered for: counted on arrival, apart from what they turn out to be. */
  readonly arrived: number;
  readonly accepted: number;
  readonly duplicate: number;
  readonly superseded: number;
  readonly deferred: number;
  readonly quarantined: number;
  /** Refused after having been deferred; a callback refused at once costs no storage. */
  readonly refused: number;
}

export interface DestinationCounts {
  /** Deliveries that were ever owed: counted on arrival. */
  readonly owed: number;
  readonly delivered: number;
  readonly pending: number;
  readonly dead: number;
  readonly dismissed: number;
}

export interface Counts {
  readonly sources: Readonly<Record<string, SourceCounts>>;
  readonly destinations: Readonly<Record<string, DestinationCounts>>;
}

export type SourceChange = Partial<SourceCounts>;
export type DestinationChange = Partial<DestinationCounts>;

/** What something adds to the counts. */
export interface Change {
  readonly source?: readonly [name: string, change: SourceChange];
  readonly destinations?: readonly (readonly [name: string, change: DestinationChange])[];
}

export const NO_COUNTS: Counts = { sources: {}, destinations: {} };

const NO_SOURCE_COUNTS: SourceCounts = {
  arrived: 0,
  accepted: 0,
  duplicate: 0,
  superseded: 0,
  deferred: 0,
  quarantined: 0,
  refused: 0,
};
const NO_DESTINATION_COUNTS: DestinationCounts = { owed: 0, delivered: 0, pending: 0, dead: 0, dismissed: 0 };

function added<T extends object>(none: T, before: T | undefined, change: Partial<T>, sign: 1 | -1): T {
  const after = { ...(before ?? none) } as Record<string, number>;
  for (const [key, by] of Object.entries(change)) after[key] = (after[key] ?? 0) + sign * (by as number);
  return after as T;
}

/** The counts with a change added (or, with `sign` -1, taken off). */
export function counted(counts: Counts, { source, destinations = [] }: Change, sign: 1 | -1 = 1): Counts {
  let { sources, destinations: byDestination } = counts;
  if (source) {
    const [name, change] = source;
    sources = { ...sources, [name]: added(NO_SOURCE_COUNTS, sources[name], change, sign) };
  }
  for (const [name, change] of destinations) {
    byDestination = {
      ...byDestination,
      [name]: added(NO_DESTINATION_COUNTS, byDestination[name], change, sign),
    };
  }
  return { sources, destinations: byDestination };
}

/** Both counts added. */
export function together(a: Counts, b: Counts): Counts {
  const withSources = Object.entries(b.sources).reduce((counts, source) => counted(counts, { source }), a);
  return counted(withSources, { destinations: Object.entries(b.destinations) });
}

/** What one event's rows stand for in the counts: by this a recount goes. */
export function changeOf(
  event: Pick<EventHead, "source" | "state" | "direct" | "duplicates">,
  rows: readonly Pick<DeliveryRow, "destination" | "state">[],
): Change {
  const destinations = [
    ...Object.entries(event.direct === null ? {} : (JSON.parse(event.direct) as Direct)).map(
      ([name, attempt]) => [name, owed(attempt === null ? "pending" : "delivered")] as const,
    ),
    ...rows.map(({ destination, state }) => [destination, owed(state)] as const),
  ];
  if (event.state === "alert") return { destinations };
  const { duplicates } = event;
  // What was released is counted where it went; its repeats stay here.
  const kind = event.state === "conflicting" ? "duplicate" : event.state;
  const own = kind === "released" ? {} : { arrived: 1, [kind]: 1 };
  const source = counted(counted(NO_COUNTS, { source: [event.source, own] }), {
    source: [event.source, { arrived: duplicates, duplicate: duplicates }],
  }).sources[event.source];
  return { source: [event.source, source ?? {}], destinations };
}

function owed(state: DeliveryState): DestinationChange {
  return state === "none" ? {} : { owed: 1, [state]: 1 };
}

/** One shard's part of the ledger. */
export interface LedgerPart {
  readonly counts: Counts;
  /** Destinations that this shard holds back, since they are paused or not configured: their pending is parked. */
  readonly held: readonly string[];
  /** What the last full recount of the rows found to be missing (positive) or too much, by name; empty: nothing. */
  readonly remainder: Readonly<Record<string, number>>;
}

export interface Ledger {
  readonly sources: Readonly<Record<string, Omit<SourceCounts, "arrived"> & { readonly authentic: number }>>;
  readonly destinations: Readonly<Record<string, DestinationCounts & { readonly parked: number }>>;
  readonly remainder: Readonly<Record<string, number>>;
}

/** The whole: every shard's counts added up, and whatever does not add up. */
export function addUp(parts: readonly LedgerPart[]): Ledger {
  let counts = NO_COUNTS;
  const parked = new Map<string, number>();
  const remainder: Record<string, number> = {};
  for (const part of parts) {
    // What is "owed" to the verifier is a question, not a delivery.
    const own = Object.entries(part.counts.destinations).filter(([name]) => !name.startsWith("@"));
    counts = together(counts, { sources: part.counts.sources, destinations: Object.fromEntries(own) });
    for (const [name, { pending }] of own)
      if (part.held.includes(name)) parked.set(name, (parked.get(name) ?? 0) + pending);
    for (const [name, count] of Object.entries({ ...part.remainder, ...arithmeticRemainder(part.counts) }))
      remainder[name] = (remainder[name] ?? 0) + count;
  }
  const sources = Object.fromEntries(
    Object.entries(counts.sources).map(([name, { arrived, ...of }]) => [name, { authentic: arrived, ...of }]),
  );
  const destinations = Object.fromEntries(
    Object.entries(counts.destinations).map(([name, of]) => {
      const held = parked.get(name) ?? 0;
      return [name, { ...of, pending: of.pending - held, parked: held }];
    }),
  );
  return { sources, destinations, remainder };
}

/** What arrived and did not end as anything, by name; a count below zero counts as one as well. */
export function arithmeticRemainder({ sources, destinations }: Counts): Record<string, number> {
  const found: Record<string, number> = {};
  const check = (name: string, total: number, parts: readonly number[]) => {
    const rest = total - parts.reduce((sum, part) => sum + part, 0);
    const below = Math.min(0, total, ...parts);
    if (rest !== 0 || below !== 0) found[name] = rest === 0 ? below : rest;
  };
  for (const [name, { arrived, ...parts }] of Object.entries(sources))
    check(name, arrived, Object.values(parts));
  for (const [name, { owed, ...parts }] of Object.entries(destinations))
    check(name, owed, Object.values(parts));
  return found;
}

/** Where a recount of the rows differs from the counts, by `name:count`; empty: nowhere. */
export function differences(counts: Counts, recounted: Counts): Record<string, number> {
  const found: Record<string, number> = {};
  const compare = (ours: Readonly<Record<string, object>>, theirs: Readonly<Record<string, object>>) => {
    for (const name of new Set([...Object.keys(ours), ...Object.keys(theirs)])) {
      const [a, b] = [ours[name] ?? {}, theirs[name] ?? {}] as Record<string, number>[];
      for (const key of new Set([...Object.keys(a ?? {}), ...Object.keys(b ?? {})])) {
        const difference = (a?.[key] ?? 0) - (b?.[key] ?? 0);
        if (difference !== 0) found[`${name}:${key}`] = difference;
      }
    }
  };
  compare(counts.sources, recounted.sources);
  compare(counts.destinations, recounted.destinations);
  return found;
}
