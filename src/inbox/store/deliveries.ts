/**
 * Deliveries that their first attempt did not finish, or that were never attempted at once. What is owed of
 * them is in the index `deliveries_owed`, which is small when all is well.
 */
import { first } from "./sql.ts";
import type { Attempt, DeliveryKey, DeliveryRow, DeliveryState } from "./rows.ts";

export interface NewDelivery {
  readonly destination: string;
  /** Not before this instant; null: not its turn yet. */
  readonly due: number | null;
  readonly sweepAt: number | null;
}

export class Deliveries {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  insert(paymentId: string, n: number, eventId: string, { destination, due, sweepAt }: NewDelivery): void {
    this.#sql.exec(
      `INSERT INTO deliveries (payment_id, n, destination, event_id, state, due, sweep_at)
       VALUES (?, ?, ?, ?, 'pending', ?, ?)`,
      paymentId,
      n,
      destination,
      eventId,
      due,
      sweepAt,
    );
  }

  get(key: DeliveryKey): DeliveryRow | null {
    return first<DeliveryRow>(
      this.#sql,
      "SELECT * FROM deliveries WHERE payment_id = ? AND n = ? AND destination = ?",
      key.payment,
      key.n,
      key.destination,
    );
  }

  of(paymentId: string, n: number): DeliveryRow[] {
    return this.#sql
      .exec<DeliveryRow>("SELECT * FROM deliveries WHERE payment_id = ? AND n = ?", paymentId, n)
      .toArray();
  }

  /** The earliest event of this payment that is still owed to the destination, in its order. */
  headOf(paymentId: string, destination: string): DeliveryRow | null {
    return first<DeliveryRow>(
      this.#sql,
      `SELECT * FROM deliveries WHERE payment_id = ? AND destination = ? AND state = 'pending' AND replay = 0
       ORDER BY n LIMIT 1`,
      paymentId,
      destination,
    );
  }

  /** Was an event of this payment after number `n` delivered to the destination from a row of its own? */
  deliveredAfter(paymentId: string, n: number, destination: string): boolean {
    return (
      first(
        this.#sql,
        `SELECT 1 AS found FROM deliveries
         WHERE payment_id = ? AND n > ? AND destination = ? AND (state = 'delivered' OR replay = 1) LIMIT 1`,
        paymentId,
        n,
        destination,
      ) !== null
    );
  }

  /** It is this delivery's turn from `due` on, its schedule begun anew. */
  schedule(key: DeliveryKey, due: number | null, sweepAt: number | null, replay = false): void {
    this.#sql.exec(
      `UPDATE deliveries SET state = 'pending', due = ?, sweep_at = ?, handovers = 0, tries = 0, replay = ?
       WHERE payment_id = ? AND n = ? AND destination = ?`,
      due,
      sweepAt,
      replay ? 1 : 0,
      key.payment,
      key.n,
      key.destination,
    );
  }

  /** It is not its turn any more: whatever ends the event before it gives it its turn again. */
  waitForTurn(key: DeliveryKey): void {
    this.#sql.exec(
      "UPDATE deliveries SET due = NULL, sweep_at = NULL WHERE payment_id = ? AND n = ? AND destination = ?",
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

  /** Not now: looked at again at this instant. */
  sweepAgainAt(key: DeliveryKey, sweepAt: number): void {
    this.#sql.exec(
      "UPDATE deliveries SET sweep_at = ? WHERE payment_id = ? AND n = ? AND destination = ?",
      sweepAt,
      key.payment,
      key.n,
      key.destination,
    );
  }

  /** The end of a delivery: nothing is owed of it any more, or nothing is tried. */
  end(key: DeliveryKey, state: Exclude<DeliveryState, "pending">, last?: Attempt): void {
    this.#sql.exec(
      `UPDATE deliveries SET state = ?, due = NULL, sweep_at = NULL, replay = CASE ? WHEN 'delivered' THEN 0 ELSE replay END,
         attempts = MAX(attempts, ?), last = COALESCE(?, last)
       WHERE payment_id = ? AND n = ? AND destination = ?`,
      state,
      state,
      last?.attempt ?? 0,
      last === undefined ? null : JSON.stringify(last),
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
    this.logAttempt(key, last);
  }

  /** A row for a delivery whose first attempt was made from the acceptance, as that attempt left it. */
  insertAttempted(key: DeliveryKey, eventId: string, state: DeliveryState, last: Attempt): void {
    this.#sql.exec(
      `INSERT INTO deliveries (payment_id, n, destination, event_id, state, attempts, tries, last)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
      key.payment,
      key.n,
      key.destination,
      eventId,
      state,
      last.attempt - 1,
      last.attempt - 1,
      JSON.stringify(last),
    );
  }

  /** Keeps an attempt for people to read; once, however often it is reported. */
  logAttempt(key: DeliveryKey, attempt: Attempt): void {
    this.#sql.exec(
      "INSERT OR IGNORE INTO attempts (payment_id, n, destination, attempt, log) VALUES (?, ?, ?, ?, ?)",
      key.payment,
      key.n,
      key.destination,
      attempt.attempt,
      JSON.stringify(attempt),
    );
  }

  /** Failed attempts as they went; a successful last one is in the delivery's row. */
  attemptsOf(key: DeliveryKey): Attempt[] {
    return this.#sql
      .exec<{ log: string }>(
        "SELECT log FROM attempts WHERE payment_id = ? AND n = ? AND destination = ? ORDER BY attempt",
        key.payment,
        key.n,
        key.destination,
      )
      .toArray()
      .map(({ log }) => JSON.parse(log) as Attempt);
  }

  /** Takes what receivers answered out of an event's attempts. */
  eraseAnswers(paymentId: string, n: number): void {
    for (const [table, column] of [
      ["attempts", "log"],
      ["deliveries", "last"],
    ]) {
      this.#sql.exec(
        `UPDATE ${table} SET ${column} = json_set(${column}, '$.answer', NULL)
         WHERE payment_id = ? AND n = ? AND ${column} IS NOT NULL`,
        paymentId,
        n,
      );
    }
  }

  // ---- the sweep ---------------------------------------------------------------------------------

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

  /** Owed to each destination, from the index. */
  counts(): { destination: string; state: DeliveryState; count: number }[] {
    return this.#sql
      .exec<{ destination: string; state: DeliveryState; count: number }>(
        `SELECT destination, state, COUNT(*) AS count FROM deliveries
         WHERE (state = 'pending' OR state = 'dead') GROUP BY destination, state`,
      )
      .toArray();
  }
}
