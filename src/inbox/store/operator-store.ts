/**
 * SQL for people: lists, details, the audit log, bulk replays. None of it is on the way of an event; it may
 * scan, a bounded window at a time.
 */
import type { PaymentEvent } from "../../event.ts";
import { first } from "./sql.ts";
import type { DeliveryRow, EventHead } from "./rows.ts";
import type { WordColumns } from "./search-terms.ts";

/** What an event says of its payment, forwarded or set aside. */
export type Said = Pick<
  PaymentEvent["data"],
  "status" | "merchant_reference" | "amount" | "amount_requested"
>;
type SaidColumns = [Said["status"], Said["merchant_reference"], Said["amount"], Said["amount_requested"]];

/** An event with the rows of what is owed of it. */
export type EventWithRows = EventHead & {
  readonly rows: readonly Pick<DeliveryRow, "destination" | "state" | "due" | "attempts">[];
};

/** Numbers of events, and the number down to which there are no others of their kind. */
export interface RareEvents {
  readonly numbers: readonly number[];
  readonly from: number;
}

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
  /** How many the filter found when the order was given. */
  total: number;
  started_at: number;
  next_at: number;
};

/** How the newest events of a source came. */
export type SourceActivity = {
  source: string;
  count: number;
  /** Epoch ms. */
  first: number;
  last: number;
  /** Id of the secret that proved the last one; null: it was no secret, or it is not known. */
  key: string | null;
};

/** Who did what, when. */
export type AuditRow = {
  /** In the order they were given to this shard. */
  n: number;
  at: number;
  actor: string;
  action: string;
  detail: string;
};

export class OperatorStore {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  // ---- looking -----------------------------------------------------------------------------------

  /** Everything about events with numbers in [from, to), newest first, with what is owed of each. */
  window(from: number, to: number): EventWithRows[] {
    return this.#withRows("n >= ? AND n < ?", from, to);
  }

  /** The same of events with these numbers. */
  numbered(numbers: readonly number[]): EventWithRows[] {
    return this.#withRows("n IN (SELECT value FROM json_each(?))", JSON.stringify(numbers));
  }

  #withRows(where: string, ...values: (number | string)[]): EventWithRows[] {
    return this.#sql
      .exec<EventHead & { rows: string }>(
        `SELECT n, event_id, payment_id, source, state, reason, type, received_at, fingerprint, warnings, duplicates,
           became, sequence, instance, direct, released, dismissed,
           (SELECT json_group_array(json_object('destination', destination, 'state', state, 'due', due, 'attempts', attempts))
            FROM deliveries AS d WHERE d.payment_id = events.payment_id AND d.n = events.n) AS rows
         FROM events WHERE ${where} AND state <> 'alert' ORDER BY n DESC`,
        ...values,
      )
      .toArray()
      .map((row) => ({ ...row, rows: JSON.parse(row.rows) as EventWithRows["rows"] }));
  }

  /**
   * The newest events below number `to` that are owed, dead or set aside, by indexes that hold only
   * those; null: so much is owed that these are not few, and a look at the newest events finds some.
   *
   * @param most of the ones set aside, and of what is owed
   */
  rare(to: number, most: number): RareEvents | null {
    const owed = this.#sql
      .exec<{ n: number }>(
        "SELECT n FROM deliveries INDEXED BY deliveries_owed WHERE state = 'pending' OR state = 'dead' LIMIT ?",
        most + 1,
      )
      .toArray();
    if (owed.length > most) return null;
    const aside = this.#sql
      .exec<{ n: number }>(
        `SELECT n FROM events INDEXED BY events_rare
         WHERE ((state <> 'accepted' AND state <> 'alert') OR dismissed IS NOT NULL) AND n < ? ORDER BY n DESC LIMIT ?`,
        to,
        most,
      )
      .toArray();
    // Full: what is older has not been looked for, owed or not.
    const from = aside.length < most ? 0 : (aside.at(-1)?.n ?? 0);
    const numbers = new Set([...aside, ...owed].map(({ n }) => n));
    return { numbers: [...numbers].filter((n) => n >= from && n < to), from };
  }

  /** What these events say of their payments, by number: without those that have no body. */
  saidBy(numbers: readonly number[]): Map<number, Said> {
    const rows = this.#sql
      .exec<{ n: number; said: string }>(
        `SELECT n, json_extract(body, '$.data.status', '$.data.merchant_reference', '$.data.amount', '$.data.amount_requested')
           AS said
         FROM events WHERE n IN (SELECT value FROM json_each(?)) AND body IS NOT NULL`,
        JSON.stringify(numbers),
      )
      .toArray();
    return new Map(
      rows.map(({ n, said }) => {
        const [status, merchant_reference, amount, amount_requested] = JSON.parse(said) as SaidColumns;
        return [n, { status, merchant_reference, amount, amount_requested }];
      }),
    );
  }

  /** Where the words of this event are; null: there is no such event. */
  wordColumnsOf(n: number): WordColumns | null {
    return first<WordColumns>(
      this.#sql,
      "SELECT event_id, payment_id, body, callback FROM events WHERE n = ?",
      n,
    );
  }

  /** One more than the highest number. */
  endOfEvents(): number {
    return this.#sql.exec<{ end: number }>("SELECT COALESCE(MAX(n), 0) + 1 AS end FROM events").one().end;
  }

  /** Per source, how the newest events came: how many, from when to when, and which key proved the last one. */
  activity(newest: number): SourceActivity[] {
    return this.#sql
      .exec<SourceActivity>(
        `SELECT a.source, a.count, a.first, a.last,
           COALESCE(json_extract(e.body, '$.data.verification.key'), json_extract(e.callback, '$.verification.key')) AS key
         FROM (SELECT source, COUNT(*) AS count, MIN(received_at) AS first, MAX(received_at) AS last, MAX(n) AS n
               FROM (SELECT n, source, received_at FROM events WHERE state <> 'alert' ORDER BY n DESC LIMIT ?)
               GROUP BY source) AS a JOIN events AS e ON e.n = a.n`,
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

  /** Up to `limit` orders below number `before` (null: the newest), newest first. */
  auditLog(before: number | null, limit: number): AuditRow[] {
    return this.#sql
      .exec<AuditRow>(
        "SELECT id AS n, at, actor, action, detail FROM audit WHERE id < ? ORDER BY id DESC LIMIT ?",
        before ?? Number.MAX_SAFE_INTEGER,
        limit,
      )
      .toArray();
  }

  replayJobs(): ReplayJobRow[] {
    return this.#sql.exec<ReplayJobRow>("SELECT * FROM replays ORDER BY started_at DESC").toArray();
  }

  replayJob(id: string): ReplayJobRow | null {
    return first<ReplayJobRow>(this.#sql, "SELECT * FROM replays WHERE id = ?", id);
  }

  putReplayJob(job: ReplayJobRow): void {
    this.#sql.exec(
      `INSERT INTO replays (id, filter, per_second, state, cursor, until, replayed, total, started_at, next_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET state = excluded.state, cursor = excluded.cursor, replayed = excluded.replayed,
         next_at = excluded.next_at`,
      job.id,
      job.filter,
      job.per_second,
      job.state,
      job.cursor,
      job.until,
      job.replayed,
      job.total,
      job.started_at,
      job.next_at,
    );
  }

  /** Deferred callbacks of a source that are still to be asked about, by what their rows say of the caller. */
  waitingForVerifier(source: string): { contents: string; count: number }[] {
    return this.#sql
      .exec<{ contents: string; count: number }>(
        `SELECT e.contents AS contents, COUNT(*) AS count FROM deliveries d JOIN events e ON e.n = d.n
         WHERE d.destination = '@verifier' AND d.state = 'pending' AND e.source = ? GROUP BY e.contents`,
        source,
      )
      .toArray();
  }

  /** When the attempt was due that the sweep looks at next, of those whose turn it is (epoch ms). */
  longestOverdue(destination: string): number | null {
    const row = first<{ due: number | null }>(
      this.#sql,
      `SELECT due FROM deliveries WHERE destination = ? AND state = 'pending' AND sweep_at IS NOT NULL
       ORDER BY sweep_at LIMIT 1`,
      destination,
    );
    return row?.due ?? null;
  }

  /** When the oldest event came that is owed, of the `most` deliveries that leave first (epoch ms). */
  oldestOwed(destination: string, most: number): number | null {
    return this.#sql
      .exec<{ since: number | null }>(
        `SELECT MIN(received_at) AS since FROM events WHERE n =
           (SELECT MIN(n) FROM (SELECT n FROM deliveries INDEXED BY deliveries_owed
            WHERE destination = ? AND state = 'pending' ORDER BY sweep_at LIMIT ?))`,
        destination,
        most,
      )
      .one().since;
  }

  /** Forgets finished orders and audit entries older than this. */
  forgetOld(beforeMs: number, limit: number): void {
    this.#sql.exec("DELETE FROM replays WHERE state <> 'running' AND started_at < ?", beforeMs);
    this.#sql.exec(
      "DELETE FROM audit WHERE id IN (SELECT id FROM audit WHERE at < ? ORDER BY id LIMIT ?)",
      beforeMs,
      limit,
    );
  }
}
