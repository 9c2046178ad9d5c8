/** Pauses and circuit breakers of destinations, where there are any: a row each. */

export class Destinations {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  all(): { name: string; paused: string | null; breaker: string | null }[] {
    return this.#sql
      .exec<{ name: string; paused: string | null; breaker: string | null }>(
        "SELECT name, paused, breaker FROM destinations",
      )
      .toArray();
  }

  put(name: string, paused: string | null, breaker: string | null): void {
    this.#sql.exec(
      `INSERT INTO destinations (name, paused, breaker) VALUES (?, ?, ?)
       ON CONFLICT (name) DO UPDATE SET paused = excluded.paused, breaker = excluded.breaker`,
      name,
      paused,
      breaker,
    );
  }
}
