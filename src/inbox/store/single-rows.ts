/** Things of which a shard has one: the ledger's snapshot, and by name what its next life has to know. */
import { first } from "./sql.ts";

export class SingleRows {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  ledger(): string | null {
    return (
      first<{ counts: string }>(this.#sql, "SELECT counts FROM ledger WHERE name = 'ledger'")?.counts ?? null
    );
  }

  setLedger(snapshot: string): void {
    this.#sql.exec(
      "INSERT INTO ledger (name, counts) VALUES ('ledger', ?) ON CONFLICT (name) DO UPDATE SET counts = excluded.counts",
      snapshot,
    );
  }

  marker(name: string): string | null {
    return (
      first<{ value: string }>(this.#sql, "SELECT value FROM marker WHERE name = ?", name)?.value ?? null
    );
  }

  setMarker(name: string, value: string): void {
    this.#sql.exec(
      "INSERT INTO marker (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
      name,
      value,
    );
  }
}
