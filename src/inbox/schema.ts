/**
 * Tables of the Inbox, as numbered migrations: never edited, only followed by the next number
 * (docs/storage.md describes every table, column and lifetime).
 *
 * The shape follows the bill: a row written costs a dollar per million, so an event is two rows and
 * one index entry on arrival (`events`, `deliveries`, `deliveries_owed`) and one row when delivered.
 */

export const MIGRATIONS: readonly string[] = [
  // 1: events in order of arrival; what is owed of them, clustered by payment.
  `
  CREATE TABLE events (
    n INTEGER PRIMARY KEY,
    event_id TEXT NOT NULL,
    payment_id TEXT NOT NULL,
    source TEXT NOT NULL,
    state TEXT NOT NULL,
    reason TEXT,
    type TEXT,
    received_at INTEGER NOT NULL,
    fingerprint TEXT NOT NULL,
    contents TEXT NOT NULL,
    warnings TEXT NOT NULL DEFAULT '[]',
    duplicates INTEGER NOT NULL DEFAULT 0,
    became TEXT,
    body TEXT,
    callback TEXT
  );

  CREATE TABLE deliveries (
    payment_id TEXT NOT NULL,
    n INTEGER NOT NULL,
    destination TEXT NOT NULL,
    event_id TEXT NOT NULL,
    sequence INTEGER,
    status TEXT,
    refunded TEXT,
    state TEXT NOT NULL,
    due INTEGER,
    sweep_at INTEGER,
    handovers INTEGER NOT NULL DEFAULT 0,
    attempts INTEGER NOT NULL DEFAULT 0,
    tries INTEGER NOT NULL DEFAULT 0,
    replay INTEGER NOT NULL DEFAULT 0,
    last TEXT,
    PRIMARY KEY (payment_id, n, destination)
  ) WITHOUT ROWID;

  CREATE INDEX deliveries_owed ON deliveries (destination, state, sweep_at)
    WHERE state = 'pending' OR state = 'parked' OR state = 'dead';

  CREATE TABLE attempts (
    payment_id TEXT NOT NULL,
    n INTEGER NOT NULL,
    destination TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    log TEXT NOT NULL,
    PRIMARY KEY (payment_id, n, destination, attempt)
  ) WITHOUT ROWID;

  CREATE TABLE claims (
    key TEXT PRIMARY KEY,
    owner TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    claimed_at INTEGER NOT NULL
  ) WITHOUT ROWID;

  CREATE TABLE destinations (
    name TEXT PRIMARY KEY,
    paused TEXT,
    breaker TEXT
  ) WITHOUT ROWID;

  CREATE TABLE audit (
    id INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    detail TEXT NOT NULL
  );

  CREATE TABLE replays (
    id TEXT PRIMARY KEY,
    filter TEXT NOT NULL,
    per_second REAL NOT NULL,
    state TEXT NOT NULL,
    cursor INTEGER NOT NULL,
    until INTEGER NOT NULL,
    replayed INTEGER NOT NULL,
    started_at INTEGER NOT NULL,
    next_at INTEGER NOT NULL
  ) WITHOUT ROWID;

  CREATE TABLE ledger (
    name TEXT PRIMARY KEY,
    counts TEXT NOT NULL
  ) WITHOUT ROWID;
  `,
];

/** Brings the tables to the newest migration, each in one transaction, once. */
export function migrate(storage: DurableObjectStorage, migrations: readonly string[] = MIGRATIONS): void {
  const { sql } = storage;
  sql.exec("CREATE TABLE IF NOT EXISTS migrations (number INTEGER PRIMARY KEY)");
  const done = sql
    .exec<{ number: number }>("SELECT COALESCE(MAX(number), 0) AS number FROM migrations")
    .one().number;
  for (const [index, statements] of migrations.entries()) {
    const number = index + 1;
    if (number <= done) continue;
    storage.transactionSync(() => {
      sql.exec(statements);
      sql.exec("INSERT INTO migrations (number) VALUES (?)", number);
    });
  }
}
