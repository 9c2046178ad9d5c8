/** Events in order of arrival. */
import { first } from "./sql.ts";
import type { Direct, Dismissed, EventHead, EventRow, EventState, Released } from "./rows.ts";

export interface NewEvent {
  readonly eventId: string;
  readonly paymentId: string;
  readonly source: string;
  readonly state: EventState;
  readonly reason: string | null;
  readonly type: string | null;
  readonly receivedAt: number;
  readonly fingerprint: string;
  readonly contents: string;
  readonly warnings: readonly string[];
  readonly sequence: number | null;
  readonly instance: string | null;
  readonly direct: Direct | null;
  readonly released: Released | null;
  readonly body: string | null;
  readonly callback: string | null;
}

const HEAD = `n, event_id, payment_id, source, state, reason, type, received_at, fingerprint, warnings, duplicates,
  became, sequence, instance, direct, released, dismissed`;

export class Events {
  readonly #sql: SqlStorage;
  /** Numbers up to this one are used up though their rows are gone; null: not read yet. */
  #usedUpTo: number | null = null;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** Answers the event's number. */
  insert(event: NewEvent): number {
    return this.#sql
      .exec<{ n: number }>(
        `INSERT INTO events (n, event_id, payment_id, source, state, reason, type, received_at, fingerprint, contents,
           warnings, sequence, instance, direct, released, body, callback)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING n`,
        this.#numberAfterPurge(),
        event.eventId,
        event.paymentId,
        event.source,
        event.state,
        event.reason,
        event.type,
        event.receivedAt,
        event.fingerprint,
        event.contents,
        event.warnings.length === 0 ? "[]" : JSON.stringify(event.warnings),
        event.sequence,
        event.instance,
        event.direct === null ? null : JSON.stringify(event.direct),
        event.released === null ? null : JSON.stringify(event.released),
        event.body,
        event.callback,
      )
      .one().n;
  }

  /**
   * The next number where that is not simply the one after the last row (null). A number is never given out
   * twice: payments, the ledger and the search by id remember it longer than its row.
   */
  #numberAfterPurge(): number | null {
    this.#usedUpTo ??=
      first<{ n: number }>(this.#sql, "SELECT CAST(value AS INTEGER) AS n FROM marker WHERE name = 'purged'")
        ?.n ?? 0;
    return this.#usedUpTo > 0 && this.last() < this.#usedUpTo ? this.#usedUpTo + 1 : null;
  }

  /** The rows of the highest numbers are gone, up to this one. */
  usedUp(n: number): void {
    this.#sql.exec(
      "INSERT INTO marker (name, value) VALUES ('purged', ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
      String(n),
    );
    this.#usedUpTo = n;
  }

  head(n: number): EventHead | null {
    return first<EventHead>(this.#sql, `SELECT ${HEAD} FROM events WHERE n = ?`, n);
  }

  /** With its long columns. */
  whole(n: number): EventRow | null {
    return first<EventRow>(this.#sql, `SELECT ${HEAD}, contents, body, callback FROM events WHERE n = ?`, n);
  }

  contents(n: number): string {
    return (
      first<{ contents: string }>(this.#sql, "SELECT contents FROM events WHERE n = ?", n)?.contents ?? "{}"
    );
  }

  body(n: number): string | null {
    return first<{ body: string | null }>(this.#sql, "SELECT body FROM events WHERE n = ?", n)?.body ?? null;
  }

  setDirect(n: number, direct: Direct | null): void {
    this.#sql.exec(
      "UPDATE events SET direct = ? WHERE n = ?",
      direct === null ? null : JSON.stringify(direct),
      n,
    );
  }

  /** Adds to the repeats of an event. */
  addDuplicates(n: number, count: number): void {
    this.#sql.exec("UPDATE events SET duplicates = duplicates + ? WHERE n = ?", count, n);
  }

  /** Keeps what a repeat said differently. */
  setWarnings(n: number, warnings: readonly string[]): void {
    this.#sql.exec("UPDATE events SET warnings = ? WHERE n = ?", JSON.stringify(warnings), n);
  }

  /** The end of a callback that had been set aside; its stored form is no longer needed, unless `keep`. */
  conclude(n: number, state: EventState, reason: string | null, became: string | null, keep: boolean): void {
    this.#sql.exec(
      `UPDATE events SET state = ?, reason = ?, became = ?, callback = ${keep ? "callback" : "NULL"} WHERE n = ?`,
      state,
      reason,
      became,
      n,
    );
  }

  /** A callback whose decision was concluded comes again undecided. */
  deferAgain(n: number, reason: string, receivedAt: number, callback: string): void {
    this.#sql.exec(
      "UPDATE events SET state = 'deferred', reason = ?, became = NULL, received_at = ?, callback = ? WHERE n = ?",
      reason,
      receivedAt,
      callback,
      n,
    );
  }

  setReleased(n: number, released: Released, became: string): void {
    this.#sql.exec(
      "UPDATE events SET state = 'released', released = ?, became = ? WHERE n = ?",
      JSON.stringify(released),
      became,
      n,
    );
  }

  /** @param dismissed null: no longer */
  setDismissed(n: number, dismissed: Dismissed | null): void {
    this.#sql.exec(
      "UPDATE events SET dismissed = ? WHERE n = ?",
      dismissed === null ? null : JSON.stringify(dismissed),
      n,
    );
  }

  /** Events after number `n`, oldest first, without their long columns. */
  after(n: number, limit: number): EventHead[] {
    return this.#sql
      .exec<EventHead>(`SELECT ${HEAD} FROM events WHERE n > ? ORDER BY n LIMIT ?`, n, limit)
      .toArray();
  }

  /** The highest number of which there is a row; 0 when there is none. */
  last(): number {
    return this.#sql.exec<{ n: number }>("SELECT COALESCE(MAX(n), 0) AS n FROM events").one().n;
  }
}
