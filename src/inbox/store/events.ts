/** Events in order of arrival. */
import type { TraceContext } from "../../parse/trace-context.ts";
import { first } from "./sql.ts";
import type { Direct, Dismissed, EventHead, EventRow, EventState, Released } from "./rows.ts";

export interface NewEvent extends TraceContext {
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

/**
 * The highest number given out. SQLite alone would give out the numbers of the newest events anew once they are
 * purged, and payments, ledger and directs would take one event for another.
 */
const LAST_N = `MAX(COALESCE((SELECT MAX(n) FROM events), 0),
  COALESCE((SELECT CAST(value AS INTEGER) FROM marker WHERE name = 'last_event'), 0))`;

/** One string for all calls: the platform keeps the compiled statement by it. */
const INSERT = `INSERT INTO events (n, event_id, payment_id, source, state, reason, type, received_at, fingerprint, contents,
    warnings, sequence, instance, direct, released, body, callback, traceparent, tracestate)
  VALUES (${LAST_N} + 1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING n`;

export class Events {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** Answers the event's number. */
  insert(event: NewEvent): number {
    return this.#sql
      .exec<{ n: number }>(
        INSERT,
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
        event.traceparent ?? null,
        event.tracestate ?? null,
      )
      .one().n;
  }

  head(n: number): EventHead | null {
    return first<EventHead>(this.#sql, `SELECT ${HEAD} FROM events WHERE n = ?`, n);
  }

  /** With its long columns. */
  whole(n: number): EventRow | null {
    return first<EventRow>(
      this.#sql,
      `SELECT ${HEAD}, contents, body, callback, traceparent, tracestate FROM events WHERE n = ?`,
      n,
    );
  }

  contents(n: number): string {
    return (
      first<{ contents: string }>(this.#sql, "SELECT contents FROM events WHERE n = ?", n)?.contents ?? "{}"
    );
  }

  body(n: number): string | null {
    return first<{ body: string | null }>(this.#sql, "SELECT body FROM events WHERE n = ?", n)?.body ?? null;
  }

  /** The merchant's own id of its payment, as the event says it; null: it says none. */
  merchantReference(n: number): string | null {
    return (
      first<{ reference: string | null }>(
        this.#sql,
        "SELECT json_extract(body, '$.data.merchant_reference') AS reference FROM events WHERE n = ?",
        n,
      )?.reference ?? null
    );
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

  /** Puts these in the place of what it said and of its first attempts; its stored callback is gone. */
  erase(n: number, body: string | null, direct: Direct | null): void {
    this.#sql.exec(
      "UPDATE events SET body = ?, callback = NULL, direct = ? WHERE n = ?",
      body,
      direct === null ? null : JSON.stringify(direct),
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

  /** The highest number given out; 0 when there is none. */
  last(): number {
    return this.#sql.exec<{ n: number }>(`SELECT ${LAST_N} AS n`).one().n;
  }
}
