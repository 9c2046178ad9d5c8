/** Tables of the Activity object, as numbered migrations: never edited, only followed by the next number (docs/storage.md). */
export const ACTIVITY_MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE refused (
    source TEXT NOT NULL,
    reason TEXT NOT NULL,
    data TEXT NOT NULL,
    PRIMARY KEY (source, reason)
  ) WITHOUT ROWID;

  CREATE TABLE series (
    step INTEGER NOT NULL,
    at INTEGER NOT NULL,
    point TEXT NOT NULL,
    PRIMARY KEY (step, at)
  ) WITHOUT ROWID;

  CREATE TABLE state (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
  ) WITHOUT ROWID;
  `,
  // 2: incidents.
  `
  CREATE TABLE incidents (
    n INTEGER PRIMARY KEY,
    data TEXT NOT NULL
  );
  `,
];
