/**
 * The one way from the Worker to its Inbox objects: which shard is the home of what, how long is waited for
 * it, and questions to all shards at once. Ingress, consumer, API and monitor use this and nothing else.
 */
import type { RelayConfig } from "../config/schema.ts";
import { withDeadline } from "../deadline.ts";
import { INBOX_DEADLINE_MS, TOKEN_ASKING_MS, TOKEN_POLL_MS } from "../limits.ts";
import type { Reservation, TokenRegistry } from "../providers/provider.ts";
import type { Inbox } from "./inbox.ts";
import type { Acceptance, Accepted, Reference, SetAside, SettingAside } from "./protocol.ts";
import { allShards, shardOf } from "./shard.ts";

/** What the Worker and its Inbox objects need of the platform. */
export interface InboxBindings {
  readonly INBOX: DurableObjectNamespace<Inbox>;
  readonly DELIVERIES: Queue<Reference>;
  /** The configuration (`config/schema.ts`), which the objects read for themselves. */
  readonly RELAY: unknown;
}

export type InboxStub = DurableObjectStub<Inbox>;

export class InboxClient {
  readonly #namespace: Pick<InboxBindings["INBOX"], "getByName">;
  readonly #shardCount: number;
  readonly #deadlineMs: number;
  /** Every shard's name. */
  readonly shardNames: readonly string[];

  constructor(
    { INBOX }: { readonly INBOX: Pick<InboxBindings["INBOX"], "getByName"> },
    config: Pick<RelayConfig, "inboxShards">,
    deadlineMs: number = INBOX_DEADLINE_MS,
  ) {
    this.#namespace = INBOX;
    this.#shardCount = config.inboxShards;
    this.#deadlineMs = deadlineMs;
    this.shardNames = allShards(config.inboxShards);
  }

  // ---- shards --------------------------------------------------------------------------------------

  /** A new stub every time: one that has failed goes on failing. */
  shard(name: string): InboxStub {
    return this.#namespace.getByName(name);
  }

  /** The shard that is the home of this payment, name or fingerprint. */
  async homeOf(key: string): Promise<InboxStub> {
    return this.shard(await shardOf(key, this.#shardCount));
  }

  /** The same call to every shard, in the order of `shardNames`. */
  async all<T>(call: (inbox: InboxStub, name: string) => Promise<T>): Promise<T[]> {
    return await Promise.all(this.shardNames.map((name) => call(this.shard(name), name)));
  }

  /** The shard that keeps what concerns them all: the audit of such orders, alerts of the monitor. */
  first(): InboxStub {
    return this.shard(this.shardNames[0] ?? "");
  }

  // ---- what comes in -------------------------------------------------------------------------------

  async accept(input: Acceptance): Promise<Accepted> {
    const home = await this.homeOf(input.event.data.payment_id);
    return await this.#inTime(async (): Promise<Accepted> => await home.accept(input));
  }

  /** By its bytes: such a callback has no payment yet. */
  async setAside(input: SettingAside): Promise<SetAside> {
    const home = await this.homeOf(input.callback.sha256);
    return await this.#inTime(async (): Promise<SetAside> => await home.setAside(input));
  }

  /** Whose the name is now; ours if nobody held it. */
  async reserve({ key, owner }: Reservation, fingerprint: string): Promise<string> {
    return await (await this.homeOf(key)).reserve(key, owner, fingerprint);
  }

  readonly tokens: TokenRegistry = {
    lookup: async (key) => {
      const home = await this.homeOf(key);
      for (let waitedMs = 0; waitedMs < TOKEN_ASKING_MS; waitedMs += TOKEN_POLL_MS) {
        const record = await home.consultToken(key);
        if (record?.kind !== "asking") return record;
        await scheduler.wait(TOKEN_POLL_MS);
      }
      // Whoever was asking is gone: better asked twice than not at all.
      return null;
    },
    refuse: async (key) => {
      await (await this.homeOf(key)).refuseToken(key);
    },
    undecided: async (key) => {
      await (await this.homeOf(key)).undecidedToken(key);
    },
  };

  /**
   * A provider that waits is a provider that times out, and we would not know what it believes. If the
   * Inbox does store the callback after all, the repeat is a duplicate.
   */
  async #inTime<T>(store: () => Promise<T>): Promise<T> {
    return await withDeadline(store(), this.#deadlineMs);
  }
}
