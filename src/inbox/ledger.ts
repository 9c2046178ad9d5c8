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
