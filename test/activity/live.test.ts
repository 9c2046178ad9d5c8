/** The live feed: from all shards, without gaps or doubles for a client that comes back, at no cost while nobody looks. */
import { runInDurableObject } from "cloudflare:test";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { LiveFeed } from "../../src/activity/live-feed.ts";
import { app } from "../../src/app.ts";
import { Activity } from "../../src/activity/activity.ts";
import type { Happening } from "../../src/inbox/live-reports.ts";
import { LIVE_LEASE_MS, MAX_LIVE_BEHIND_BYTES, MAX_LIVE_LINES, MAX_LIVE_WATCHERS } from "../../src/limits.ts";
import { shardOf } from "../../src/inbox/shard.ts";
import { secrets } from "../support/bindings.ts";
import { acceptance, eventId } from "../support/events.ts";
import { bindings, freshRelay, inboxOf, post, shards, type Outside } from "../support/worker.ts";
import { createExecutionContext } from "cloudflare:test";

interface Told {
  readonly event: string;
  readonly id: string | null;
  readonly data: Record<string, unknown>;
}

/** A client of the feed: what it has been told so far. */
class Client {
  readonly told: Told[] = [];
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  #isClosed = false;

  constructor(stream: ReadableStream<Uint8Array>) {
    this.#reader = stream.getReader();
    void this.#read();
  }

  static async open(query = "", lastId?: string): Promise<Client> {
    const headers = {
      authorization: `Bearer ${secrets.ADMIN_TOKEN}`,
      ...(lastId === undefined ? {} : { "last-event-id": lastId }),
    };
    const request = new Request(`https://relay.test/api/tail${query}`, { headers });
    const response = await app.fetch(request, bindings, createExecutionContext());
    if (response.headers.get("content-type") !== "text/event-stream") throw new Error("it is no feed");
    const client = new Client(response.body as ReadableStream<Uint8Array>);
    await client.sees(({ event }) => event === "ready");
    return client;
  }

  async sees(what: (told: Told) => boolean): Promise<void> {
    const found = () => {
      if (!this.told.some(what)) throw new Error("it was not told so");
    };
    await vi.waitFor(found, { timeout: 10_000 });
  }

  get numbered(): Told[] {
    return this.told.filter(({ id }) => id !== null);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#reader.cancel();
  }

  async #read(): Promise<void> {
    const decoder = new TextDecoder();
    let text = "";
    for (;;) {
      const { done, value } = await this.#reader.read().catch((error: unknown) => {
        // A client that hangs up is not read from any more.
        if (this.#isClosed) return { done: true as const, value: undefined };
        throw error;
      });
      if (done) return;
      text += decoder.decode(value, { stream: true });
      const messages = text.split("\n\n");
      text = messages.pop() ?? "";
      for (const message of messages) if (!message.startsWith(":")) this.told.push(toldBy(message));
    }
  }
}

function toldBy(message: string): Told {
  const field = (name: string) => new RegExp(`^${name}: (.*)$`, "m").exec(message)?.[1] ?? null;
  const data = JSON.parse(field("data") ?? "{}") as Record<string, unknown>;
  return { event: field("event") ?? "", id: field("id"), data };
}

let outside: Outside;
const clients: Client[] = [];

beforeEach(async () => {
  outside = await freshRelay("2036-01-01T00:00:00.000Z");
});

afterEach(async () => {
  for (const client of clients.splice(0)) await client.close();
});

async function watch(query?: string, lastId?: string): Promise<Client> {
  const client = await Client.open(query, lastId);
  clients.push(client);
  return client;
}

async function accept(name: string): Promise<void> {
  const input = acceptance({ payment: name, event: name });
  await inboxOf(await shardOf(input.event.data.payment_id, 8)).accept(input);
}

const callbackOf = (name: string) => (told: Told) =>
  told.event === "callback" && told.data.event === eventId(name);

it("tells every callback, attempt and refusal as it happens, from whatever shard", async () => {
  const client = await watch();
  const names = Array.from({ length: 20 }, (_, i) => `live${i}`);
  for (const name of names) await accept(name);
  for (const name of names) {
    await client.sees(callbackOf(name));
    await client.sees(({ event, data }) => event === "delivery" && data.event === eventId(name));
  }
  await post({
    method: "POST",
    path: "/in/ipay/broker-eu",
    headers: { "content-type": "application/json" },
    body: '{"token":"wrong"}',
  });
  await client.sees(({ event, data }) => event === "refused" && data.reason === "bad_token");
  expect(client.told.find(callbackOf("live0"))?.data).toMatchObject({
    source: "ipay/broker-eu",
    outcome: "accepted",
    at: "2036-01-01T00:00:00.000Z",
  });
  expect(client.told.find(({ event }) => event === "delivery")?.data).toMatchObject({
    destination: "crm",
    outcome: "delivered",
    status: 200,
  });
  expect(outside.delivered.length).toBe(20);
});

it("a client that comes back has missed nothing and sees nothing twice", async () => {
  const first = await watch("?what=callback");
  await accept("before");
  await first.sees(callbackOf("before"));
  const lastId = first.numbered.at(-1)?.id ?? "";
  await first.close();
  await accept("meanwhile1");
  await accept("meanwhile2");
  // Another client sees that they are in the buffer.
  const other = await watch("?what=callback", lastId);
  await other.sees(callbackOf("meanwhile2"));
  const second = await watch("?what=callback", lastId);
  await accept("after");
  await second.sees(callbackOf("after"));
  expect(second.numbered.map(({ data }) => data.event)).toEqual(
    ["meanwhile1", "meanwhile2", "after"].map(eventId),
  );
  expect(second.told.some(({ event }) => event === "gap")).toBe(false);
});

it("a client that was away for too long is told that it has missed something", async () => {
  const client = await watch("", "00000000-1");
  expect(client.told[0]?.event).toBe("gap");
  const wrong = await post({
    method: "GET",
    path: "/api/tail?after=yesterday",
    headers: { authorization: `Bearer ${secrets.ADMIN_TOKEN}` },
  });
  expect(wrong.status).toBe(400);
});

it("while nobody watches, no shard calls anybody", async () => {
  await watch().then((client) => client.close());
  clients.splice(0);
  // The shards were asked to tell for a while, and no longer.
  vi.setSystemTime(Date.now() + LIVE_LEASE_MS);
  const happened = vi.spyOn(Activity.prototype, "happened");
  for (const shard of shards) await inboxOf(shard).ledger();
  await accept("unwatched");
  await vi.waitFor(() => expect(outside.delivered).toHaveLength(1));
  expect(happened).not.toHaveBeenCalled();
});

it("many happenings of a shard are told in few calls", async () => {
  const client = await watch("?what=callback");
  const happened = vi.spyOn(Activity.prototype, "happened");
  const shard = await shardOf(acceptance({ payment: "p" }).event.data.payment_id, 8);
  await Promise.all(
    Array.from({ length: 40 }, (_, i) =>
      inboxOf(shard).accept(acceptance({ payment: "p", event: `burst${i}`, kind: "updated" })),
    ),
  );
  await client.sees(callbackOf("burst39"));
  expect(happened.mock.calls.length).toBeLessThan(10);
});

// ---- the feed by itself ---------------------------------------------------------------------------

const happening = (i: number): Happening => ({
  atMs: i,
  what: "callback",
  source: "ipay/broker-eu",
  destination: null,
  outcome: "accepted",
  reason: null,
  event: `evt_${i}`,
  payment: null,
  status: null,
  durationMs: null,
  count: 1,
});

it("a client that does not read is sent away, and memory stays bounded", async () => {
  await runInDurableObject(bindings.INBOX.getByName("feed"), async () => {
    const feed = new LiveFeed();
    const stream = feed.open(null, {}, Number.MAX_SAFE_INTEGER, Promise.resolve());
    await vi.waitFor(() => expect(feed.isWatched).toBe(true));
    for (let i = 0; feed.isWatched; i += 1) {
      feed.add([happening(i)], 0);
      expect(i * 100).toBeLessThan(2 * MAX_LIVE_BEHIND_BYTES);
    }
    await stream.cancel();
  });
});

it("only so much is kept for who comes back, and only so many may watch", async () => {
  await runInDurableObject(bindings.INBOX.getByName("feed"), async () => {
    const feed = new LiveFeed();
    feed.add(
      Array.from({ length: MAX_LIVE_LINES + 5 }, (_, i) => happening(i)),
      0,
    );
    const streams = Array.from({ length: MAX_LIVE_WATCHERS }, () =>
      feed.open(null, {}, 1_000, Promise.resolve()),
    );
    await vi.waitFor(() => expect(feed.isFull).toBe(true));
    // Their time is over: they come back by themselves.
    feed.beat(1_000);
    expect(feed.isWatched).toBe(false);
    for (const stream of streams) await stream.cancel();
  });
});
