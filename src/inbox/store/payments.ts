/**
 * One row per payment: where it stands, and which events it has. It outlives the events, so that what comes
 * after their retention is still folded into the right payment.
 */
import { first } from "./sql.ts";
import type { PaymentRow, PaymentState } from "./rows.ts";

/** `[n, event id]` */
export type PaymentEvents = readonly (readonly [number, string])[];

export interface KnownPayment {
  readonly state: PaymentState;
  readonly events: PaymentEvents;
}

export class Payments {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  get(paymentId: string): KnownPayment | null {
    const row = first<PaymentRow>(
      this.#sql,
      "SELECT payment_id, status, sequence, refunded, confirmed, seen_at, events FROM payments WHERE payment_id = ?",
      paymentId,
    );
    if (row === null) return null;
    const { status, sequence, refunded, confirmed } = row;
    return {
      state: { status, sequence, refunded, confirmed: confirmed !== 0 },
      events: JSON.parse(row.events) as PaymentEvents,
    };
  }

  has(paymentId: string): boolean {
    return first(this.#sql, "SELECT 1 AS found FROM payments WHERE payment_id = ?", paymentId) !== null;
  }

  /** Writes where the payment stands and what it has. */
  put(
    paymentId: string,
    { status, sequence, refunded, confirmed }: PaymentState,
    events: PaymentEvents,
    seenAt: number,
  ): void {
    this.#sql.exec(
      `INSERT INTO payments (payment_id, status, sequence, refunded, confirmed, seen_at, events)
       VALUES (?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (payment_id) DO UPDATE SET status = excluded.status, sequence = excluded.sequence,
         refunded = excluded.refunded, confirmed = excluded.confirmed, seen_at = excluded.seen_at, events = excluded.events`,
      paymentId,
      status,
      sequence,
      refunded,
      confirmed ? 1 : 0,
      seenAt,
      JSON.stringify(events),
    );
  }

  /**
   * Looks at the next `limit` payments in the order of their names, and forgets those of which nothing came
   * since an instant and no event is left. Answers where to go on, null at the end.
   */
  forgetTombstones(afterId: string, beforeMs: number, limit: number): string | null {
    const rows = this.#sql
      .exec<{ payment_id: string; seen_at: number }>(
        "SELECT payment_id, seen_at FROM payments WHERE payment_id > ? ORDER BY payment_id LIMIT ?",
        afterId,
        limit,
      )
      .toArray();
    for (const { payment_id, seen_at } of rows) {
      if (seen_at < beforeMs && !this.#hasEvents(payment_id)) this.forget(payment_id);
    }
    return rows.length < limit ? null : (rows.at(-1)?.payment_id ?? null);
  }

  #hasEvents(paymentId: string): boolean {
    return (this.get(paymentId)?.events ?? []).some(
      ([n]) => first(this.#sql, "SELECT 1 AS found FROM events WHERE n = ?", n) !== null,
    );
  }

  forget(paymentId: string): void {
    this.#sql.exec("DELETE FROM payments WHERE payment_id = ?", paymentId);
  }
}
