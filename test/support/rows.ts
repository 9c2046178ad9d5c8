/** Many rows at once, and how many are read of them. */
import { runInDurableObject } from "cloudflare:test";
import { EVENT_ID_BLOCK_INTERVAL_MS } from "../../src/limits.ts";
import { inbox, later, SHARD } from "./attempts.ts";
import { inboxOf } from "./worker.ts";

/** Rows that the objects read while something is done, by the platform's own count. */
export async function rowsRead(done: () => Promise<unknown>): Promise<number> {
  const prototype = await runInDurableObject(
    inboxOf(SHARD),
    (_, { storage }) => Object.getPrototypeOf(storage.sql) as SqlStorage,
  );
  const cursors: { readonly rowsRead: number }[] = [];
  const exec = prototype.exec;
  prototype.exec = function counted(this: SqlStorage, query: string, ...values: SqlStorageValue[]) {
    const cursor = exec.call(this, query, ...values);
    cursors.push(cursor);
    return cursor;
  } as typeof exec;
  try {
    await done();
    return cursors.reduce((sum, cursor) => sum + cursor.rowsRead, 0);
  } finally {
    prototype.exec = exec;
  }
}

/** Copies event `n` under all numbers from the next to `upTo`, each received so much after the one before. */
export function copyEvent(sql: SqlStorage, n: number, upTo: number, laterMs = 0): void {
  const columns = sql
    .exec<{ name: string }>(
      "SELECT name FROM pragma_table_info('events') WHERE name NOT IN ('n', 'received_at')",
    )
    .toArray()
    .map(({ name }) => name)
    .join(", ");
  sql.exec(
    `WITH RECURSIVE g(i) AS (SELECT (SELECT MAX(n) + 1 FROM events) UNION ALL SELECT i + 1 FROM g WHERE i < ${upTo})
     INSERT INTO events (n, received_at, ${columns})
     SELECT g.i, received_at + ${laterMs} * (g.i - ${n}), ${columns} FROM g CROSS JOIN events WHERE events.n = ${n}`,
  );
}

/** Lets the alarm make blocks for the search of all events that are enough for one. */
export async function makeBlocks(): Promise<void> {
  await runInDurableObject(inbox(), async (instance, { storage: { sql } }) => {
    const count = () => sql.exec<{ n: number }>("SELECT COUNT(*) AS n FROM search_blocks").one().n;
    for (let before = -1; before !== count();) {
      before = count();
      await instance.alarm();
      later(EVENT_ID_BLOCK_INTERVAL_MS);
    }
  });
}
