/**
 * The way from Worker to Inbox: which object is the home of what.
 */
import type { RelayConfig } from "../config/schema.ts";
import type { Env } from "../env.ts";
import type { Acceptance, Accepted, SetAside, SettingAside } from "../inbox/protocol.ts";
import { shardOf } from "../inbox/shard.ts";
import type { Claim, TokenRegistry } from "../providers/provider.ts";

export class Inboxes {
  readonly #env: Env;
  readonly #config: RelayConfig;

  constructor(env: Env, config: RelayConfig) {
    this.#env = env;
    this.#config = config;
  }

  async accept(input: Acceptance): Promise<Accepted> {
    return await (await this.#home(input.draft.data.payment_id)).accept(input);
  }

  /** By its bytes: such a callback has no payment yet. */
  async setAside(input: SettingAside): Promise<SetAside> {
    return await (await this.#home(input.callback.sha256)).setAside(input);
  }

  /** Whose the name is now; ours if nobody held it. */
  async claim({ key, owner }: Claim, fingerprint: string): Promise<string> {
    return await (await this.#home(key)).claimName(key, owner, fingerprint);
  }

  readonly tokens: TokenRegistry = {
    lookup: async (key) => await (await this.#home(key)).tokenRecord(key),
    refuse: async (key) => {
      await (await this.#home(key)).refuseToken(key);
    },
  };

  async #home(key: string) {
    return this.#env.INBOX.getByName(await shardOf(key, this.#config.inboxShards));
  }
}
