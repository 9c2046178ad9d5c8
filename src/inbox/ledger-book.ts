/**
 * The ledger of one shard while its object lives: counts in memory, a snapshot on disk now and then.
 *
 * A snapshot says up to which event number it is finished. What a crash takes from memory is found again by
 * counting the rows of later events; a change to an earlier one is written with the snapshot in its own
 * transaction. So a delivered event costs no row for the ledger, and no count is ever lost, but for repeats of
 * the last seconds before a crash, which are in neither the counts nor the rows then.
 */
import {
  LEDGER_SCAN_EVENTS,
  LEDGER_SNAPSHOT_CHANGES,
  RECOUNT_STEP_EVENTS,
  REPEATS_IN_MEMORY_MS,
} from "../limits.ts";
import { changeOf, counted, differences, NO_COUNTS, together, type Change, type Counts } from "./ledger.ts";
import type { EventHead } from "./store/rows.ts";
import type { Store } from "./store/store.ts";

interface Snapshot {
  /** Events up to this number are in `counts`; later ones are counted from their rows. */
  readonly through: number;
  readonly counts: Counts;
  /** What was counted of events whose rows are gone. */
  readonly purged: Counts;
  readonly remainder: Readonly<Record<string, number>>;
}

const EMPTY: Snapshot = { through: 0, counts: NO_COUNTS, purged: NO_COUNTS, remainder: {} };

/** A recount under way: rows up to `through` are in `counts`. */
interface Recount {
  through: number;
  counts: Counts;
}

export class LedgerBook {
  readonly #store: Store;
  #counts: Counts = NO_COUNTS;
  #purged: Counts = NO_COUNTS;
  #remainder: Readonly<Record<string, number>> = {};
  #through = 0;
  /** Changes that are in no snapshot yet. */
  #changes = 0;
  /** A change to an event that is in the snapshot: it has to be written now. */
  #mustWrite = false;
  /** Repeats that are in no row yet, by event number. */
  #repeats = new Map<number, { source: string; count: number }>();
  #recount: Recount | null = null;

  constructor(store: Store) {
    this.#store = store;
  }

  /** Reads the snapshot and counts what came after it; answers the events among those. */
  load(): EventHead[] {
    const text = this.#store.singleRows.ledger();
    const snapshot = text === null ? EMPTY : (JSON.parse(text) as Snapshot);
    this.#through = snapshot.through;
    this.#counts = snapshot.counts;
    this.#purged = snapshot.purged;
    this.#remainder = snapshot.remainder;
    this.#changes = 0;
    this.#mustWrite = false;
    this.#repeats = new Map();
    this.#recount = null;
    const later: EventHead[] = [];
    for (let after = this.#through; ;) {
      const events = this.#store.events.after(after, LEDGER_SCAN_EVENTS);
      for (const event of events) this.#counts = counted(this.#counts, this.#changeOf(event));
      later.push(...events);
      this.#changes += events.length;
      if (events.length < LEDGER_SCAN_EVENTS) return later;
      after = events.at(-1)?.n ?? after;
    }
  }

  get counts(): Counts {
    return this.#counts;
  }

  /** What the last full recount found. */
  get remainder(): Readonly<Record<string, number>> {
    return this.#remainder;
  }

  /** Counts a change that is in the rows of event `n` as well. */
  record(n: number, change: Change): void {
    this.#counts = counted(this.#counts, change);
    this.#changes += 1;
    if (n <= this.#through) this.#mustWrite = true;
    if (this.#recount && n <= this.#recount.through)
      this.#recount.counts = counted(this.#recount.counts, change);
  }

  /** Counts a repeat; its row gets it later, many at a time. Answers when that has to be at the latest. */
  repeat(n: number, source: string, nowMs: number): number {
    this.#repeats.set(n, { source, count: this.repeatsOf(n) + 1 });
    this.#counts = counted(this.#counts, { source: [source, { arrived: 1, duplicate: 1 }] });
    this.#changes += 1;
    return nowMs + REPEATS_IN_MEMORY_MS;
  }

  /** A repeat of an event whose row is gone. */
  repeatOfPurged(source: string): void {
    const change = { source: [source, { arrived: 1, duplicate: 1 }] } as const;
    this.#counts = counted(this.#counts, change);
    this.#purged = counted(this.#purged, change);
    this.#mustWrite = true;
  }

  /** Repeats of this event that are in no row yet. */
  repeatsOf(n: number): number {
    return this.#repeats.get(n)?.count ?? 0;
  }

  /** The rows of an event go: what they stood for stays counted. */
  purge(event: EventHead): void {
    // Repeats that are in no row yet have none to go to any more; a recount under way has not seen them.
    const unwritten = this.repeatsOf(event.n);
    this.#repeats.delete(event.n);
    const duplicates = event.duplicates + unwritten;
    this.#purged = counted(this.#purged, this.#changeOf({ ...event, duplicates }));
    this.#mustWrite = true;
    if (this.#recount && event.n <= this.#recount.through)
      this.#recount.counts = counted(this.#recount.counts, this.#changeOf(event), -1);
  }

  /**
   * Before the transaction ends: writes the snapshot if it has to be, or if enough has gathered.
   *
   * @param settledThrough up to which number events have no first attempt under way
   */
  save(settledThrough: () => number): void {
    if (this.#mustWrite || this.#changes >= LEDGER_SNAPSHOT_CHANGES) this.write(settledThrough());
  }

  /** Writes repeats and snapshot. */
  write(settledThrough: number): void {
    this.#writeRepeats();
    // Later events stay in `counts`, which are of this moment: the snapshot must leave them out again.
    const through = Math.max(this.#through, settledThrough);
    let counts = this.#counts;
    for (let after = through; ;) {
      const events = this.#store.events.after(after, LEDGER_SCAN_EVENTS);
      for (const event of events) counts = counted(counts, this.#changeOf(event), -1);
      if (events.length < LEDGER_SCAN_EVENTS) break;
      after = events.at(-1)?.n ?? after;
    }
    const snapshot: Snapshot = { through, counts, purged: this.#purged, remainder: this.#remainder };
    this.#store.singleRows.setLedger(JSON.stringify(snapshot));
    this.#through = through;
    this.#changes = 0;
    this.#mustWrite = false;
  }

  /** Are there repeats that are in no row yet? */
  get hasRepeats(): boolean {
    return this.#repeats.size > 0;
  }

  #writeRepeats(): void {
    if (this.#repeats.size === 0) return;
    for (const [n, { source, count }] of this.#repeats) {
      this.#store.events.addDuplicates(n, count);
      if (n <= this.#through) this.#mustWrite = true;
      if (this.#recount && n <= this.#recount.through) {
        const change = { source: [source, { arrived: count, duplicate: count }] } as const;
        this.#recount.counts = counted(this.#recount.counts, change);
      }
    }
    this.#repeats = new Map();
  }

  /**
   * One step of counting all rows anew. Answers whether there is more to do; at the end, what it found is in
   * `remainder`.
   */
  recountStep(): boolean {
    this.#writeRepeats();
    this.#recount ??= { through: 0, counts: NO_COUNTS };
    const recount = this.#recount;
    const events = this.#store.events.after(recount.through, RECOUNT_STEP_EVENTS);
    for (const event of events) recount.counts = counted(recount.counts, this.#changeOf(event));
    recount.through = events.at(-1)?.n ?? recount.through;
    if (events.length === RECOUNT_STEP_EVENTS) return true;
    this.#recount = null;
    this.#remainder = differences(this.#counts, together(recount.counts, this.#purged));
    this.#mustWrite = true;
    return false;
  }

  get isRecounting(): boolean {
    return this.#recount !== null;
  }

  #changeOf(event: EventHead): Change {
    return changeOf(event, this.#store.deliveries.of(event.payment_id, event.n));
  }
}
