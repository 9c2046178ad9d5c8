/**
 * A recount from the rows on disk, by separate SQL statements: what the ledger must equal. Read after the
 * relay has stopped.
 */
import { createHash } from "node:crypto";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

/** By source or destination: how many of each outcome. */
export type Counted = Record<string, Record<string, number>>;

export interface Recount {
  /** By source: how many callbacks of each outcome. */
  readonly sources: Counted;
  /** By destination: how many deliveries of each state. */
  readonly destinations: Counted;
  /** SHA-256 of the frozen body of every accepted event. */
  readonly bodies: Map<string, string>;
  /** Each shard's own ledger beside a recount of the events in it. */
  readonly shards: readonly ShardCounts[];
}

export interface ShardCounts {
  /** The database, for the report. */
  readonly name: string;
  readonly sources: { readonly said: Counted; readonly rows: Counted };
  readonly destinations: { readonly said: Counted; readonly rows: Counted };
  /** What the shard itself has found not to add up. */
  readonly remainder: Record<string, number>;
}

/** The ledger's snapshot: the counts of events up to number `through` (docs/storage.md). */
interface Snapshot {
  readonly through: number;
  readonly counts: { readonly sources: Counted; readonly destinations: Counted };
  readonly remainder: Record<string, number>;
}

const FATES = ["accepted", "superseded", "deferred", "quarantined", "refused"] as const;
const STATES = ["delivered", "pending", "parked", "dead", "dismissed"] as const;
/** Whatever else may still hold a file of a relay that has ended. */
const LOCK_TIMEOUT_MS = 10_000;
const ALL_EVENTS = Number.MAX_SAFE_INTEGER;

export function recount(state: string): Recount {
  const counted = { sources: {}, destinations: {}, bodies: new Map<string, string>() };
  const shards: ShardCounts[] = [];
  for (const file of databases(state)) {
    const db = new DatabaseSync(file, { timeout: LOCK_TIMEOUT_MS });
    try {
      if (db.prepare("SELECT 1 FROM sqlite_master WHERE name = 'deliveries'").get() === undefined) continue;
      addSources(counted.sources, db, ALL_EVENTS);
      addDestinations(counted.destinations, db, ALL_EVENTS);
      addBodies(counted.bodies, db);
      shards.push(shardCounts(file, db));
    } finally {
      db.close();
    }
  }
  return { ...counted, shards };
}

function databases(state: string): string[] {
  return readdirSync(state, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".sqlite"))
    .map((file) => join(state, file));
}

function addSources(sources: Counted, db: DatabaseSync, through: number): void {
  const rows = db
    .prepare(
      `SELECT source, state, COUNT(*) AS events, SUM(duplicates) AS duplicates FROM events
       WHERE state <> 'alert' AND n <= ? GROUP BY 1, 2`,
    )
    .all(through) as { source: string; state: string; events: number; duplicates: number }[];
  for (const { source, state, events, duplicates } of rows) {
    const of = (sources[source] ??= Object.fromEntries([...FATES, "duplicate"].map((fate) => [fate, 0])));
    // The same event stated differently was answered as a repeat, and kept.
    const repeats = state === "conflicting" ? events + duplicates : duplicates;
    of["duplicate"] = (of["duplicate"] ?? 0) + repeats;
    if ((FATES as readonly string[]).includes(state)) of[state] = (of[state] ?? 0) + events;
  }
}

/** First attempts stand in their event's row, everything else has a row of its own. */
function addDestinations(destinations: Counted, db: DatabaseSync, through: number): void {
  const rows = db
    .prepare(
      `SELECT destination, state, COUNT(*) AS deliveries FROM deliveries WHERE n <= ?1 GROUP BY 1, 2
       UNION ALL
       SELECT first.key, CASE first.type WHEN 'null' THEN 'pending' ELSE 'delivered' END, COUNT(*)
       FROM events, json_each(events.direct) AS first WHERE n <= ?1 GROUP BY 1, 2`,
    )
    .all(through) as { destination: string; state: string; deliveries: number }[];
  for (const { destination, state, deliveries } of rows) {
    if (destination.startsWith("@")) continue;
    const of = (destinations[destination] ??= Object.fromEntries(STATES.map((name) => [name, 0])));
    of[state] = (of[state] ?? 0) + deliveries;
  }
}

function addBodies(bodies: Map<string, string>, db: DatabaseSync): void {
  const rows = db.prepare("SELECT event_id, body FROM events WHERE state = 'accepted'").iterate();
  for (const { event_id, body } of rows as Iterable<{ event_id: string; body: string }>) {
    bodies.set(event_id, createHash("sha256").update(body).digest("hex"));
  }
}

/** The shard's snapshot, and the rows of the events it is of: nothing is purged as early as this. */
function shardCounts(name: string, db: DatabaseSync): ShardCounts {
  const row = db.prepare("SELECT counts FROM ledger").get() as { counts: string } | undefined;
  const snapshot: Snapshot =
    row === undefined
      ? { through: 0, counts: { sources: {}, destinations: {} }, remainder: {} }
      : (JSON.parse(row.counts) as Snapshot);
  const { counts, remainder, through } = snapshot;
  const rows = { sources: {}, destinations: {} };
  addSources(rows.sources, db, through);
  addDestinations(rows.destinations, db, through);
  const destinations = Object.fromEntries(
    Object.entries(counts.destinations).filter(([destination]) => !destination.startsWith("@")),
  );
  return {
    name,
    sources: { said: counts.sources, rows: rows.sources },
    destinations: { said: destinations, rows: rows.destinations },
    remainder,
  };
}
