/**
 * Fills an Inbox's database with copies of two events that the relay itself accepted, one delivered and one
 * still owed: whatever the tables look like, the copies look like what the relay writes. The relay must not
 * be running.
 */
import { readdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";

/** An id of the template: each is replaced wherever it stands, its prefix kept. */
export interface Id {
  readonly text: string;
  /** `evt_`, `pay_`, `pi_`: what is left is hex digits. */
  readonly prefix: string;
}

export interface Copies {
  /** The template's ids: the relay's own and the provider's. */
  readonly of: readonly Id[];
  readonly count: number;
  /** The first number (`n`) of the copies; the others follow. */
  readonly from: number;
  /** From the oldest copy to the newest, in ms; the others lie between. */
  readonly spreadMs: number;
  /** How old the newest copy is (0). */
  readonly leastMs?: number;
}

/** When a row came in. Other instants of a copy stay the template's. */
const ARRIVED = new Set(["received_at", "claimed_at", "reserved_at"]);
const CHUNK_ROWS = 50_000;

/** The database of the only Inbox below this folder that holds events; the registry of shards holds none. */
export function databaseOf(state: string): string {
  const files = readdirSync(state, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".sqlite"))
    .map((file) => join(state, file))
    .filter(holdsEvents);
  const [file] = files;
  if (file === undefined || files.length > 1) throw new Error(`${files.length} Inbox databases in ${state}`);
  return file;
}

function holdsEvents(file: string): boolean {
  const db = new DatabaseSync(file, { readOnly: true });
  try {
    const isInbox = db.prepare("SELECT 1 FROM sqlite_master WHERE name = 'events'").get() !== undefined;
    return isInbox && db.prepare("SELECT 1 FROM events").get() !== undefined;
  } finally {
    db.close();
  }
}

/**
 * Ids of the relay are hashes: their first digits, by which an event is searched, are as good as random. So are
 * these of the copies, and each is another one (Knuth's multiplicative hash).
 */
const SCRAMBLED_DIGITS = 8;
const SCRAMBLED_BY = 2_654_435_761;
const SCRAMBLED_MODULUS = 16 ** SCRAMBLED_DIGITS;

/** The id of the copy with this number. */
export function copiedId({ text, prefix }: Id, n: number): string {
  const scrambled = ((n * SCRAMBLED_BY) % SCRAMBLED_MODULUS).toString(16).padStart(SCRAMBLED_DIGITS, "0");
  return prefix + scrambled + n.toString(16).padStart(text.length - prefix.length - SCRAMBLED_DIGITS, "0");
}

/** Copies every row that belongs to a template, in all tables; answers how many events there are now. */
export function fill(file: string, copies: readonly Copies[]): number {
  const db = new DatabaseSync(file);
  try {
    // It can be made again: no need to wait for the disk.
    db.exec("PRAGMA synchronous = OFF");
    const tables = db
      .prepare(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_%' ESCAPE '\\' AND name NOT LIKE 'sqlite%'",
      )
      .all() as { name: string }[];
    // Before the first copy: a template is found by its ids in a table that has little else in it.
    const templates = copies.map((each, index) => ({
      ...each,
      tables: tables.flatMap(({ name }) => template(db, name, each.of, index)),
    }));
    for (const { tables, ...each } of templates) {
      for (let from = 0; from < each.count; from += CHUNK_ROWS) {
        db.exec("BEGIN");
        const end = Math.min(each.count, from + CHUNK_ROWS);
        for (const table of tables) copyChunk(db, table, each, from, end);
        db.exec("COMMIT");
      }
    }
    db.exec("PRAGMA wal_checkpoint(TRUNCATE)");
    return (db.prepare("SELECT COUNT(*) AS n FROM events").get() as { n: number }).n;
  } finally {
    db.close();
  }
}

interface Template {
  readonly table: string;
  /** A temporary table with the template's rows. */
  readonly rows: string;
  readonly columns: readonly { readonly name: string; readonly type: string }[];
}

/** The template's rows of this table, set aside; none if it has none there. */
function template(db: DatabaseSync, table: string, of: readonly Id[], index: number): Template[] {
  const columns = db.prepare(`PRAGMA table_info("${table}")`).all() as { name: string; type: string }[];
  const belongs = columns
    .filter(({ type }) => type === "TEXT")
    .flatMap(({ name }) => of.map(({ text }) => `instr("${name}", '${text}') > 0`))
    .join(" OR ");
  if (belongs === "") return [];
  const rows = `template_${index}_${table}`;
  db.exec(`CREATE TEMP TABLE "${rows}" AS SELECT * FROM "${table}" WHERE ${belongs}`);
  const { n } = db.prepare(`SELECT COUNT(*) AS n FROM "${rows}"`).get() as { n: number };
  return n === 0 ? [] : [{ table, rows, columns }];
}

function copyChunk(
  db: DatabaseSync,
  { table, rows, columns }: Template,
  { of, count, from, spreadMs, leastMs = 0 }: Copies,
  first: number,
  end: number,
): void {
  const values = columns.map((column) => copied(column, of, { count, spreadMs, leastMs }));
  db.exec(
    `WITH RECURSIVE g(i) AS (SELECT ${first} UNION ALL SELECT i + 1 FROM g WHERE i + 1 < ${end}),
       copy(i, n) AS (SELECT i, ${from} + i FROM g)
     INSERT INTO "${table}" (${columns.map((column) => `"${column.name}"`).join(", ")})
     SELECT ${values.join(", ")} FROM copy CROSS JOIN "${rows}" AS t`,
  );
}

function copied(
  { name, type }: { name: string; type: string },
  of: readonly Id[],
  { count, spreadMs, leastMs }: { count: number; spreadMs: number; leastMs: number },
): string {
  const column = `t."${name}"`;
  if (name === "n") return "copy.n";
  if (ARRIVED.has(name))
    return `CAST(${column} - ${leastMs} - ${spreadMs} * (1.0 - copy.i * 1.0 / ${count}) AS INTEGER)`;
  if (type !== "TEXT") return column;
  return of.reduce((text, { text: id, prefix }) => {
    const digits = id.length - prefix.length - SCRAMBLED_DIGITS;
    const scrambled = `(copy.n * ${SCRAMBLED_BY}) % ${SCRAMBLED_MODULUS}`;
    return `replace(${text}, '${id}', '${prefix}' || printf('%0${SCRAMBLED_DIGITS}x%0${digits}x', ${scrambled}, copy.n))`;
  }, column);
}

/**
 * Moves the alarm of the Inbox an hour on, in its own database and in the one its namespace keeps beside it:
 * what fell due while it was filled would run before anything is measured.
 */
export function postponeAlarm(file: string): void {
  const hourNs = "3600000000000";
  for (const [database, statement] of [
    [file, `UPDATE _cf_METADATA SET value = value + ${hourNs} WHERE key = 1`],
    [
      join(dirname(file), "metadata.sqlite"),
      `UPDATE _cf_ALARM SET scheduled_time = scheduled_time + ${hourNs}`,
    ],
  ] as const) {
    const db = new DatabaseSync(database);
    try {
      db.exec(statement);
    } finally {
      db.close();
    }
  }
}

/** What the database takes on disk. */
export function bytesOf(file: string): number {
  return statSync(file).size;
}
