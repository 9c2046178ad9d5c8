/**
 * Every SQL statement of the Inbox, with its row types. No decisions: it is told what to write.
 * Callers wrap what belongs together in `transactionSync`, since a throw alone rolls nothing back.
 */
import type { Status } from "../event.ts";
import type { PaymentState } from "./lifecycle.ts";
import { VERIFIER, type Attempt } from "./protocol.ts";

/** What an event row is: the fate of a callback that was authentic, or not yet decidable. */
export type EventState =
  | "accepted"
  | "superseded"
  | "quarantined"
  | "deferred"
  | "released"
  | "refused"
  | "alert";

/** `none`: owed to nobody (superseded, or no destination wants it); the row keeps the dedupe key. */
export type DeliveryState = "none" | "pending" | "delivered" | "parked" | "dead";

export type EventRow = {
  n: number;
  event_id: string;
  payment_id: string;
  source: string;
  state: EventState;
  reason: string | null;
  type: string | null;
  received_at: number;
  fingerprint: string;
  contents: string;
  warnings: string;
  duplicates: number;
  /** The event that a callback set aside became, once it was released. */
  became: string | null;
  /** The event, frozen: the bytes every attempt sends. */
  body: string | null;
  /** A `StoredCallback`, while the callback may have to be run again. */
  callback: string | null;
};

export type DeliveryRow = {
  payment_id: string;
  n: number;
  destination: string;
  event_id: string;
  /** null: not forwarded, so no place in the payment's order. */
  sequence: number | null;
  /** The payment's state after this event. */
  status: Status | null;
  refunded: string | null;
  state: DeliveryState;
  /** Not before this instant (epoch ms); null: not its turn yet. */
  due: number | null;
  /** When the reference is handed over again unless an answer came first; null: not its turn yet. */
  sweep_at: number | null;
  handovers: number;
  /** Attempts made, ever. */
  attempts: number;
  /** Attempts since the schedule began: a replay begins it anew. */
  tries: number;
  /** 1: sent again at an operator's wish, outside the payment's order. */
  replay: number;
  /** The last attempt, as JSON. */
  last: string | null;
};

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
  readonly body: string | null;
  readonly callback: string | null;
}

export interface NewDelivery {
  readonly destination: string;
  readonly state: DeliveryState;
  readonly sequence: number | null;
  readonly status: Status | null;
  readonly refunded: string | null;
  readonly due: number | null;
  readonly sweepAt: number | null;
}

/** What the index `deliveries_owed` holds; SQLite uses it only for these very words or one of their parts. */
export const OWED = "(state = 'pending' OR state = 'parked' OR state = 'dead')";

export type DeliveryKey = { readonly payment: string; readonly n: number; readonly destination: string };

export class Store {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  // ---- events and payments -----------------------------------------------------------------------

  /** The event with this key, if the payment has it. */
  eventOf(paymentId: string, eventId: string): EventRow | null {
    const seen = this.#first<{ n: number }>(
      "SELECT n FROM deliveries WHERE payment_id = ? AND event_id = ? LIMIT 1",
      paymentId,
      eventId,
    );
    return seen && this.event(seen.n);
  }

  event(n: number): EventRow | null {
    return this.#first<EventRow>("SELECT * FROM events WHERE n = ?", n);
  }

  payment(paymentId: string): PaymentState | null {
    return this.#first<{ status: Status | null; sequence: number; refunded: string | null }>(
      "SELECT status, sequence, refunded FROM deliveries WHERE payment_id = ? AND sequence IS NOT NULL ORDER BY n DESC LIMIT 1",
      paymentId,
    );
  }

  /** The body of the payment's last forwarded event. */
  lastForwarded(paymentId: string): string | null {
    return (
      this.#first<{ body: string | null }>(
        `SELECT body FROM events WHERE n =
           (SELECT MAX(n) FROM deliveries WHERE payment_id = ? AND sequence IS NOT NULL)`,
        paymentId,
      )?.body ?? null
    );
  }

  /** Inserts an event with what is owed of it; answers its number. */
  insert(event: NewEvent, deliveries: readonly NewDelivery[]): number {
    const { n } = this.#sql
      .exec<{ n: number }>(
        `INSERT INTO events (event_id, payment_id, source, state, reason, type, received_at, fingerprint, contents, warnings, body, callback)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING n`,
        event.eventId,
        event.paymentId,
        event.source,
        event.state,
        event.reason,
        event.type,
        event.receivedAt,
        event.fingerprint,
        event.contents,
        JSON.stringify(event.warnings),
        event.body,
        event.callback,
      )
      .one();
    for (const row of deliveries) {
      this.#sql.exec(
        `INSERT INTO deliveries (payment_id, n, destination, event_id, sequence, status, refunded, state, due, sweep_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        event.paymentId,
        n,
        row.destination,
        event.eventId,
        row.sequence,
        row.status,
        row.refunded,
        row.state,
        row.due,
        row.sweepAt,
      );
    }
    return n;
  }

  /** Counts a repeat, and keeps what it said differently. */
  repeated(n: number, warnings: readonly string[]): void {
    this.#sql.exec(
      "UPDATE events SET duplicates = duplicates + 1, warnings = ? WHERE n = ?",
      JSON.stringify(warnings),
      n,
    );
  }

  /** The end of a callback that had been set aside; its stored form is no longer needed, unless `keep`. */
  decided(n: number, state: EventState, reason: string | null, became: string | null, keep: boolean): void {
    this.#sql.exec(
      `UPDATE events SET state = ?, reason = ?, became = ?, callback = ${keep ? "callback" : "NULL"} WHERE n = ?`,
      state,
      reason,
      became,
      n,
    );
  }

  /** Deferred callbacks of a source that are still to be asked about, by what their rows say of the caller. */
  waitingForVerifier(source: string): { contents: string; count: number }[] {
    return this.#sql
      .exec<{ contents: string; count: number }>(
        `SELECT e.contents AS contents, COUNT(*) AS count FROM deliveries d JOIN events e ON e.n = d.n
         WHERE d.destination = ? AND d.state = 'pending' AND e.source = ? GROUP BY e.contents`,
        VERIFIER,
        source,
      )
      .toArray();
  }

  // ---- deliveries --------------------------------------------------------------------------------

  delivery(key: DeliveryKey): DeliveryRow | null {
    return this.#first<DeliveryRow>(
      "SELECT * FROM deliveries WHERE payment_id = ? AND n = ? AND destination = ?",
      key.payment,
      key.n,
      key.destination,
    );
  }

  /** Is an earlier event of this payment still owed to the same destination? Replays stand outside the order. */
  owesEarlier(row: DeliveryRow): boolean {
    const head = this.headOf(row.payment_id, row.destination);
    return head !== null && head.n < row.n;
  }

  /** The earliest event of this payment that is still owed to the destination. */
  headOf(paymentId: string, destination: string): DeliveryRow | null {
    return this.#first<DeliveryRow>(
      `SELECT * FROM deliveries
       WHERE payment_id = ? AND destination = ? AND (state = 'pending' OR state = 'parked') AND replay = 0
       ORDER BY n LIMIT 1`,
      paymentId,
      destination,
    );
  }

  owesAnything(paymentId: string, n: number): boolean {
    return (
      this.#first(
        `SELECT 1 AS owed FROM deliveries WHERE payment_id = ? AND n = ? AND ${OWED} LIMIT 1`,
        paymentId,
        n,
      ) !== null
    );
  }

  /** It is this delivery's turn from `due` on. */
  schedule(key: DeliveryKey, due: number, sweepAt: number): void {
    this.#sql.exec(
      `UPDATE deliveries SET state = 'pending', due = ?, sweep_at = ?, handovers = 0, tries = 0
       WHERE payment_id = ? AND n = ? AND destination = ?`,
      due,
      sweepAt,
      key.payment,
      key.n,
      key.destination,
    );
  }

  /** Handed over once more without an answer: the next time takes longer. */
  handedOver(key: DeliveryKey, sweepAt: number): void {
    this.#sql.exec(
      `UPDATE deliveries SET sweep_at = ?, handovers = handovers + 1
       WHERE payment_id = ? AND n = ? AND destination = ?`,
      sweepAt,
      key.payment,
      key.n,
      key.destination,
    );
  }

  /** Not now: handed over again at this instant. */
  handOverAt(key: DeliveryKey, sweepAt: number): void {
    this.#sql.exec(
      "UPDATE deliveries SET sweep_at = ? WHERE payment_id = ? AND n = ? AND destination = ?",
      sweepAt,
      key.payment,
      key.n,
      key.destination,
    );
  }

  park(key: DeliveryKey): void {
    this.#sql.exec(
      `UPDATE deliveries SET state = 'parked', due = NULL, sweep_at = NULL
       WHERE payment_id = ? AND n = ? AND destination = ?`,
      key.payment,
      key.n,
      key.destination,
    );
  }

  delivered(key: DeliveryKey, last: Attempt): void {
    this.#sql.exec(
      `UPDATE deliveries SET state = 'delivered', due = NULL, sweep_at = NULL, replay = 0, attempts = MAX(attempts, ?), last = ?
       WHERE payment_id = ? AND n = ? AND destination = ?`,
      last.attempt,
      JSON.stringify(last),
      key.payment,
      key.n,
      key.destination,
    );
  }

  /** A failed attempt: `due` null makes it dead. */
  failed(key: DeliveryKey, last: Attempt, due: number | null, sweepAt: number | null): void {
    this.#sql.exec(
      `UPDATE deliveries SET state = ?, due = ?, sweep_at = ?, handovers = 0, attempts = ?, tries = tries + 1, last = ?
       WHERE payment_id = ? AND n = ? AND destination = ?`,
      due === null ? "dead" : "pending",
      due,
      sweepAt,
      last.attempt,
      JSON.stringify(last),
      key.payment,
      key.n,
      key.destination,
    );
    this.#sql.exec(
      "INSERT OR IGNORE INTO attempts (payment_id, n, destination, attempt, log) VALUES (?, ?, ?, ?, ?)",
      key.payment,
      key.n,
      key.destination,
      last.attempt,
      JSON.stringify(last),
    );
  }

  /** Closes a row that is owed to nobody any more (a verifier that has answered). */
  close(key: DeliveryKey): void {
    this.#sql.exec(
      `UPDATE deliveries SET state = 'none', due = NULL, sweep_at = NULL
       WHERE payment_id = ? AND n = ? AND destination = ?`,
      key.payment,
      key.n,
      key.destination,
    );
  }

  // ---- the sweep ---------------------------------------------------------------------------------

  /** Destinations that are owed something, in this state. */
  destinationsWith(state: "pending" | "parked"): string[] {
    return this.#sql
      .exec<{ destination: string }>(`SELECT DISTINCT destination FROM deliveries WHERE state = '${state}'`)
      .toArray()
      .map(({ destination }) => destination);
  }

  /** Rows whose reference should be handed over by now, longest waiting first. */
  toSweep(destination: string, nowMs: number, limit: number): DeliveryRow[] {
    return this.#sql
      .exec<DeliveryRow>(
        `SELECT * FROM deliveries WHERE destination = ? AND state = 'pending' AND sweep_at <= ? ORDER BY sweep_at LIMIT ?`,
        destination,
        nowMs,
        limit,
      )
      .toArray();
  }

  nextSweepAt(destination: string): number | null {
    return this.#sql
      .exec<{ at: number | null }>(
        "SELECT MIN(sweep_at) AS at FROM deliveries WHERE destination = ? AND state = 'pending'",
        destination,
      )
      .one().at;
  }

  parkAll(destination: string): number {
    return this.#sql.exec(
      "UPDATE deliveries SET state = 'parked', due = NULL, sweep_at = NULL WHERE destination = ? AND state = 'pending'",
      destination,
    ).rowsWritten;
  }

  /**
   * Parked rows become pending; when `ordered`, only the first of each payment has its turn at once, and
   * replays, which stand outside the order. The sweep takes the oldest first: their times of arrival, all
   * in the past, are their places in the line.
   */
  unparkAll(destination: string, nowMs: number, ordered: boolean): void {
    const isHead = ordered
      ? `(replay = 1 OR NOT EXISTS (SELECT 1 FROM deliveries AS e WHERE e.payment_id = deliveries.payment_id AND e.n < deliveries.n
           AND e.destination = deliveries.destination AND (e.state = 'pending' OR e.state = 'parked') AND e.replay = 0))`
      : "1";
    this.#sql.exec(
      `UPDATE deliveries SET due = ?1, sweep_at = (SELECT MIN(received_at, ?1) FROM events WHERE events.n = deliveries.n)
       WHERE destination = ?2 AND state = 'parked' AND ${isHead}`,
      nowMs,
      destination,
    );
    this.#sql.exec(
      "UPDATE deliveries SET state = 'pending' WHERE destination = ? AND state = 'parked'",
      destination,
    );
  }

  // ---- reservations -----------------------------------------------------------------------------

  reservation(key: string): { owner: string; fingerprint: string } | null {
    return this.#first<{ owner: string; fingerprint: string }>(
      "SELECT owner, fingerprint FROM claims WHERE key = ?",
      key,
    );
  }

  addReservation(key: string, owner: string, fingerprint: string, nowMs: number): void {
    this.#sql.exec(
      "INSERT INTO claims (key, owner, fingerprint, claimed_at) VALUES (?, ?, ?, ?)",
      key,
      owner,
      fingerprint,
      nowMs,
    );
  }

  // ---- destinations ------------------------------------------------------------------------------

  destinations(): { name: string; paused: string | null; breaker: string | null }[] {
    return this.#sql
      .exec<{ name: string; paused: string | null; breaker: string | null }>("SELECT * FROM destinations")
      .toArray();
  }

  setDestination(name: string, paused: string | null, breaker: string | null): void {
    this.#sql.exec(
      `INSERT INTO destinations (name, paused, breaker) VALUES (?, ?, ?)
       ON CONFLICT (name) DO UPDATE SET paused = excluded.paused, breaker = excluded.breaker`,
      name,
      paused,
      breaker,
    );
  }

  // ---- ledger ------------------------------------------------------------------------------------

  ledger(): string | null {
    return this.#first<{ counts: string }>("SELECT counts FROM ledger WHERE name = 'ledger'")?.counts ?? null;
  }

  setLedger(counts: string): void {
    this.#sql.exec(
      "INSERT INTO ledger (name, counts) VALUES ('ledger', ?) ON CONFLICT (name) DO UPDATE SET counts = excluded.counts",
      counts,
    );
  }

  owedCounts(): { destination: string; state: DeliveryState; count: number }[] {
    return this.#sql
      .exec<{ destination: string; state: DeliveryState; count: number }>(
        `SELECT destination, state, COUNT(*) AS count FROM deliveries
         WHERE ${OWED} GROUP BY destination, state`,
      )
      .toArray();
  }

  /** Accepted events of each source of which something is still owed. */
  openEvents(): { source: string; count: number }[] {
    return this.#sql
      .exec<{ source: string; count: number }>(
        `SELECT source, COUNT(*) AS count FROM events WHERE state = 'accepted' AND n IN
           (SELECT n FROM deliveries WHERE ${OWED})
         GROUP BY source`,
      )
      .toArray();
  }

  #first<T extends Record<string, SqlStorageValue>>(query: string, ...bindings: SqlStorageValue[]): T | null {
    return this.#sql.exec<T>(query, ...bindings).toArray()[0] ?? null;
  }
}
