/**
 * Attempts that settlements lease: whoever settles one may make another at once, as long as its invocation lasts. So a
 * place that becomes free at a full destination is used without the queue.
 */
import type { LeasedAttempt } from "../inbox/protocol.ts";
import { FOLLOWING_ATTEMPTS_MS, MAX_FOLLOWING_ATTEMPTS } from "../limits.ts";

/** What one invocation may still make. */
export class FollowingAttempts {
  readonly #endsAtMs = Date.now() + FOLLOWING_ATTEMPTS_MS;
  readonly #mayAsk: () => boolean;
  #left = MAX_FOLLOWING_ATTEMPTS;

  /** @param mayAsk whether this invocation wants more at all, at this moment */
  constructor(mayAsk: () => boolean = () => true) {
    this.#mayAsk = mayAsk;
  }

  /** How long the next one may take (ms); 0: none is to be made. */
  nextWithinMs(): number {
    if (this.#left <= 0 || !this.#mayAsk()) return 0;
    return Math.max(0, this.#endsAtMs - Date.now());
  }

  /**
   * Makes them one after the other.
   *
   * @param leased what the first settlement leased
   * @param make makes one attempt, and settles it; answers what that leased. What it throws ends the row
   */
  async make(
    leased: LeasedAttempt | undefined,
    make: (next: LeasedAttempt) => Promise<LeasedAttempt | undefined>,
  ): Promise<void> {
    for (let next = leased; next; next = await make(next)) this.#left -= 1;
  }
}
