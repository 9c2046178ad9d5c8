/** Tokens the verifier has just refused, for a minute and in memory only: a flood of forgeries must cost no storage. */
import { TOKEN_REFUSED_MEMORY_ENTRIES, TOKEN_REFUSED_MEMORY_MS } from "../limits.ts";

export class RefusedTokens {
  /** Hash of the token → epoch ms until which it is remembered, oldest first. */
  readonly #until = new Map<string, number>();

  has(key: string, nowMs: number): boolean {
    return (this.#until.get(key) ?? 0) > nowMs;
  }

  add(key: string, nowMs: number): void {
    this.#until.delete(key);
    this.#until.set(key, nowMs + TOKEN_REFUSED_MEMORY_MS);
    if (this.#until.size <= TOKEN_REFUSED_MEMORY_ENTRIES) return;
    for (const oldest of this.#until.keys()) {
      this.#until.delete(oldest);
      return;
    }
  }
}
