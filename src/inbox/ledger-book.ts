/**
 * The ledger of one shard while its object lives: counts in memory, a snapshot on disk now and then.
 *
 * A snapshot says up to which event number it is finished. What a crash takes from memory is found again by
 * counting the rows of later events; a change to an earlier one is written with the snapshot in its own
 * transaction. So a delivered event costs no row for the ledger, and no count is ever lost, but for repeats of
 * the last seconds before a crash, which are in neither the counts nor the rows then.
 *
 * Few events are later than the snapshot, however long a first attempt stays open. Where there are more, since
 * an older release wrote no snapshot, they are counted in steps, and until then the counts are of those before.
 */
import {
  LEDGER_SCAN_EVENTS,
  LEDGER_SNAPSHOT_CHANGES,
  LEDGER_TAIL_EVENTS,
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
  /** The last event there was. 0.2.0 wrote neither this nor `open`: then all that is open is after `through`. */
  readonly last?: number;
  /** Events with a first attempt under way. */
  readonly open?: readonly number[];
}

const EMPTY: Snapshot = { through: 0, counts: NO_COUNTS, purged: NO_COUNTS, remainder: {} };

/** What a snapshot has to know of the shard besides its counts. */
export interface ShardNow {
  /** The highest number given out. */
  readonly last: number;
  /** Numbers of events with a first attempt under way. */
  readonly open: readonly number[];
}

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
  /** Events after this number are not in the counts yet: their rows are read in steps. */
  #countedThrough = Number.POSITIVE_INFINITY;
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

  /** Reads the snapshot and counts what came after it; answers the events that may have a first attempt under way. */
  load(): EventHead[] {
    const text = this.#store.singleRows.ledger();
    const snapshot = text === null ? this.#beforeTheFirst() : (JSON.parse(text) as Snapshot);
    this.#through = snapshot.through;
    this.#counts = snapshot.counts;
    this.#purged = snapshot.purged;
    this.#remainder = snapshot.remainder;
    this.#mustWrite = false;
    this.#repeats = new Map();
    this.#recount = null;
    this.#countedThrough = snapshot.through;
    const read = this.#countOn();
    this.#changes = read.length;
    const after = snapshot.last ?? snapshot.through;
    const later = this.isBehind
      ? [...this.#events(after, Number.POSITIVE_INFINITY)]
      : read.filter(({ n }) => n > after);
    return [...(snapshot.open ?? []).flatMap((n) => this.#store.events.head(n) ?? []), ...later];
  }

  /** Without a snapshot fewer changes were made than one takes, since the tables are as they are. */
  #beforeTheFirst(): Snapshot {
    return { ...EMPTY, last: Math.max(0, this.#store.events.last() - LEDGER_SNAPSHOT_CHANGES) };
  }

  /** Are there rows that are not counted yet? */
  get isBehind(): boolean {
    return this.#countedThrough !== Number.POSITIVE_INFINITY;
  }

  /** Counts some of the rows that are not counted yet, and has the snapshot say so. */
  catchUp(): void {
    this.#writeRepeats();
    this.#countOn();
    this.#mustWrite = true;
  }

  #countOn(): EventHead[] {
    const events = this.#store.events.after(this.#countedThrough, LEDGER_SCAN_EVENTS);
    for (const event of events) this.#counts = counted(this.#counts, this.#changeOf(event));
    const isLast = events.length < LEDGER_SCAN_EVENTS;
    this.#countedThrough = isLast ? Number.POSITIVE_INFINITY : (events.at(-1)?.n ?? this.#countedThrough);
    return events;
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
    this.#changes += 1;
    if (n > this.#countedThrough) return;
    this.#counts = counted(this.#counts, change);
    if (n <= this.#through) this.#mustWrite = true;
    if (this.#recount && n <= this.#recount.through)
      this.#recount.counts = counted(this.#recount.counts, change);
  }

  /** Counts a repeat; its row gets it later, many at a time. Answers when that has to be at the latest. */
  repeat(n: number, source: string, nowMs: number): number {
    this.#repeats.set(n, { source, count: this.repeatsOf(n) + 1 });
    this.#changes += 1;
    if (n <= this.#countedThrough)
      this.#counts = counted(this.#counts, { source: [source, { arrived: 1, duplicate: 1 }] });
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
    const whole = this.#changeOf({ ...event, duplicates: event.duplicates + unwritten });
    this.#purged = counted(this.#purged, whole);
    if (event.n > this.#countedThrough) this.#counts = counted(this.#counts, whole);
    this.#mustWrite = true;
    if (this.#recount && event.n <= this.#recount.through)
      this.#recount.counts = counted(this.#recount.counts, this.#changeOf(event), -1);
  }

  /** Before the transaction ends: writes the snapshot if it has to be, or if enough has gathered. */
  save(shard: () => ShardNow): void {
    if (this.#mustWrite || this.#changes >= LEDGER_SNAPSHOT_CHANGES) this.write(shard());
  }

  /**
   * Writes repeats and snapshot. It goes up to the first event with a first attempt under way, so that settling
   * one needs no snapshot; but no further back than some events, since each snapshot has to count what is later.
   */
  write({ last, open }: ShardNow): void {
    this.#writeRepeats();
    const settled = Math.min(last, ...open.map((n) => n - 1));
    const wanted = Math.max(this.#through, settled, last - LEDGER_TAIL_EVENTS);
    const through = Math.min(wanted, this.#countedThrough);
    // Later events stay in `counts`, which are of this moment: the snapshot must leave them out again.
    let counts = this.#counts;
    for (const event of this.#events(through, this.#countedThrough))
      counts = counted(counts, this.#changeOf(event), -1);
    const snapshot: Snapshot = {
      through,
      counts,
      purged: this.#purged,
      remainder: this.#remainder,
      last,
      open,
    };
    this.#store.singleRows.setLedger(JSON.stringify(snapshot));
    this.#through = through;
    this.#changes = 0;
    this.#mustWrite = false;
  }

  /** Events after one number up to another, oldest first. */
  *#events(after: number, through: number): Generator<EventHead> {
    for (let from = after; from < through;) {
      const events = this.#store.events.after(from, LEDGER_SCAN_EVENTS);
      yield* events.filter(({ n }) => n <= through);
      if (events.length < LEDGER_SCAN_EVENTS) return;
      from = events.at(-1)?.n ?? through;
    }
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
