/**
 * Tables of the Inbox, as numbered migrations: never edited, only followed by the next number
 * (docs/storage.md describes every table, column and lifetime).
 *
 * The shape follows the bill: a row written costs a dollar per million, so an event is two rows on arrival
 * (`events`, `payments`), one when its first attempt succeeds, and one when it is purged.
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

  // 2: one row per payment, which outlives its events; a delivery has a row of its own only when its first
  // attempt did not do; pauses are a property of the destination.
  `
  CREATE TABLE payments (
    payment_id TEXT PRIMARY KEY,
    status TEXT,
    sequence INTEGER NOT NULL DEFAULT 0,
    refunded TEXT,
    confirmed INTEGER NOT NULL DEFAULT 0,
    seen_at INTEGER NOT NULL,
    events TEXT NOT NULL DEFAULT '[]'
  ) WITHOUT ROWID;
  INSERT INTO payments (payment_id, status, sequence, refunded, confirmed, seen_at, events)
    SELECT e.payment_id,
      (SELECT d.status FROM deliveries d WHERE d.payment_id = e.payment_id AND d.sequence IS NOT NULL ORDER BY d.n DESC LIMIT 1),
      COALESCE((SELECT MAX(d.sequence) FROM deliveries d WHERE d.payment_id = e.payment_id), 0),
      (SELECT d.refunded FROM deliveries d WHERE d.payment_id = e.payment_id AND d.sequence IS NOT NULL ORDER BY d.n DESC LIMIT 1),
      EXISTS (SELECT 1 FROM deliveries d WHERE d.payment_id = e.payment_id AND d.status = 'confirmed'),
      MAX(e.received_at),
      json_group_array(json_array(e.n, e.event_id))
    FROM events e WHERE e.state <> 'alert' GROUP BY e.payment_id;

  ALTER TABLE events ADD COLUMN sequence INTEGER;
  ALTER TABLE events ADD COLUMN instance TEXT;
  ALTER TABLE events ADD COLUMN direct TEXT;
  ALTER TABLE events ADD COLUMN released TEXT;
  ALTER TABLE events ADD COLUMN dismissed TEXT;
  UPDATE events SET sequence =
    (SELECT MAX(d.sequence) FROM deliveries d WHERE d.payment_id = events.payment_id AND d.n = events.n);

  DROP INDEX deliveries_owed;
  DELETE FROM deliveries WHERE state = 'none';
  UPDATE deliveries SET due = 0, sweep_at = 0 WHERE state = 'parked' AND NOT EXISTS
    (SELECT 1 FROM deliveries AS e WHERE e.payment_id = deliveries.payment_id AND e.destination = deliveries.destination
      AND e.n < deliveries.n AND e.replay = 0 AND (e.state = 'pending' OR e.state = 'parked'));
  UPDATE deliveries SET state = 'pending' WHERE state = 'parked';
  CREATE INDEX deliveries_owed ON deliveries (destination, state, sweep_at) WHERE state = 'pending' OR state = 'dead';

  CREATE TABLE reservations (
    key TEXT PRIMARY KEY,
    owner TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    reserved_at INTEGER NOT NULL
  ) WITHOUT ROWID;
  INSERT INTO reservations SELECT key, owner, fingerprint, claimed_at FROM claims;
  DROP TABLE claims;

  CREATE TABLE event_id_blocks (
    first_n INTEGER PRIMARY KEY,
    last_n INTEGER NOT NULL,
    prefixes BLOB NOT NULL
  );

  ALTER TABLE replays ADD COLUMN total INTEGER NOT NULL DEFAULT 0;

  CREATE TABLE marker (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
  ) WITHOUT ROWID;
  DELETE FROM ledger;
  `,

  // 3: what is set aside or dismissed is found without a look at everything else. An event that is accepted is in no
  // index: it costs no row.
  `
  CREATE INDEX events_rare ON events (n) WHERE (state <> 'accepted' AND state <> 'alert') OR dismissed IS NOT NULL;
  `,

  // 4: which trace an event's callback belongs to, for its retries and replays.
  `
  ALTER TABLE events ADD COLUMN traceparent TEXT;
  `,

  // 5: events are found by their words. A block of some hundred events is a few rows, made by the alarm, so the search
  // costs an event a sixty-fourth of a row. The key is the part and the block's first number in one (postings.ts): of
  // rows this long, a table by number is read three times as fast as one by two columns.
  `
  CREATE TABLE search_blocks (
    key INTEGER PRIMARY KEY,
    last_n INTEGER NOT NULL,
    oldest_at INTEGER NOT NULL,
    newest_at INTEGER NOT NULL,
    postings BLOB NOT NULL
  );
  `,

  // 6: what tracing systems add to the trace of migration 4. A column without a default rewrites no row.
  `
  ALTER TABLE events ADD COLUMN tracestate TEXT;
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
