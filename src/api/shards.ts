/** Questions to all Inbox objects at once, and answers put together. */
import type { RelayConfig } from "../config/schema.ts";
import type { Env } from "../env.ts";
import type { EventFilter, ListedEvent } from "../inbox/operating.ts";
import { allShards, shardOf } from "../inbox/shard.ts";
import { MAX_PAGE_WINDOWS } from "../limits.ts";

type InboxStub = ReturnType<Env["INBOX"]["getByName"]>;

/** Where each shard's list goes on: below this number; null: it is at its end; absent: from the newest. */
type Positions = Record<string, number | null>;

export class Shards {
  readonly #env: Env;
  readonly names: readonly string[];
  readonly #count: number;

  constructor(env: Env, config: RelayConfig) {
    this.#env = env;
    this.#count = config.inboxShards;
    this.names = allShards(config.inboxShards);
  }

  one(name: string): InboxStub {
    return this.#env.INBOX.getByName(name);
  }

  async homeOf(key: string): Promise<InboxStub> {
    return this.one(await shardOf(key, this.#count));
  }

  /** The same call to every shard. */
  async all<T>(call: (inbox: InboxStub, name: string) => Promise<T>): Promise<T[]> {
    return await Promise.all(this.names.map((name) => call(this.one(name), name)));
  }

  /** Writes down, once, an order that concerns them all. */
  async audit(actor: string, action: string, detail: string): Promise<void> {
    const [first = ""] = this.names;
    await this.one(first).audit(actor, action, detail);
  }

  /** One page over all shards, newest first. A page may be short although there is more: the cursor tells. */
  async page(
    filter: EventFilter,
    cursor: string | undefined,
    limit: number,
  ): Promise<{ events: ListedEvent[]; cursor: string | null } | null> {
    const positions = cursor === undefined ? {} : readCursor(cursor);
    if (!positions) return null;
    const pages = await this.all(async (inbox, name) => ({
      name,
      ...(await collect(inbox, filter, positions[name], limit)),
    }));
    const merged = pages
      .flatMap(({ name, events }) => events.map((event) => ({ name, event })))
      .sort((a, b) => b.event.received_at - a.event.received_at || b.event.n - a.event.n);
    const chosen = merged.slice(0, limit);
    const next: Positions = {};
    for (const { name, events, next: after } of pages) {
      const taken = chosen.filter((entry) => entry.name === name);
      // What did not fit on this page is where the shard's next one begins.
      if (taken.length === events.length) next[name] = after;
      else next[name] = taken.at(-1)?.event.n ?? (events[0]?.n ?? 0) + 1;
    }
    const more = Object.values(next).some((position) => position !== null);
    return { events: chosen.map(({ event }) => event), cursor: more ? btoa(JSON.stringify(next)) : null };
  }
}

async function collect(
  inbox: InboxStub,
  filter: EventFilter,
  from: number | null | undefined,
  limit: number,
): Promise<{ events: ListedEvent[]; next: number | null }> {
  const events: ListedEvent[] = [];
  let next: number | null = from ?? null;
  if (from === null) return { events, next };
  for (let windows = 0; windows < MAX_PAGE_WINDOWS; windows += 1) {
    const part = await inbox.list(filter, next, limit - events.length);
    events.push(...part.events);
    next = part.next;
    if (next === null || events.length >= limit) break;
  }
  return { events, next };
}

function readCursor(cursor: string): Positions | null {
  try {
    const positions: unknown = JSON.parse(atob(cursor));
    const isPositions =
      typeof positions === "object" &&
      positions !== null &&
      Object.values(positions).every((value) => value === null || Number.isSafeInteger(value));
    return isPositions ? (positions as Positions) : null;
  } catch {
    return null;
  }
}
