/** Forgetting what has outlived its retention. */

export class Retention {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** An event with its deliveries and attempts; its number is not given out again. */
  forgetEvent(paymentId: string, n: number): void {
    this.#sql.exec(
      `INSERT INTO marker (name, value) SELECT 'last_event', ? WHERE ? = (SELECT MAX(n) FROM events)
       ON CONFLICT (name) DO UPDATE SET value = excluded.value WHERE CAST(value AS INTEGER) < CAST(excluded.value AS INTEGER)`,
      String(n),
      n,
    );
    this.#sql.exec("DELETE FROM attempts WHERE payment_id = ? AND n = ?", paymentId, n);
    this.#sql.exec("DELETE FROM deliveries WHERE payment_id = ? AND n = ?", paymentId, n);
    this.#sql.exec("DELETE FROM events WHERE n = ?", n);
  }

  /** Is there nothing that could outlive its retention? */
  isEmpty(): boolean {
    const found = (table: string) => !this.#sql.exec(`SELECT 1 FROM ${table} LIMIT 1`).next().done;
    return !found("events") && !found("reservations") && !found("payments");
  }
}
