/**
 * Which events have a term, without a row for each: the terms of some hundred events are in the few rows of a block,
 * each as part of its hash and the event's number (docs/storage.md#the-search). Two terms may share a hash, so what is
 * found is to be looked at. Events after the last block are not in it yet.
 */
import { SEARCH_BLOCK_PARTS } from "../../limits.ts";
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

/** Of a hash, what the number of its part does not say already; then how far the event is from the block's first. */
const HASH_BYTES = 3;
const POSTING_BYTES = HASH_BYTES + 2;

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
      "SELECT last_n FROM search_blocks WHERE part = 0 ORDER BY first_n DESC LIMIT 1",
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
    const parts: number[][] = Array.from({ length: SEARCH_BLOCK_PARTS }, () => []);
    let [oldest, newest] = [Number.MAX_SAFE_INTEGER, 0];
    for (const row of this.#sql.exec<IndexedRow>(`${INDEXED} WHERE n >= ? AND n <= ?`, first_n, last_n)) {
      addPostings(parts, row, first_n);
      oldest = Math.min(oldest, row.received_at);
      newest = Math.max(newest, row.received_at);
    }
    for (const [part, postings] of parts.entries()) {
      this.#sql.exec(
        `INSERT INTO search_blocks (part, first_n, last_n, oldest_at, newest_at, postings) VALUES (?, ?, ?, ?, ?, ?)`,
        part,
        first_n,
        last_n,
        oldest,
        newest,
        Uint8Array.from(postings),
      );
    }
    return true;
  }

  /** An event says something else now: what it said is taken out of its block. */
  renew(n: number): void {
    const block = first<SearchBlock>(
      this.#sql,
      `SELECT first_n, last_n, oldest_at, newest_at FROM search_blocks WHERE part = 0 AND first_n <= ?
       ORDER BY first_n DESC LIMIT 1`,
      n,
    );
    const row = first<IndexedRow>(this.#sql, `${INDEXED} WHERE n = ?`, n);
    if (block === null || block.last_n < n || row === null) return;
    const added: number[][] = Array.from({ length: SEARCH_BLOCK_PARTS }, () => []);
    addPostings(added, row, block.first_n);
    for (const [part, postings] of added.entries()) {
      const others = this.#postings(part, block.first_n).filter(({ offset }) => offset !== n - block.first_n);
      this.#sql.exec(
        `UPDATE search_blocks SET postings = ?, oldest_at = ?, newest_at = ? WHERE part = ? AND first_n = ?`,
        Uint8Array.from([...others.flatMap(({ bytes }) => [...bytes]), ...postings]),
        Math.min(block.oldest_at, row.received_at),
        Math.max(block.newest_at, row.received_at),
        part,
        block.first_n,
      );
    }
  }

  /** Forgets up to `most` blocks whose events are all gone; never the newest, which tells how far the index goes. */
  forgetBefore(n: number, most: number): void {
    const gone = this.#sql
      .exec<{ first_n: number }>(
        `SELECT first_n FROM search_blocks WHERE part = 0 AND first_n < ? AND last_n < ? AND last_n < ?
         ORDER BY first_n LIMIT ?`,
        n,
        n,
        this.end(),
        most,
      )
      .toArray();
    for (const { first_n } of gone)
      for (let part = 0; part < SEARCH_BLOCK_PARTS; part += 1)
        this.#sql.exec("DELETE FROM search_blocks WHERE part = ? AND first_n = ?", part, first_n);
  }

  /** Up to `most` blocks with events below this number, newest first. */
  blocksBelow(n: number, most: number): SearchBlock[] {
    return this.#sql
      .exec<SearchBlock>(
        `SELECT first_n, last_n, oldest_at, newest_at FROM search_blocks WHERE part = 0 AND first_n < ?
         ORDER BY first_n DESC LIMIT ?`,
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
    let numbers = Array.from({ length: last_n - first_n + 1 }, (_, index) => last_n - index);
    for (const terms of conditions) {
      const having = new Set(terms.flatMap((term) => this.#having(term, first_n)));
      numbers = numbers.filter((n) => having.has(n));
      if (numbers.length === 0) break;
    }
    return numbers;
  }

  #having(term: string, firstN: number): number[] {
    const hash = hashOf(term);
    const bytes = bytesOf(hash);
    const [row] = this.#sql
      .exec<{ postings: ArrayBuffer }>(
        "SELECT postings FROM search_blocks WHERE part = ? AND first_n = ? AND instr(postings, ?) > 0",
        partOf(hash),
        firstN,
        Uint8Array.from(bytes),
      )
      .toArray();
    if (row === undefined) return [];
    return [...postingsIn(row.postings)]
      .filter(({ bytes: found }) => bytes.every((byte, index) => found[index] === byte))
      .map(({ offset }) => firstN + offset);
  }

  #postings(part: number, firstN: number): Posting[] {
    const row = first<{ postings: ArrayBuffer }>(
      this.#sql,
      "SELECT postings FROM search_blocks WHERE part = ? AND first_n = ?",
      part,
      firstN,
    );
    return row === null ? [] : [...postingsIn(row.postings)];
  }
}

interface Posting {
  readonly bytes: Uint8Array;
  /** From the block's first event. */
  readonly offset: number;
}

function* postingsIn(postings: ArrayBuffer): Generator<Posting> {
  const all = new Uint8Array(postings);
  for (let at = 0; at < all.length; at += POSTING_BYTES) {
    const bytes = all.subarray(at, at + POSTING_BYTES);
    yield { bytes, offset: ((bytes[HASH_BYTES] ?? 0) << 8) | (bytes[HASH_BYTES + 1] ?? 0) };
  }
}

function addPostings(parts: readonly number[][], row: IndexedRow, firstN: number): void {
  // No list has alerts in it.
  if (row.state === "alert") return;
  const offset = row.n - firstN;
  for (const term of termsOf(row)) {
    const hash = hashOf(term);
    parts[partOf(hash)]?.push(...bytesOf(hash), offset >>> 8, offset & 0xff);
  }
}

const partOf = (hash: number) => hash % SEARCH_BLOCK_PARTS;
const bytesOf = (hash: number) => [hash >>> 24, (hash >>> 16) & 0xff, (hash >>> 8) & 0xff] as const;

/** FNV-1a over UTF-16 units, its bits mixed once more: 32 bits. Whoever makes terms collide has them looked at in vain. */
function hashOf(term: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < term.length; index += 1) {
    hash = Math.imul(hash ^ term.charCodeAt(index), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  return (hash ^ (hash >>> 13)) >>> 0;
}
