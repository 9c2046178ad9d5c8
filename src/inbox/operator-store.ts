/**
 * SQL for people and for time: lists, details, the audit log, bulk replays, retention. Apart from
 * `store.ts`, whose statements are on the way of an event; these may scan, a bounded window at a time.
 */
import type { Attempt } from "./protocol.ts";
import { OWED, type DeliveryKey, type DeliveryRow, type EventRow, type NewDelivery } from "./store.ts";

/** An event as an operator sees it in a list. */
export type EventView = Pick<
  EventRow,
  | "n"
  | "event_id"
  | "payment_id"
  | "source"
  | "state"
  | "reason"
  | "type"
  | "received_at"
  | "warnings"
  | "duplicates"
  | "became"
> & {
  readonly deliveries: readonly Pick<
    DeliveryRow,
    "destination" | "state" | "sequence" | "due" | "attempts"
  >[];
};

/** A bulk replay, as far as this shard is concerned. */
export type ReplayJobRow = {
  id: string;
  /** An `EventFilter`, as JSON. */
  filter: string;
  /** This shard's share of the rate. */
  per_second: number;
  state: "running" | "finished" | "canceled";
  /** The next event number to look at. */
  cursor: number;
  /** The first event number not to look at: what came after the start is not replayed. */
  until: number;
  replayed: number;
  started_at: number;
  next_at: number;
};

export class OperatorStore {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  // ---- looking -----------------------------------------------------------------------------------

  /** Everything about events with numbers in [from, to), newest first, with what is owed of each. */
  window(from: number, to: number): EventView[] {
    return this.#sql
      .exec<Omit<EventView, "deliveries"> & { deliveries: string }>(
        `SELECT n, event_id, payment_id, source, state, reason, type, received_at, warnings, duplicates, became,
           (SELECT json_group_array(json_object('destination', destination, 'state', state, 'sequence', sequence,
              'due', due, 'attempts', attempts)) FROM deliveries AS d
            WHERE d.payment_id = events.payment_id AND d.n = events.n AND d.destination <> '') AS deliveries
         FROM events WHERE n >= ? AND n < ? AND state <> 'alert' ORDER BY n DESC`,
        from,
        to,
      )
      .toArray()
      .map((row) => ({ ...row, deliveries: JSON.parse(row.deliveries) as EventView["deliveries"] }));
  }

  /** Does the body of this event contain the text? */
  mentions(n: number, text: string): boolean {
    return (
      this.#first(
        "SELECT 1 AS found FROM events WHERE n = ? AND instr(COALESCE(body, ''), ?) > 0",
        n,
        text,
      ) !== null
    );
  }

  /** The stored callback of one that was set aside, as JSON. */
  callbackOf(n: number): string | null {
    return (
      this.#first<{ callback: string | null }>("SELECT callback FROM events WHERE n = ?", n)?.callback ?? null
    );
  }

  /** One more than the highest number. */
  endOfEvents(): number {
    return this.#sql.exec<{ end: number }>("SELECT COALESCE(MAX(n), 0) + 1 AS end FROM events").one().end;
  }

  /** Numbers of the events with this id: a scan over the narrow table, for people and not for the way in. */
  numbersOf(eventId: string): number[] {
    return this.#sql
      .exec<{ n: number }>("SELECT DISTINCT n FROM deliveries WHERE event_id = ?", eventId)
      .toArray()
      .map(({ n }) => n);
  }

  numbersOfPayment(paymentId: string): number[] {
    return this.#sql
      .exec<{ n: number }>("SELECT DISTINCT n FROM deliveries WHERE payment_id = ? ORDER BY n", paymentId)
      .toArray()
      .map(({ n }) => n);
  }

  deliveriesOf(paymentId: string, n: number): DeliveryRow[] {
    return this.#sql
      .exec<DeliveryRow>(
        "SELECT * FROM deliveries WHERE payment_id = ? AND n = ? AND destination <> ''",
        paymentId,
        n,
      )
      .toArray();
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

  /** To be sent again at an operator's wish, its schedule begun anew; `due` null: parked, or not its turn yet. */
  replay(
    key: DeliveryKey,
    {
      state,
      due,
      sweepAt,
      outOfOrder,
    }: Pick<NewDelivery, "state" | "due" | "sweepAt"> & { outOfOrder: boolean },
  ): void {
    this.#sql.exec(
      `UPDATE deliveries SET state = ?, due = ?, sweep_at = ?, handovers = 0, tries = 0, replay = ?
       WHERE payment_id = ? AND n = ? AND destination = ?`,
      state,
      due,
      sweepAt,
      outOfOrder ? 1 : 0,
      key.payment,
      key.n,
      key.destination,
    );
  }

  /** Per source, how the newest events came: how many, from when to when. */
  activity(newest: number): { source: string; count: number; first: number; last: number }[] {
    return this.#sql
      .exec<{ source: string; count: number; first: number; last: number }>(
        `SELECT source, COUNT(*) AS count, MIN(received_at) AS first, MAX(received_at) AS last
         FROM (SELECT source, received_at FROM events WHERE state <> 'alert' ORDER BY n DESC LIMIT ?) GROUP BY source`,
        newest,
      )
      .toArray();
  }

  /** Since when the callback that waits longest for its verifier has been waiting. */
  deferredSince(): number | null {
    return this.#sql
      .exec<{ since: number | null }>(
        `SELECT MIN(events.received_at) AS since FROM deliveries JOIN events USING (n)
         WHERE deliveries.destination = '@verifier' AND deliveries.state = 'pending'`,
      )
      .one().since;
  }

  // ---- audit and replays ---------------------------------------------------------------------------

  /** Who did what, when. */
  audit(nowMs: number, actor: string, action: string, detail: string): void {
    this.#sql.exec(
      "INSERT INTO audit (at, actor, action, detail) VALUES (?, ?, ?, ?)",
      nowMs,
      actor,
      action,
      detail,
    );
  }

  auditLog(limit: number): { at: number; actor: string; action: string; detail: string }[] {
    return this.#sql
      .exec<{ at: number; actor: string; action: string; detail: string }>(
        "SELECT at, actor, action, detail FROM audit ORDER BY id DESC LIMIT ?",
        limit,
      )
      .toArray();
  }

  replayJobs(): ReplayJobRow[] {
    return this.#sql.exec<ReplayJobRow>("SELECT * FROM replays ORDER BY started_at DESC").toArray();
  }

  replayJob(id: string): ReplayJobRow | null {
    return this.#first<ReplayJobRow>("SELECT * FROM replays WHERE id = ?", id);
  }

  putReplayJob(job: ReplayJobRow): void {
    this.#sql.exec(
      `INSERT INTO replays (id, filter, per_second, state, cursor, until, replayed, started_at, next_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET state = excluded.state, cursor = excluded.cursor, replayed = excluded.replayed,
         next_at = excluded.next_at`,
      job.id,
      job.filter,
      job.per_second,
      job.state,
      job.cursor,
      job.until,
      job.replayed,
      job.started_at,
      job.next_at,
    );
  }

  // ---- retention -----------------------------------------------------------------------------------

  /** The oldest events after `n`, as far as the purge looks at once. */
  oldest(afterN: number, limit: number): { n: number; payment_id: string; received_at: number }[] {
    return this.#sql
      .exec<{ n: number; payment_id: string; received_at: number }>(
        "SELECT n, payment_id, received_at FROM events WHERE n > ? ORDER BY n LIMIT ?",
        afterN,
        limit,
      )
      .toArray();
  }

  /** Is there nothing that could outlive its retention? */
  isEmpty(): boolean {
    return (
      this.#first("SELECT 1 AS some FROM events LIMIT 1") === null &&
      this.#first("SELECT 1 AS some FROM claims LIMIT 1") === null
    );
  }

  /** Is anything of this payment younger than this, or still owed? */
  isAlive(paymentId: string, sinceMs: number): boolean {
    return (
      this.#first(
        `SELECT 1 AS alive FROM deliveries JOIN events USING (n)
         WHERE deliveries.payment_id = ? AND (events.received_at >= ? OR ${OWED.replaceAll("state", "deliveries.state")}) LIMIT 1`,
        paymentId,
        sinceMs,
      ) !== null
    );
  }

  /** Forgets a payment altogether: its events, dedupe keys, order and attempts at once. */
  forgetPayment(paymentId: string): void {
    this.#sql.exec(
      "DELETE FROM events WHERE n IN (SELECT n FROM deliveries WHERE payment_id = ?)",
      paymentId,
    );
    this.#sql.exec("DELETE FROM attempts WHERE payment_id = ?", paymentId);
    this.#sql.exec("DELETE FROM deliveries WHERE payment_id = ?", paymentId);
  }

  forgetOldReservations(beforeMs: number, limit: number): number {
    return this.#sql.exec(
      "DELETE FROM claims WHERE key IN (SELECT key FROM claims WHERE claimed_at < ? LIMIT ?)",
      beforeMs,
      limit,
    ).rowsWritten;
  }

  #first<T extends Record<string, SqlStorageValue>>(query: string, ...bindings: SqlStorageValue[]): T | null {
    return this.#sql.exec<T>(query, ...bindings).toArray()[0] ?? null;
  }
}
