/**
 * The way from Worker to Inbox: which object is the home of what.
 */
import type { RelayConfig } from "../config/schema.ts";
import { withDeadline } from "../deadline.ts";
import type { Env } from "../env.ts";
import type { Acceptance, Accepted, SetAside, SettingAside } from "../inbox/protocol.ts";
import { shardOf } from "../inbox/shard.ts";
import { INBOX_DEADLINE_MS, TOKEN_ASKING_MS, TOKEN_POLL_MS } from "../limits.ts";
import type { Claim, TokenRegistry } from "../providers/provider.ts";

export class Inboxes {
  readonly #env: Env;
  readonly #config: RelayConfig;
  readonly #deadlineMs: number;

  constructor(env: Env, config: RelayConfig, deadlineMs: number = INBOX_DEADLINE_MS) {
    this.#env = env;
    this.#config = config;
    this.#deadlineMs = deadlineMs;
  }

  async accept(input: Acceptance): Promise<Accepted> {
    const home = await this.#home(input.draft.data.payment_id);
    return await this.#inTime(async (): Promise<Accepted> => await home.accept(input));
  }

  /** Counts a repeat where its event is; throws when it is not there yet, so that the provider comes again. */
  async repeat(paymentId: string, eventId: string, warning: string): Promise<void> {
    const counted = await (await this.#home(paymentId)).repeat(paymentId, eventId, warning);
    if (!counted) throw new Error("the event that holds this name is not accepted yet");
  }

  /** By its bytes: such a callback has no payment yet. */
  async setAside(input: SettingAside): Promise<SetAside> {
    const home = await this.#home(input.callback.sha256);
    return await this.#inTime(async (): Promise<SetAside> => await home.setAside(input));
  }

  /** Whose the name is now; ours if nobody held it. */
  async claim({ key, owner }: Claim, fingerprint: string): Promise<string> {
    return await (await this.#home(key)).claimName(key, owner, fingerprint);
  }

  readonly tokens: TokenRegistry = {
    lookup: async (key) => {
      const home = await this.#home(key);
      for (let waitedMs = 0; waitedMs < TOKEN_ASKING_MS; waitedMs += TOKEN_POLL_MS) {
        const record = await home.tokenRecord(key);
        if (record?.kind !== "asking") return record;
        await scheduler.wait(TOKEN_POLL_MS);
      }
      // Whoever was asking is gone: better asked twice than not at all.
      return null;
    },
    refuse: async (key) => {
      await (await this.#home(key)).refuseToken(key);
    },
    undecided: async (key) => {
      await (await this.#home(key)).undecidedToken(key);
    },
  };

  /**
   * A provider that waits is a provider that times out, and we would not know what it believes. If the
   * Inbox does store the callback after all, the repeat is a duplicate.
   */
  async #inTime<T>(store: () => Promise<T>): Promise<T> {
    return await withDeadline(store(), this.#deadlineMs);
  }

  async #home(key: string) {
    return this.#env.INBOX.getByName(await shardOf(key, this.#config.inboxShards));
  }
}
