/**
 * Which events have a term, without a row for each: the terms of some hundred events are in the few rows of a block,
 * each as part of its hash and the event's number (docs/storage.md#the-search). Two terms may share a hash, so what is
 * found is to be looked at. Events after the last block are not in it yet.
 */
import { SEARCH_BLOCK_PARTS } from "../../limits.ts";
import { fault } from "../../log.ts";
import { allOf, hashOf, keyOf, offsetOf, offsetsOf, packed, partOf, postingOf } from "./postings.ts";
import { termsOf, type FilterColumns, type WordColumns } from "./search-terms.ts";
import type { EventState } from "./rows.ts";
import { first } from "./sql.ts";

/** Some events one after another. */
export type SearchBlock = {
  first_n: number;
  last_n: number;
  /** When the first and the last of them came (epoch ms). */
  oldest_at: number;
  newest_at: number;
};

type IndexedRow = WordColumns & FilterColumns & { n: number; state: EventState; received_at: number };

const INDEXED = `SELECT n, event_id, payment_id, source, state, type, received_at, body, callback, direct,
  (SELECT json_group_array(destination) FROM deliveries AS d WHERE d.payment_id = events.payment_id AND d.n = events.n)
    AS destinations
  FROM events`;

export class SearchIndex {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** The last event that is in a block; 0 when there is none. */
  end(): number {
    const last = first<{ last_n: number }>(
      this.#sql,
      "SELECT last_n FROM search_blocks WHERE key < ? ORDER BY key DESC LIMIT 1",
      keyOf(1, 0),
    );
    return last?.last_n ?? 0;
  }

  /** Have enough events come after the last block for another one of `size` numbers? */
  isBehind(size: number): boolean {
    return this.#nextBlock(size) !== null;
  }

  /** By number: of events that are gone already, a block has nothing. */
  #nextBlock(size: number): Pick<SearchBlock, "first_n" | "last_n"> | null {
    const newest = first<{ n: number }>(this.#sql, "SELECT n FROM events ORDER BY n DESC LIMIT 1");
    const next = first<{ n: number }>(
      this.#sql,
      "SELECT n FROM events WHERE n > ? ORDER BY n LIMIT 1",
      this.end(),
    );
    if (newest === null || next === null || newest.n < next.n + size - 1) return null;
    return { first_n: next.n, last_n: next.n + size - 1 };
  }

  /** Makes one block of `size` numbers after the last one, if as many have come. False: they have not. */
  addBlock(size: number): boolean {
    const block = this.#nextBlock(size);
    if (block === null) return false;
    const { first_n, last_n } = block;
    const parts = noPostings();
    let [oldest, newest] = [Number.MAX_SAFE_INTEGER, 0];
    for (const row of this.#sql.exec<IndexedRow>(`${INDEXED} WHERE n >= ? AND n <= ?`, first_n, last_n)) {
      addPostings(parts, row, first_n);
      oldest = Math.min(oldest, row.received_at);
      newest = Math.max(newest, row.received_at);
    }
    for (const [part, postings] of parts.entries()) {
      this.#sql.exec(
        `INSERT INTO search_blocks (key, last_n, oldest_at, newest_at, postings) VALUES (?, ?, ?, ?, ?)`,
        keyOf(part, first_n),
        last_n,
        oldest,
        newest,
        packed(postings),
      );
    }
    return true;
  }

  /** An event says something else now: what it said is taken out of its block. */
  renew(n: number): void {
    const block = first<SearchBlock>(
      this.#sql,
      `SELECT key AS first_n, last_n, oldest_at, newest_at FROM search_blocks WHERE key <= ? ORDER BY key DESC LIMIT 1`,
      n,
    );
    const row = first<IndexedRow>(this.#sql, `${INDEXED} WHERE n = ?`, n);
    if (block === null || block.last_n < n || row === null) return;
    const added = noPostings();
    addPostings(added, row, block.first_n);
    for (const [part, postings] of added.entries()) {
      const others = allOf(this.#postings(part, block.first_n)).filter(
        (posting) => block.first_n + offsetOf(posting) !== n,
      );
      this.#sql.exec(
        `UPDATE search_blocks SET postings = ?, oldest_at = ?, newest_at = ? WHERE key = ?`,
        packed([...others, ...postings]),
        Math.min(block.oldest_at, row.received_at),
        Math.max(block.newest_at, row.received_at),
        keyOf(part, block.first_n),
      );
    }
  }

  /** Forgets up to `most` blocks whose events are all gone; never the newest, which tells how far the index goes. */
  forgetBefore(n: number, most: number): void {
    const gone = this.#sql
      .exec<{ first_n: number }>(
        `SELECT key AS first_n FROM search_blocks WHERE key < ? AND last_n < ? AND last_n < ? ORDER BY key LIMIT ?`,
        n,
        n,
        this.end(),
        most,
      )
      .toArray();
    for (const { first_n } of gone)
      for (let part = 0; part < SEARCH_BLOCK_PARTS; part += 1)
        this.#sql.exec("DELETE FROM search_blocks WHERE key = ?", keyOf(part, first_n));
  }

  /** Up to `most` blocks with events below this number, newest first. */
  blocksBelow(n: number, most: number): SearchBlock[] {
    return this.#sql
      .exec<SearchBlock>(
        `SELECT key AS first_n, last_n, oldest_at, newest_at FROM search_blocks WHERE key < ?
         ORDER BY key DESC LIMIT ?`,
        n,
        most,
      )
      .toArray();
  }

  /**
   * Numbers of the block's events that may be meant, newest first.
   *
   * @param conditions of each, any of its terms; none: every number of the block
   */
  numbersIn({ first_n, last_n }: SearchBlock, conditions: readonly (readonly string[])[]): number[] {
    const [terms, ...others] = conditions;
    if (terms === undefined)
      return Array.from({ length: last_n - first_n + 1 }, (_, index) => last_n - index);
    let numbers = new Set(terms.flatMap((term) => this.#having(term, first_n)));
    for (const more of others) {
      if (numbers.size === 0) break;
      const having = new Set(more.flatMap((term) => this.#having(term, first_n)));
      numbers = new Set([...numbers].filter((n) => having.has(n)));
    }
    return [...numbers].toSorted((a, b) => b - a);
  }

  #having(term: string, firstN: number): number[] {
    const hash = hashOf(term);
    return offsetsOf(this.#postings(partOf(hash), firstN), hash).map((offset) => firstN + offset);
  }

  #postings(part: number, firstN: number): Uint8Array {
    const row = first<{ postings: ArrayBuffer }>(
      this.#sql,
      "SELECT postings FROM search_blocks WHERE key = ?",
      keyOf(part, firstN),
    );
    return new Uint8Array(row?.postings ?? []);
  }
}

const noPostings = () => Array.from({ length: SEARCH_BLOCK_PARTS }, (): number[] => []);

/** Whatever is wrong with one event: an alarm that fails over its words would hold up everything that is owed. */
function termsOrNone(row: IndexedRow): ReadonlySet<string> {
  try {
    return termsOf(row);
  } catch (error) {
    fault("search_index", error, { event: row.event_id });
    return new Set();
  }
}

function addPostings(parts: readonly number[][], row: IndexedRow, firstN: number): void {
  // No list has alerts in it.
  if (row.state === "alert") return;
  for (const term of termsOrNone(row)) {
    const hash = hashOf(term);
    parts[partOf(hash)]?.push(postingOf(hash, row.n - firstN));
  }
}
