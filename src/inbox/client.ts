/**
 * The one way from the Worker to its Inbox objects: which shard is the home of what, how long is waited for
 * it, and questions to all shards at once. Ingress, consumer, API and monitor use this and nothing else.
 */
import type { RelayConfig } from "../config/schema.ts";
import { withDeadline } from "../deadline.ts";
import { INBOX_DEADLINE_MS } from "../limits.ts";
import type { Reservation } from "../providers/provider.ts";
import type { DeferredReason } from "../reasons.ts";
import type { Forgetting } from "./forgetting.ts";
import type { Inbox } from "./inbox.ts";
import type { LiveListener } from "./live-reports.ts";
import type {
  Acceptance,
  Accepted,
  Consultation,
  Leased,
  Reference,
  Result,
  SetAside,
  Settled,
  SettingAside,
  TokenQuestion,
} from "./protocol.ts";
import type { EventDetail } from "./queries.ts";
import { allShards, SHARD_REGISTRY, shardName, shardOf } from "./shard.ts";

/** What the Worker and its Inbox objects need of the platform. */
export interface InboxBindings {
  readonly INBOX: DurableObjectNamespace<Inbox>;
  readonly DELIVERIES: Queue<Reference>;
  /** Deferred callbacks to be asked about; without it they share the queue with what is to be delivered. */
  readonly VERIFICATIONS?: Queue<Reference>;
  /** Who is told what happens while somebody watches; without it nobody can. */
  readonly ACTIVITY?: { getByName(name: string): LiveListener };
  /** The configuration (`config/schema.ts`), which the objects read for themselves. */
  readonly RELAY: unknown;
}

export type InboxStub = DurableObjectStub<Inbox>;

export class InboxClient {
  readonly #namespace: Pick<InboxBindings["INBOX"], "getByName">;
  readonly #shardCount: number;
  /** Of an installation that has grown: its old homes are asked first. */
  readonly #shardCountBefore: number | null;
  readonly #deadlineMs: number;

  constructor(
    { INBOX }: { readonly INBOX: Pick<InboxBindings["INBOX"], "getByName"> },
    config: Pick<RelayConfig, "inboxShards" | "inboxShardsBefore">,
    deadlineMs: number = INBOX_DEADLINE_MS,
  ) {
    this.#namespace = INBOX;
    this.#shardCount = config.inboxShards;
    this.#deadlineMs = deadlineMs;
    this.#shardCountBefore = config.inboxShardsBefore;
  }

  /**
   * For whoever looks at all shards. Where the configuration does not say how many there are, the registry does: the
   * number of shards that stands in for a mistake would show an empty relay.
   */
  static async open(
    env: { readonly INBOX: Pick<InboxBindings["INBOX"], "getByName"> },
    config: RelayConfig,
  ): Promise<InboxClient> {
    if (config.isShardCountKnown) return new InboxClient(env, config);
    const known = await env.INBOX.getByName(SHARD_REGISTRY).knownShards();
    if (known === null) return new InboxClient(env, config);
    return new InboxClient(env, { inboxShards: known.shards, inboxShardsBefore: known.before[0] ?? null });
  }

  // ---- shards --------------------------------------------------------------------------------------

  /** Every shard's name; where the installation has grown, the old ones after the new ones. */
  get shardNames(): readonly string[] {
    const before = this.#shardCountBefore;
    return [...allShards(this.#shardCount), ...(before === null ? [] : allShards(before))];
  }

  /** A new stub every time: one that has failed goes on failing. */
  shard(name: string): InboxStub {
    return this.#namespace.getByName(name);
  }

  /** The shard that is the home of this payment, name or fingerprint. */
  async homeOf(key: string): Promise<InboxStub> {
    return this.shard(await shardOf(key, this.#shardCount));
  }

  /** Where it was before the installation grew; null: it has not. */
  async #homeBefore(key: string): Promise<InboxStub | null> {
    const count = this.#shardCountBefore;
    return count === null ? null : this.shard(await shardOf(key, count));
  }

  /** Both, the old one first. */
  async #homesOf(key: string): Promise<InboxStub[]> {
    const before = await this.#homeBefore(key);
    return [...(before ? [before] : []), await this.homeOf(key)];
  }

  /** The same call to every shard, in the order of `shardNames`. */
  async all<T>(call: (inbox: InboxStub, name: string) => Promise<T>): Promise<T[]> {
    return await Promise.all(this.shardNames.map((name) => call(this.shard(name), name)));
  }

  /** The shard that keeps what concerns them all: the audit of such orders, alerts of the monitor. */
  first(): InboxStub {
    return this.shard(shardName(0, this.#shardCount));
  }

  // ---- what comes in -------------------------------------------------------------------------------

  async accept(input: Acceptance): Promise<Accepted> {
    const payment = input.event.data.payment_id;
    const before = await this.#homeBefore(payment);
    const known =
      before && (await this.#inTime(async () => await before.acceptKnown(input, this.#shardCount)));
    if (known) return known;
    const home = await this.homeOf(payment);
    return await this.#inTime(async (): Promise<Accepted> => await home.accept(input));
  }

  /** The payment's events in order of arrival. */
  async timeline(paymentId: string): Promise<EventDetail[]> {
    const homes = await this.#homesOf(paymentId);
    const parts = await Promise.all(homes.map(async (home) => await home.timeline(paymentId)));
    return parts.flat();
  }

  /** What each home of a payment says to being told to forget it; empty: none knows it. */
  async forgetPayment(paymentId: string, force: boolean, actor: string): Promise<Forgetting[]> {
    const homes = await this.#homesOf(paymentId);
    const said: (Forgetting | null)[] = [];
    for (const home of homes) said.push(await home.forgetPayment(paymentId, force, actor));
    return said.flatMap((one) => one ?? []);
  }

  // ---- what goes out -------------------------------------------------------------------------------

  async lease(shard: string, references: readonly Reference[]): Promise<Leased[]> {
    return await this.#inTime(async (): Promise<Leased[]> => await this.shard(shard).lease(references));
  }

  async settle(shard: string, results: readonly Result[]): Promise<Settled[]> {
    return await this.#inTime(async (): Promise<Settled[]> => await this.shard(shard).settle(results));
  }

  // ---- what is set aside, and names ------------------------------------------------------------------

  /** By its bytes: such a callback has no payment yet. */
  async setAside(input: SettingAside): Promise<SetAside> {
    const before = await this.#homeBefore(input.callback.sha256);
    const known =
      before && (await this.#inTime(async () => await before.setAsideKnown(input, this.#shardCount)));
    if (known) return known;
    const home = await this.homeOf(input.callback.sha256);
    return await this.#inTime(async (): Promise<SetAside> => await home.setAside(input));
  }

  /** Whose the name is now; ours if nobody held it. */
  async reserve({ key, owner }: Reservation, fingerprint: string): Promise<string> {
    const before = await this.#homeBefore(key);
    const held = before && (await this.#inTime(async () => await before.reservation(key, this.#shardCount)));
    if (held) return held.owner;
    const home = await this.homeOf(key);
    return await this.#inTime(async () => await home.reserve(key, owner, fingerprint));
  }

  /** The token registry, which needs to be told whose the question is (`ingress/questions.ts`). */
  readonly tokens = {
    consult: async (question: TokenQuestion): Promise<Consultation> => {
      const before = await this.#homeBefore(question.tokenHash);
      const held = before && (await before.reservation(question.tokenHash, this.#shardCount));
      if (held && (held.owner !== question.owner || held.fingerprint === question.fingerprint))
        return { kind: "reserved", ...held };
      return await (await this.homeOf(question.tokenHash)).consultToken(question);
    },
    refuse: async (tokenHash: string): Promise<void> => {
      await (await this.homeOf(tokenHash)).refuseToken(tokenHash);
    },
    undecided: async (tokenHash: string, reason: DeferredReason): Promise<void> => {
      await (await this.homeOf(tokenHash)).undecidedToken(tokenHash, reason);
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
