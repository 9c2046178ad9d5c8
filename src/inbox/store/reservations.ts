/** Names that have one owner: the hash of a one-time token and the order it paid. */
import { first } from "./sql.ts";

export class Reservations {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  get(key: string): { owner: string; fingerprint: string } | null {
    return first<{ owner: string; fingerprint: string }>(
      this.#sql,
      "SELECT owner, fingerprint FROM reservations WHERE key = ?",
      key,
    );
  }

  add(key: string, owner: string, fingerprint: string, nowMs: number): void {
    this.#sql.exec(
      "INSERT INTO reservations (key, owner, fingerprint, reserved_at) VALUES (?, ?, ?, ?)",
      key,
      owner,
      fingerprint,
      nowMs,
    );
  }

  /**
   * Looks at the next `limit` names in their order and forgets those reserved before an instant: an index by
   * age would cost a row with every name. Answers where to go on, null at the end.
   */
  forgetOld(afterKey: string, beforeMs: number, limit: number): string | null {
    const rows = this.#sql
      .exec<{ key: string; reserved_at: number }>(
        "SELECT key, reserved_at FROM reservations WHERE key > ? ORDER BY key LIMIT ?",
        afterKey,
        limit,
      )
      .toArray();
    for (const { key, reserved_at } of rows) {
      if (reserved_at < beforeMs) this.#sql.exec("DELETE FROM reservations WHERE key = ?", key);
    }
    return rows.length < limit ? null : (rows.at(-1)?.key ?? null);
  }
}
