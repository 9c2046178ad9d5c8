/**
 * When each source was last heard of, and by which key, beyond the newest events of the shards: a source that is rare
 * by nature is not among them.
 */
import { first } from "../inbox/store/sql.ts";

export interface LastSeen {
  readonly source: string;
  /** Epoch ms. */
  readonly lastMs: number;
  /** Id of the secret that proved it; null: it was no secret, or it is not known. */
  readonly key: string | null;
}

export class LastSeenBook {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  all(): LastSeen[] {
    const row = first<{ value: string }>(this.#sql, "SELECT value FROM state WHERE name = 'seen'");
    return row === null ? [] : (JSON.parse(row.value) as LastSeen[]);
  }

  /** One row for all of them, and none where nothing is news. */
  note(seen: readonly LastSeen[]): void {
    const known = this.all();
    const all = latestOf([...known, ...seen]);
    if (JSON.stringify(all) === JSON.stringify(known)) return;
    this.#sql.exec(
      "INSERT INTO state (name, value) VALUES ('seen', ?) ON CONFLICT DO UPDATE SET value = excluded.value",
      JSON.stringify(all),
    );
  }
}

/** Of each source the latest, by name. */
export function latestOf(seen: readonly LastSeen[]): LastSeen[] {
  const bySource = new Map<string, LastSeen>();
  for (const { source, lastMs, key } of seen)
    if (lastMs > (bySource.get(source)?.lastMs ?? Number.NEGATIVE_INFINITY))
      bySource.set(source, { source, lastMs, key });
  return [...bySource.values()].sort((a, b) => (a.source < b.source ? -1 : 1));
}
