/**
 * A recount from the rows on disk, by separate SQL statements: what the ledger must equal. Read after the
 * relay has stopped.
 */
import { createHash } from "node:crypto";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

export interface Recount {
  /** By source: how many callbacks of each outcome. */
  readonly sources: Record<string, Record<string, number>>;
  /** By destination: how many deliveries of each state. */
  readonly destinations: Record<string, Record<string, number>>;
  /** SHA-256 of the frozen body of every accepted event. */
  readonly bodies: Map<string, string>;
}

const FATES = ["accepted", "superseded", "deferred", "quarantined", "refused"] as const;
const STATES = ["delivered", "pending", "parked", "dead"] as const;

export function recount(state: string): Recount {
  const counted: Recount = { sources: {}, destinations: {}, bodies: new Map() };
  for (const file of databases(state)) {
    const db = new DatabaseSync(file);
    try {
      if (db.prepare("SELECT 1 FROM sqlite_master WHERE name = 'deliveries'").get() === undefined) continue;
      addSources(counted, db);
      addDestinations(counted, db);
      addBodies(counted, db);
    } finally {
      db.close();
    }
  }
  return counted;
}

function databases(state: string): string[] {
  return readdirSync(state, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".sqlite"))
    .map((file) => join(state, file));
}

function addSources({ sources }: Recount, db: DatabaseSync): void {
  const rows = db
    .prepare(
      "SELECT source, state, COUNT(*) AS events, SUM(duplicates) AS duplicates FROM events GROUP BY 1, 2",
    )
    .all() as { source: string; state: string; events: number; duplicates: number }[];
  for (const { source, state, events, duplicates } of rows) {
    const of = (sources[source] ??= Object.fromEntries([...FATES, "duplicate"].map((fate) => [fate, 0])));
    of["duplicate"] = (of["duplicate"] ?? 0) + duplicates;
    if ((FATES as readonly string[]).includes(state)) of[state] = (of[state] ?? 0) + events;
  }
}

function addDestinations({ destinations }: Recount, db: DatabaseSync): void {
  const rows = db
    .prepare("SELECT destination, state, COUNT(*) AS deliveries FROM deliveries GROUP BY 1, 2")
    .all() as { destination: string; state: string; deliveries: number }[];
  for (const { destination, state, deliveries } of rows) {
    if (destination === "" || destination.startsWith("@")) continue;
    const of = (destinations[destination] ??= Object.fromEntries(STATES.map((name) => [name, 0])));
    if ((STATES as readonly string[]).includes(state)) of[state] = (of[state] ?? 0) + deliveries;
  }
}

function addBodies({ bodies }: Recount, db: DatabaseSync): void {
  const rows = db.prepare("SELECT event_id, body FROM events WHERE state = 'accepted'").iterate();
  for (const { event_id, body } of rows as Iterable<{ event_id: string; body: string }>) {
    bodies.set(event_id, createHash("sha256").update(body).digest("hex"));
  }
}
