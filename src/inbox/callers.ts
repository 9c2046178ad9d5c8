/**
 * What each caller's questions to a token verifier came to, in this object and in memory only. A caller pays
 * for what turned out useless and for nothing else, so that a provider may post as much as it likes.
 *
 * Every shard sees its part of a caller's tokens, since a token's home goes by its hash: it has that part
 * of the budget.
 */
import {
  CALLER_MEMORY_ENTRIES,
  OPEN_QUESTIONS_PER_KNOWN_CALLER,
  USELESS_QUESTIONS_MS,
  USELESS_QUESTIONS_PER_CALLER,
  USELESS_QUESTIONS_PER_KNOWN_CALLER,
} from "../limits.ts";
import { RecentMap } from "../recent-map.ts";

/** `wait`: for the answer to a question of this caller that is open. */
export type Admission = "ask" | "wait" | "over";

export class Caller {
  /** A token of this caller was valid, now or earlier: it is the provider, by all that can be told. */
  isKnown: boolean;
  /** Its callbacks that wait for a place. */
  waiting = 0;
  #open = 0;
  #useless = 0;
  #refused = 0;
  #countedUntilMs = 0;
  #change = Promise.withResolvers<undefined>();

  constructor(isKnown: boolean) {
    this.isKnown = isKnown;
  }

  /** May a question be asked for this caller now? Open ones of a caller nobody knows count as useless until answered. */
  admissionAt(nowMs: number, shards: number): Admission {
    const useless = nowMs < this.#countedUntilMs ? this.#useless : 0;
    if (this.isKnown) {
      const isClean = useless < share(USELESS_QUESTIONS_PER_KNOWN_CALLER, shards);
      return isClean && this.#open < share(OPEN_QUESTIONS_PER_KNOWN_CALLER, shards) ? "ask" : "over";
    }
    const budget = share(USELESS_QUESTIONS_PER_CALLER, shards);
    if (useless + this.#open < budget) return "ask";
    return useless < budget ? "wait" : "over";
  }

  /** Has the verifier lately refused what this caller sent? */
  isRefusedAt(nowMs: number): boolean {
    return nowMs < this.#countedUntilMs && this.#refused > 0;
  }

  /** Resolves when a question of this caller has ended. */
  get change(): Promise<undefined> {
    return this.#change.promise;
  }

  begin(): void {
    this.#open += 1;
  }

  /** @param came `unasked`: there was no question after all */
  end(came: "valid" | "refused" | "undecided" | "unasked", nowMs: number): void {
    this.#open -= 1;
    if (came === "valid") {
      this.isKnown = true;
      this.#countedUntilMs = 0;
    }
    // A known caller's callbacks are not to blame for a verifier that is down.
    if (came === "refused" || (came === "undecided" && !this.isKnown)) this.#charge(came, nowMs);
    this.#change.resolve(undefined);
    this.#change = Promise.withResolvers<undefined>();
  }

  #charge(came: "refused" | "undecided", nowMs: number): void {
    if (nowMs >= this.#countedUntilMs) {
      this.#useless = 0;
      this.#refused = 0;
      this.#countedUntilMs = nowMs + USELESS_QUESTIONS_MS;
    }
    this.#useless += 1;
    if (came === "refused") this.#refused += 1;
  }
}

/** One shard's part of what is meant for all of them, and never nothing. */
export function share(ofAll: number, shards: number): number {
  return Math.ceil(ofAll / shards);
}

/** The callers of late, by key, the oldest forgotten first when there are too many. */
export class Callers {
  readonly #callers = new RecentMap<Caller>(CALLER_MEMORY_ENTRIES);
  readonly #isKnown: (key: string) => boolean;

  /** @param isKnown what the store says of one that memory does not hold */
  constructor(isKnown: (key: string) => boolean) {
    this.#isKnown = isKnown;
  }

  of(key: string): Caller {
    const caller = this.#callers.get(key) ?? new Caller(this.#isKnown(key));
    this.#callers.set(key, caller);
    return caller;
  }
}
