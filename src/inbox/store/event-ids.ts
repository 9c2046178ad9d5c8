/**
 * From an event's id to its number without an index, which would cost a row with every event: one row per
 * thousand events holds the first bytes of their ids, and is searched as a whole. Events after the last such
 * row are scanned.
 */
import { first } from "./sql.ts";

/** Of each id, so many bytes: a chance match costs a look at a thousand ids, and happens once in thousands of searches. */
const PREFIX_BYTES = 4;

export class EventIds {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** Numbers of the events with this id. */
  find(eventId: string): number[] {
    const prefix = prefixOf(eventId);
    const blocks = this.#sql
      .exec<{ first_n: number; last_n: number }>(
        "SELECT first_n, last_n FROM event_id_blocks WHERE instr(prefixes, ?) > 0",
        prefix,
      )
      .toArray();
    const rest = { first_n: this.blocksEnd() + 1, last_n: Number.MAX_SAFE_INTEGER };
    return [...blocks, rest].flatMap(({ first_n, last_n }) =>
      this.#sql
        .exec<{ n: number }>(
          "SELECT n FROM events WHERE n >= ? AND n <= ? AND event_id = ?",
          first_n,
          last_n,
          eventId,
        )
        .toArray()
        .map(({ n }) => n),
    );
  }

  /** The last event that is in a block; 0 when there is none. */
  blocksEnd(): number {
    const last = first<{ last_n: number }>(
      this.#sql,
      "SELECT last_n FROM event_id_blocks ORDER BY first_n DESC LIMIT 1",
    );
    return last?.last_n ?? 0;
  }

  /** Makes one block of the `size` events after the last one, if there are as many. False: there are not. */
  addBlock(size: number): boolean {
    // The numbers alone say so nearly always, without a look at what has gathered.
    const newest = first<{ n: number }>(this.#sql, "SELECT n FROM events ORDER BY n DESC LIMIT 1")?.n ?? 0;
    if (newest - this.blocksEnd() < size) return false;
    const rows = this.#sql
      .exec<{ n: number; event_id: string }>(
        "SELECT n, event_id FROM events WHERE n > ? ORDER BY n LIMIT ?",
        this.blocksEnd(),
        size,
      )
      .toArray();
    if (rows.length < size) return false;
    const prefixes = new Uint8Array(rows.length * PREFIX_BYTES);
    for (const [index, { event_id }] of rows.entries())
      prefixes.set(prefixOf(event_id), index * PREFIX_BYTES);
    this.#sql.exec(
      "INSERT INTO event_id_blocks (first_n, last_n, prefixes) VALUES (?, ?, ?)",
      rows[0]?.n ?? 0,
      rows.at(-1)?.n ?? 0,
      prefixes,
    );
    return true;
  }

  /** Forgets blocks whose events are all gone; never the newest, after which the search goes on. */
  forgetBefore(n: number): void {
    this.#sql.exec(
      `DELETE FROM event_id_blocks WHERE first_n < ? AND last_n < ?
       AND first_n < (SELECT MAX(first_n) FROM event_id_blocks)`,
      n,
      n,
    );
  }
}

/** `evt_` and `alr_` ids are hex behind four characters. */
function prefixOf(eventId: string): Uint8Array {
  const hex = eventId.slice(4, 4 + PREFIX_BYTES * 2).padEnd(PREFIX_BYTES * 2, "0");
  return Uint8Array.from({ length: PREFIX_BYTES }, (_, index) =>
    Number.parseInt(hex.slice(index * 2, index * 2 + 2), 16),
  );
}
