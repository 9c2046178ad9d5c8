/**
 * What shards have measured and charts and metrics have not taken over yet: on disk as it comes, since an object that has
 * nothing to do is ended soon. A row for all that comes in one turn.
 */
import { allMeasures, NO_MEASURES, type Measures } from "../inbox/measures.ts";
import { first } from "../inbox/store/sql.ts";

export class Measured {
  readonly #sql: SqlStorage;
  #waiting: Measures;
  #isWriting = false;
  /** There is more on disk than nothing. */
  #isOnDisk: boolean;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    const row = first<{ value: string }>(sql, "SELECT value FROM state WHERE name = 'measured'");
    this.#isOnDisk = row !== null;
    this.#waiting = row === null ? NO_MEASURES : (JSON.parse(row.value) as Measures);
  }

  add(measures: Measures): void {
    this.#waiting = allMeasures([this.#waiting, measures]);
    if (this.#isWriting) return;
    this.#isWriting = true;
    queueMicrotask(() => this.#write());
  }

  /** What there is since the last call: whoever takes it writes it down. */
  take(): Measures {
    const taken = this.#waiting;
    this.#waiting = NO_MEASURES;
    if (this.#isOnDisk) this.#sql.exec("DELETE FROM state WHERE name = 'measured'");
    this.#isOnDisk = false;
    return taken;
  }

  #write(): void {
    this.#isWriting = false;
    if (this.#waiting === NO_MEASURES) return;
    this.#sql.exec(
      "INSERT INTO state (name, value) VALUES ('measured', ?) ON CONFLICT DO UPDATE SET value = excluded.value",
      JSON.stringify(this.#waiting),
    );
    this.#isOnDisk = true;
  }
}
