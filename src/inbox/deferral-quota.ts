/**
 * How many deferred callbacks a caller may have waiting. Nobody may fill the store for everybody: a caller
 * that is not known may hold a part of what is still free, so that many of them leave room for one more, and
 * a known one has room that no stranger can take.
 */
import {
  DEFERRED_COUNT_MS,
  DEFERRED_PARTS_OF_FREE,
  MAX_DEFERRED_OF_REFUSED_CALLER,
  MAX_DEFERRED_PER_ACCOUNT,
} from "../limits.ts";
import { share, type Callers } from "./callers.ts";
import type { Transaction } from "./transaction.ts";

/** What a deferred row says of its caller, so that counting need not read the callbacks themselves. */
export function contentsOfCaller(caller: string | undefined): string {
  return JSON.stringify({ caller: caller ?? "" });
}

/** Empty for a row from before callers were noted. */
function callerOf(contents: string): string {
  return (JSON.parse(contents) as { caller?: string }).caller ?? "";
}

/** Deferred callbacks of one source that wait, by their callers: read from the store, and added to until read anew. */
interface Waiting {
  readonly byCaller: Map<string, number>;
  readonly countedAtMs: number;
  /** A person has heard of it since the count. */
  told: boolean;
}

/** Counted in memory, since each count reads a row or two for everything that waits, and a flood asks for many. */
export class DeferralQuota {
  readonly #callers: Callers;
  readonly #waiting = new Map<string, Waiting>();

  constructor(callers: Callers) {
    this.#callers = callers;
  }

  /** Takes a place for one more deferred callback of this caller; false: it has none left. */
  take(tx: Transaction, source: string, callerKey = ""): boolean {
    const waiting = this.#waitingOf(tx, source);
    const caller = this.#callers.of(callerKey);
    const own = waiting.byCaller.get(callerKey) ?? 0;
    const { inboxShards } = tx.config;
    const most = share(MAX_DEFERRED_PER_ACCOUNT, inboxShards);
    const ofFree = (most - this.#unknownOf(waiting)) / DEFERRED_PARTS_OF_FREE;
    const ofRefused = share(MAX_DEFERRED_OF_REFUSED_CALLER, inboxShards);
    const ofUnknownOne = caller.isRefusedAt(tx.nowMs) ? Math.min(ofRefused, ofFree) : ofFree;
    if (own < (caller.isKnown ? most : ofUnknownOne)) {
      waiting.byCaller.set(callerKey, own + 1);
      return true;
    }
    if (!waiting.told) tx.alert("deferred_full", { source, known: caller.isKnown });
    waiting.told = true;
    return false;
  }

  #unknownOf({ byCaller }: Waiting): number {
    let sum = 0;
    for (const [key, count] of byCaller) if (!this.#callers.of(key).isKnown) sum += count;
    return sum;
  }

  #waitingOf(tx: Transaction, source: string): Waiting {
    const before = this.#waiting.get(source);
    if (before && tx.nowMs < before.countedAtMs + DEFERRED_COUNT_MS) return before;
    // What was given up on is not among them: nobody asks about it any more.
    const rows = tx.store.operators.waitingForVerifier(source);
    const byCaller = new Map(rows.map(({ contents, count }) => [callerOf(contents), count]));
    const waiting: Waiting = { byCaller, countedAtMs: tx.nowMs, told: false };
    this.#waiting.set(source, waiting);
    return waiting;
  }
}
