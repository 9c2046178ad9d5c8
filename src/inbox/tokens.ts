/**
 * Tokens in memory only, since a flood of forgeries must cost no storage: those the verifier has just
 * refused, for a minute, and those somebody is asking about, so that copies of one callback ask once.
 */
import { TOKEN_ASKING_MS, TOKEN_MEMORY_ENTRIES, TOKEN_REFUSED_MEMORY_MS } from "../limits.ts";

export class TokenMemory {
  readonly #refused = new Expiring();
  readonly #asking = new Expiring();

  isRefused(key: string, nowMs: number): boolean {
    return this.#refused.has(key, nowMs);
  }

  refuse(key: string, nowMs: number): void {
    this.#asking.delete(key);
    this.#refused.add(key, nowMs + TOKEN_REFUSED_MEMORY_MS);
  }

  /** False while somebody else is asking; true makes the caller the one who asks. */
  beginAsking(key: string, nowMs: number): boolean {
    if (this.#asking.has(key, nowMs)) return false;
    this.#asking.add(key, nowMs + TOKEN_ASKING_MS);
    return true;
  }

  /** Whoever asked has an answer, or has given up. */
  answered(key: string): void {
    this.#asking.delete(key);
  }
}

/** Keys until an instant (epoch ms), the oldest forgotten first when there are too many. */
class Expiring {
  readonly #until = new Map<string, number>();

  has(key: string, nowMs: number): boolean {
    return (this.#until.get(key) ?? 0) > nowMs;
  }

  add(key: string, untilMs: number): void {
    this.#until.delete(key);
    this.#until.set(key, untilMs);
    if (this.#until.size <= TOKEN_MEMORY_ENTRIES) return;
    for (const oldest of this.#until.keys()) {
      this.#until.delete(oldest);
      return;
    }
  }

  delete(key: string): void {
    this.#until.delete(key);
  }
}
