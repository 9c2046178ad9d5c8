/**
 * The ledger: every callback we answered for and every delivery we owe, adding up without remainder
 * (architecture.md). Pure.
 *
 * Counted once an event is out of the way: what is still owed is counted live from its index, so that
 * arrival writes no row for the ledger and a batch of deliveries writes one.
 */

export interface SourceCounts {
  readonly accepted: number;
  readonly duplicate: number;
  readonly superseded: number;
  readonly deferred: number;
  readonly quarantined: number;
  /** Refused after having been deferred; a callback refused at once costs no storage. */
  readonly refused: number;
}

export interface Counts {
  readonly sources: Readonly<Record<string, SourceCounts>>;
  readonly delivered: Readonly<Record<string, number>>;
}

const NO_COUNTS: SourceCounts = {
  accepted: 0,
  duplicate: 0,
  superseded: 0,
  deferred: 0,
  quarantined: 0,
  refused: 0,
};

export function readCounts(text: string | null): Counts {
  return text === null ? { sources: {}, delivered: {} } : (JSON.parse(text) as Counts);
}

/** Changes to one source's counts, by how much. */
export type SourceChange = Partial<Record<keyof SourceCounts, number>>;

export function countSource(counts: Counts, source: string, change: SourceChange): Counts {
  const before = counts.sources[source] ?? NO_COUNTS;
  const after = { ...before };
  for (const key of Object.keys(change) as (keyof SourceCounts)[])
    after[key] = before[key] + (change[key] ?? 0);
  return { ...counts, sources: { ...counts.sources, [source]: after } };
}

export function countDelivered(counts: Counts, destination: string, by: number): Counts {
  return {
    ...counts,
    delivered: { ...counts.delivered, [destination]: (counts.delivered[destination] ?? 0) + by },
  };
}

/** One shard's part: what is finished, and what is still owed. */
export interface LedgerPart {
  readonly counts: Counts;
  readonly open: readonly { readonly source: string; readonly count: number }[];
  readonly owed: readonly { readonly destination: string; readonly state: string; readonly count: number }[];
}

export interface Ledger {
  readonly sources: Readonly<Record<string, SourceCounts & { readonly authentic: number }>>;
  readonly destinations: Readonly<
    Record<string, { owed: number; delivered: number; pending: number; parked: number; dead: number }>
  >;
}

/** The whole: finished counts of every shard and what is owed now, added up. */
export function addUp(parts: readonly LedgerPart[]): Ledger {
  let counts: Counts = { sources: {}, delivered: {} };
  const destinations: Record<
    string,
    { owed: number; delivered: number; pending: number; parked: number; dead: number }
  > = {};
  const destination = (name: string) =>
    (destinations[name] ??= { owed: 0, delivered: 0, pending: 0, parked: 0, dead: 0 });
  for (const part of parts) {
    for (const [source, change] of Object.entries(part.counts.sources))
      counts = countSource(counts, source, change);
    for (const { source, count } of part.open) counts = countSource(counts, source, { accepted: count });
    for (const [name, delivered] of Object.entries(part.counts.delivered)) {
      destination(name).delivered += delivered;
      destination(name).owed += delivered;
    }
    for (const { destination: name, state, count } of part.owed) {
      // What is "owed" to the verifier is a question, not a delivery.
      if (name.startsWith("@") || (state !== "pending" && state !== "parked" && state !== "dead")) continue;
      destination(name)[state] += count;
      destination(name).owed += count;
    }
  }
  const sources = Object.fromEntries(
    Object.entries(counts.sources).map(([name, of]) => [
      name,
      {
        authentic: of.accepted + of.duplicate + of.superseded + of.deferred + of.quarantined + of.refused,
        ...of,
      },
    ]),
  );
  return { sources, destinations };
}
