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
import type { EventDetail, SaidEvent } from "./queries.ts";
import { allShards, SHARD_REGISTRY, shardName, shardOf } from "./shard.ts";
import type { ActivityListener } from "./shard-reports.ts";

/** What the Worker and its Inbox objects need of the platform. */
export interface InboxBindings {
  readonly INBOX: DurableObjectNamespace<Inbox>;
  readonly DELIVERIES: Queue<Reference>;
  /** Deferred callbacks to be asked about; without it they share the queue with what is to be delivered. */
  readonly VERIFICATIONS?: Queue<Reference>;
  /** Who is told what happens while somebody watches; without it nobody can. */
  readonly ACTIVITY?: { getByName(name: string): ActivityListener };
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

  /**
   * A call to one shard, in time: who waits for an object that hangs is told so. What the call asked for may
   * have been done all the same.
   *
   * @throws once the deadline has passed, and whatever the call does
   */
  async ask<T>(name: string, call: (inbox: InboxStub) => Promise<T>): Promise<T> {
    // A new stub every time: one that has failed goes on failing.
    return await withDeadline(call(this.#namespace.getByName(name)), this.#deadlineMs);
  }

  /** The same to every shard, in the order of `shardNames`. */
  async all<T>(call: (inbox: InboxStub, name: string) => Promise<T>): Promise<T[]> {
    return await Promise.all(
      this.shardNames.map((name) => this.ask(name, async (inbox) => await call(inbox, name))),
    );
  }

  /** The same to the shard that keeps what concerns them all: the audit of such orders, alerts of the monitor. */
  async first<T>(call: (inbox: InboxStub) => Promise<T>): Promise<T> {
    return await this.ask(shardName(0, this.#shardCount), call);
  }

  /** Writes down an order that concerns every shard. */
  async audit(actor: string, action: string, detail: Readonly<Record<string, unknown>>): Promise<void> {
    await this.first(async (inbox) => {
      await inbox.audit(actor, action, JSON.stringify(detail));
    });
  }

  /** The shard that is the home of this payment, name or fingerprint. */
  async #homeOf(key: string): Promise<string> {
    return await shardOf(key, this.#shardCount);
  }

  /** Where it was before the installation grew; null: it has not. */
  async #homeBefore(key: string): Promise<string | null> {
    const count = this.#shardCountBefore;
    return count === null ? null : await shardOf(key, count);
  }

  /** Both, the old one first. */
  async #homesOf(key: string): Promise<string[]> {
    const before = await this.#homeBefore(key);
    return [...(before === null ? [] : [before]), await this.#homeOf(key)];
  }

  // ---- what comes in -------------------------------------------------------------------------------

  async accept(input: Acceptance): Promise<Accepted> {
    return await this.#atHome(
      input.event.data.payment_id,
      async (home): Promise<Accepted | null> => await home.acceptKnown(input, this.#shardCount),
      async (home): Promise<Accepted> => await home.accept(input),
    );
  }

  /** Where the installation has grown, the old home is asked first: what it knows stays there. */
  async #atHome<T>(
    key: string,
    ifKnown: (before: InboxStub) => Promise<T | null>,
    otherwise: (home: InboxStub) => Promise<T>,
  ): Promise<T> {
    const before = await this.#homeBefore(key);
    const known = before === null ? null : await this.ask(before, ifKnown);
    return known ?? (await this.ask(await this.#homeOf(key), otherwise));
  }

  /** The payment's events in order of arrival. */
  async timeline(paymentId: string): Promise<EventDetail[]> {
    const homes = await this.#homesOf(paymentId);
    const parts = await Promise.all(
      homes.map((name) => this.ask(name, async (home) => await home.timeline(paymentId))),
    );
    return parts.flat();
  }

  /** The same of many, in brief and in their order: one call to each shard that is the home of some. */
  async briefTimelines(paymentIds: readonly string[]): Promise<SaidEvent[][]> {
    const homes = await Promise.all(paymentIds.map(async (id) => await this.#homesOf(id)));
    const parts = await Promise.all(
      [...new Set(homes.flat())].map(async (name) => {
        const ids = paymentIds.filter((_, index) => homes[index]?.includes(name));
        const timelines = await this.ask(name, async (home) => await home.briefTimelines(ids));
        return [name, new Map(ids.map((id, index) => [id, timelines[index] ?? []]))] as const;
      }),
    );
    const byShard = new Map(parts);
    return paymentIds.map((id, index) =>
      (homes[index] ?? []).flatMap((name) => byShard.get(name)?.get(id) ?? []),
    );
  }

  /** What each home of a payment says to being told to forget it; empty: none knows it. */
  async forgetPayment(paymentId: string, force: boolean, actor: string): Promise<Forgetting[]> {
    const said: (Forgetting | null)[] = [];
    for (const name of await this.#homesOf(paymentId))
      said.push(await this.ask(name, async (home) => await home.forgetPayment(paymentId, force, actor)));
    return said.flatMap((one) => one ?? []);
  }

  // ---- what goes out -------------------------------------------------------------------------------

  async lease(shard: string, references: readonly Reference[]): Promise<Leased[]> {
    return await this.ask(shard, async (inbox): Promise<Leased[]> => await inbox.lease(references));
  }

  async settle(shard: string, results: readonly Result[]): Promise<Settled[]> {
    return await this.ask(shard, async (inbox): Promise<Settled[]> => await inbox.settle(results));
  }

  // ---- what is set aside, and names ------------------------------------------------------------------

  /** By its bytes: such a callback has no payment yet. */
  async setAside(input: SettingAside): Promise<SetAside> {
    return await this.#atHome(
      input.callback.sha256,
      async (home): Promise<SetAside | null> => await home.setAsideKnown(input, this.#shardCount),
      async (home): Promise<SetAside> => await home.setAside(input),
    );
  }

  /** Whose the name is now; ours if nobody held it. */
  async reserve({ key, owner }: Reservation, fingerprint: string): Promise<string> {
    const held = await this.#reservedBefore(key);
    if (held) return held.owner;
    return await this.ask(
      await this.#homeOf(key),
      async (home) => await home.reserve(key, owner, fingerprint),
    );
  }

  /** Whose it was before the installation grew; null: nobody's. */
  async #reservedBefore(key: string): Promise<{ owner: string; fingerprint: string } | null> {
    const before = await this.#homeBefore(key);
    if (before === null) return null;
    return await this.ask(before, async (home) => await home.reservation(key, this.#shardCount));
  }

  /** The token registry, which needs to be told whose the question is (`ingress/questions.ts`). */
  readonly tokens = {
    consult: async (question: TokenQuestion): Promise<Consultation> => {
      const held = await this.#reservedBefore(question.tokenHash);
      if (held && (held.owner !== question.owner || held.fingerprint === question.fingerprint))
        return { kind: "reserved", ...held };
      const name = await this.#homeOf(question.tokenHash);
      return await this.ask(name, async (home): Promise<Consultation> => await home.consultToken(question));
    },
    refuse: async (tokenHash: string): Promise<void> => {
      await this.ask(await this.#homeOf(tokenHash), async (home) => {
        await home.refuseToken(tokenHash);
      });
    },
    undecided: async (tokenHash: string, reason: DeferredReason): Promise<void> => {
      await this.ask(await this.#homeOf(tokenHash), async (home) => {
        await home.undecidedToken(tokenHash, reason);
      });
    },
  };
}
