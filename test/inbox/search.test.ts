/** The search: by whole words, among new events and in blocks of old ones, with few rows read and hardly any written. */
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { beforeEach, describe, expect, it } from "vitest";
import type { PaymentEvent } from "../../src/event.ts";
import type { EventFilter } from "../../src/inbox/filter.ts";
import type { Inbox } from "../../src/inbox/inbox.ts";
import {
  DAY_MS,
  DEFAULT_RETENTION_DAYS,
  EVENT_ID_BLOCK_INTERVAL_MS,
  LIST_STEP_EVENTS,
  LIST_WINDOW_EVENTS,
  MAX_SEARCH_LOOKED,
  PURGE_STEP_INTERVAL_MS,
  SEARCH_BLOCK_EVENTS,
  SEARCH_BLOCK_PARTS,
} from "../../src/limits.ts";
import { inbox, later, rowsWritten } from "../support/attempts.ts";
import {
  acceptance,
  eventId,
  normalisedEvent,
  paymentId,
  settingAside,
  type Stated,
} from "../support/events.ts";
import { interceptQueue } from "../support/queue.ts";
import { copyEvent, makeBlocks, rowsRead } from "../support/rows.ts";
import { freshRelay, type Outside } from "../support/worker.ts";

let outside: Outside;

beforeEach(async () => {
  // Ahead of the real clock, so that no alarm fires by itself.
  outside = await freshRelay("2036-01-01T00:00:00.000Z");
  interceptQueue();
});

async function accept(stated: Stated, data: Partial<PaymentEvent["data"]>): Promise<void> {
  const event = normalisedEvent(stated);
  await inbox().accept({ ...acceptance(stated), event: { ...event, data: { ...event.data, ...data } } });
}

let fillers = 0;

/** Makes so many more events that nobody searches for; later ones came a second later each. */
async function fill(count: number): Promise<void> {
  fillers += 1;
  const name = `filler-${fillers}`;
  await accept({ event: name, payment: name, destinations: [] }, { merchant_reference: "filler" });
  await runInDurableObject(inbox(), (_, { storage: { sql } }) => {
    const newest = sql.exec<{ n: number }>("SELECT MAX(n) AS n FROM events").one().n;
    copyEvent(sql, newest, newest + count - 1, 1000);
  });
  // Their times have come.
  later(1000 * count);
}

const blocks = () =>
  runInDurableObject(inbox(), (_, { storage: { sql } }) =>
    sql.exec<{ last_n: number }>("SELECT last_n FROM search_blocks").toArray(),
  );

/** What one call finds, and how many rows it reads for it. */
async function read(
  filter: EventFilter,
  limit = 50,
  before: number | null = null,
): Promise<{ found: string[]; numbers: number[]; next: number | null; rows: number }> {
  let part: Awaited<ReturnType<Inbox["list"]>> = { events: [], next: null };
  const rows = await rowsRead(async () => {
    part = await inbox().list(filter, before, limit);
  });
  const { events, next } = part;
  return { found: events.map(({ event_id }) => event_id), numbers: events.map(({ n }) => n), next, rows };
}

/** Every page, to the end. */
async function all(filter: EventFilter, limit: number): Promise<number[]> {
  const numbers: number[] = [];
  let before: number | null = null;
  do {
    const page: Awaited<ReturnType<typeof read>> = await read(filter, limit, before);
    numbers.push(...page.numbers);
    before = page.next;
  } while (before !== null);
  return numbers;
}

const PROVIDER = { name: "ipay", account: "broker-eu", event: "payment", status: "ok" };
const WANTED: Partial<PaymentEvent["data"]> = {
  merchant_reference: "Order-4711",
  amount: { value: "149.90", currency: "EUR" },
  provider: { ...PROVIDER, event_id: "prv-event-1", payment_id: "PI_12345678" },
  blockchain: { network: "polygon", txid: "0xABC123", from: "0xsender", to: "0xreceiver", confirmations: 1 },
  raw: {
    content_type: "application/json",
    sha256: "0".repeat(64),
    body: String.raw`{"customer":{"id":990017,"email":"Ada@example.com","name":"Ada Löw","page":"https:\/\/shop.example\/o\/1"}}`,
  },
};
const BY: readonly (readonly [string, string])[] = [
  ["the merchant's reference", "order-4711"],
  ["the provider's event", "prv-event-1"],
  ["the provider's payment", "pi_12345678"],
  ["the transaction", "0xabc123"],
  ["the sender", "0xsender"],
  ["the receiver", "0xreceiver"],
  ["the amount", "149.90"],
  ["the customer's number", "990017"],
  ["the customer's address", "ada@example.com"],
  ["the customer's name", "LÖW, Ada"],
  ["an address that JSON escapes", "https://shop.example/o/1"],
  ["the event", eventId("wanted")],
  ["the payment", paymentId("wanted")],
  ["words of it", "order-4711 ada@example.com"],
  ["the beginning of its reference", "order-*"],
  ["a long beginning", "https://shop.ex*"],
];

describe("an event is found by", () => {
  it("each of its words among new events, and when it is in a block", { timeout: 30_000 }, async () => {
    await accept({ event: "wanted", payment: "wanted" }, WANTED);
    const found = async () => {
      const names: string[] = [];
      for (const [name, q] of BY)
        if ((await read({ q })).found.join() === eventId("wanted")) names.push(name);
      return names;
    };
    const every = BY.map(([name]) => name);
    expect(await found()).toEqual(every);
    await fill(SEARCH_BLOCK_EVENTS);
    await makeBlocks();
    expect(await blocks()).toHaveLength(SEARCH_BLOCK_PARTS);
    expect(await found()).toEqual(every);
  });

  it.each(["4711", "order-471", "order-4711 nobody", "orders*", "0xabc123x", "ada@ *example", "ab", "--"])(
    "nothing but whole words, all of them: not by %j",
    async (q) => {
      await accept({ event: "wanted", payment: "wanted" }, WANTED);
      expect((await read({ q })).found).toEqual([]);
      await fill(SEARCH_BLOCK_EVENTS);
      await makeBlocks();
      expect(await read({ q })).toMatchObject({ found: [], next: null });
    },
  );

  it("what the callback says that was set aside", async () => {
    const body = btoa('{"order":"o-990018"}');
    const callback = settingAside(
      "aside",
      { state: "quarantined", reason: "json" },
      { body, query: "t=tok%2D1" },
    );
    await inbox().setAside(callback);
    for (const q of ["o-990018", "tok-1"]) expect((await read({ q })).found).toEqual([eventId("aside")]);
    await fill(SEARCH_BLOCK_EVENTS);
    await makeBlocks();
    for (const q of ["o-990018", "tok-1"]) expect((await read({ q })).found).toEqual([eventId("aside")]);
  });

  it("nothing any more once its payment is forgotten, and the index keeps none of it", async () => {
    await accept({ event: "wanted", payment: "wanted", destinations: [] }, WANTED);
    await fill(SEARCH_BLOCK_EVENTS);
    await makeBlocks();
    const sizes = () =>
      runInDurableObject(
        inbox(),
        (_, { storage: { sql } }) =>
          sql.exec<{ bytes: number }>("SELECT SUM(length(postings)) AS bytes FROM search_blocks").one().bytes,
      );
    const before = await sizes();
    await inbox().forgetPayment(paymentId("wanted"), false, "ada");
    expect(await sizes()).toBeLessThan(before - 50);
    expect((await read({ q: "ada@example.com" })).found).toEqual([]);
    expect((await read({ q: paymentId("wanted") })).found).toEqual([eventId("wanted")]);
  });
});

describe("the blocks", () => {
  it("cost an event a sixty-fourth of a row", async () => {
    await fill(SEARCH_BLOCK_EVENTS);
    const [rows] = await rowsWritten((instance) => [() => instance.alarm()]);
    // One more: the alarm's own look at the ledger or the purge may write a line.
    expect(rows).toBeLessThanOrEqual(SEARCH_BLOCK_PARTS + 1);
    expect(await blocks()).toHaveLength(SEARCH_BLOCK_PARTS);
  });

  it(
    "of events of an earlier release are made by the alarm of a new life, one after another, and all is found meanwhile",
    { timeout: 60_000 },
    async () => {
      await accept({ event: "wanted", payment: "wanted" }, WANTED);
      await fill(3 * SEARCH_BLOCK_EVENTS);
      await runInDurableObject(inbox(), async (_, { storage }) => await storage.deleteAlarm());
      await evictDurableObject(inbox());
      expect((await read({ q: "order-4711" })).found).toEqual([eventId("wanted")]);
      const alarm = await runInDurableObject(inbox(), (_, { storage }) => storage.getAlarm());
      expect(alarm).toBeLessThanOrEqual(Date.now());
      for (const made of [1, 2, 3]) {
        await runInDurableObject(inbox(), (instance) => instance.alarm());
        expect(await blocks()).toHaveLength(made * SEARCH_BLOCK_PARTS);
        expect((await read({ q: "order-4711" })).found).toEqual([eventId("wanted")]);
        later(EVENT_ID_BLOCK_INTERVAL_MS);
      }
    },
  );

  it("are made whatever is wrong with an event: the alarm has all to do that is owed", async () => {
    await accept({ event: "broken", payment: "broken", destinations: [] }, {});
    await runInDurableObject(inbox(), (_, { storage: { sql } }) => {
      sql.exec("UPDATE events SET body = '{'");
    });
    await accept({ event: "wanted", payment: "wanted" }, WANTED);
    await fill(SEARCH_BLOCK_EVENTS);
    await makeBlocks();
    expect(outside.lines("fault")).toMatchObject([{ where: "search_index", event: eventId("broken") }]);
    expect((await read({ q: "order-4711" })).found).toEqual([eventId("wanted")]);
  });

  it("go with their events, but for the newest", { timeout: 60_000 }, async () => {
    await accept({ event: "wanted", payment: "wanted", destinations: [] }, WANTED);
    await fill(3 * SEARCH_BLOCK_EVENTS);
    await makeBlocks();
    later((DEFAULT_RETENTION_DAYS + 1) * DAY_MS);
    for (let step = 0; step < 5; step += 1) {
      await runInDurableObject(inbox(), (instance) => instance.alarm());
      later(PURGE_STEP_INTERVAL_MS);
    }
    expect(new Set((await blocks()).map(({ last_n }) => last_n))).toEqual(new Set([3 * SEARCH_BLOCK_EVENTS]));
    expect(await read({ q: "order-4711" })).toMatchObject({ found: [], next: null });
    await accept({ event: "again", payment: "again" }, WANTED);
    expect((await read({ q: "order-4711" })).found).toEqual([eventId("again")]);
  });
});

describe("what a list reads", () => {
  const STORED = 12 * SEARCH_BLOCK_EVENTS;
  /** A few rows for each block, and for what is not in one yet. */
  const FEW = 400;

  /** One event at the beginning, and so many after it. */
  async function stored(count: number): Promise<number> {
    await accept(
      { event: "wanted", payment: "wanted", source: "cryptopay/other", destinations: ["erp"] },
      WANTED,
    );
    const at = Date.now();
    later(60_000);
    await fill(count);
    await makeBlocks();
    return at;
  }

  it("grows by a row a block and word, and never with the events", { timeout: 60_000 }, async () => {
    // Once a search read every event there was: a hundred thousand of them took twelve seconds.
    const at = await stored(STORED);
    for (const [filter, found] of [
      [{ q: "order-4711" }, 1],
      [{ q: "nobody-wrote-this" }, 0],
      [{ q: "nobody-*" }, 0],
      [{ source: "cryptopay/other" }, 1],
      [{ source: "cryptopay/*" }, 1],
      [{ source: "nobody/none" }, 0],
      [{ destination: "erp" }, 1],
      [{ type: "payment.disputed" }, 0],
      [{ state: ["pending", "parked"] }, 1],
      [{ from: at, to: at + 1000 }, 1],
      [{ to: at }, 0],
      [{ from: at + 1000 * DAY_MS }, 0],
    ] as const) {
      const part = await read(filter);
      expect([filter, part.found.length, part.next]).toEqual([filter, found, null]);
      // Of a block that is of the time asked for, each event is looked at.
      const most = "from" in filter ? FEW + 4 * SEARCH_BLOCK_EVENTS : FEW;
      expect({ filter, rows: part.rows }).toEqual({
        filter,
        rows: expect.toSatisfy((rows: number) => rows < most),
      });
    }
  });

  it(
    "of a word that is everywhere is a page and little more, whatever is stored",
    { timeout: 60_000 },
    async () => {
      await stored(STORED);
      const page = await read({ q: "filler" });
      expect(page.found).toHaveLength(50);
      expect(page.rows).toBeLessThan(FEW + 4 * LIST_STEP_EVENTS);
      // Found by the index, and not meant after all: some are looked at, the rest is for the next call.
      const none = await read({ q: "filler", state: "dead" });
      const rare = await read({ q: "filler", destination: ["nobody", "crm*"] });
      expect(none.found).toEqual([]);
      expect(rare.next).not.toBeNull();
      expect(Math.max(none.rows, rare.rows)).toBeLessThan(
        4 * (MAX_SEARCH_LOOKED + SEARCH_BLOCK_EVENTS) + FEW,
      );
    },
  );

  it(
    "comes page by page, each event once, over blocks and what is in none yet",
    { timeout: 60_000 },
    async () => {
      await stored(3 * SEARCH_BLOCK_EVENTS);
      await makeBlocks();
      await fill(100);
      const numbers = await all({ q: "filler" }, 200);
      const expected = Array.from(
        { length: 3 * SEARCH_BLOCK_EVENTS + 100 },
        (_, i) => 3 * SEARCH_BLOCK_EVENTS + 101 - i,
      );
      expect(numbers).toEqual(expected);
      expect(await all({ q: "filler", source: "cryptopay/*" }, 200)).toEqual([]);
    },
  );

  it("of a window of events that are in no block yet is bounded as well", { timeout: 60_000 }, async () => {
    await fill(2 * LIST_WINDOW_EVENTS);
    const part = await read({ q: "nobody-wrote-this" });
    expect(part).toMatchObject({ found: [], next: expect.any(Number) });
    expect(part.rows).toBeLessThan(5 * LIST_WINDOW_EVENTS);
  });
});
