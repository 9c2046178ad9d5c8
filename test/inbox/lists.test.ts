/** Lists read what they show, and not the rows between: by the platform's own count of rows. */
import { runInDurableObject } from "cloudflare:test";
import { beforeEach, expect, it } from "vitest";
import type { EventFilter } from "../../src/inbox/filter.ts";
import type { Inbox } from "../../src/inbox/inbox.ts";
import { LIST_STEP_EVENTS, LIST_WINDOW_EVENTS } from "../../src/limits.ts";
import { interceptQueue } from "../support/queue.ts";
import { acceptance } from "../support/events.ts";
import { copyEvent, rowsRead } from "../support/rows.ts";
import { freshRelay, inboxOf } from "../support/worker.ts";

const SHARD = "8/0";
const STORED = 3 * LIST_WINDOW_EVENTS;
const PAGE = 50;

beforeEach(async () => {
  await freshRelay("2036-01-01T00:00:00.000Z");
  interceptQueue();
});

/** Copies one delivered event so often, and makes some copies other than delivered. */
async function fill(others: Readonly<Record<number, string>>): Promise<void> {
  await inboxOf(SHARD).accept(acceptance({ payment: "p", event: "e", destinations: [] }));
  await runInDurableObject(inboxOf(SHARD), (_, { storage: { sql } }) => {
    copyEvent(sql, 1, STORED);
    for (const [n, change] of Object.entries(others)) sql.exec(`UPDATE events SET ${change} WHERE n = ${n}`);
  });
}

/** What a list finds, and how many rows it reads for it. */
async function read(filter: EventFilter): Promise<{ found: number[]; next: number | null; rows: number }> {
  let part: Awaited<ReturnType<Inbox["list"]>> = { events: [], next: null };
  const rows = await rowsRead(async () => {
    part = await inboxOf(SHARD).list(filter, null, PAGE);
  });
  return { found: part.events.map(({ n }) => n), next: part.next, rows };
}

it("the newest page is read, and little more", async () => {
  await fill({});
  const { found, next, rows } = await read({});
  expect(found).toHaveLength(PAGE);
  expect(next).toBe(found.at(-1));
  expect(rows).toBeLessThan(3 * LIST_STEP_EVENTS);
});

it.each<[string, EventFilter]>([
  ["needs a person", { needsPerson: true }],
  ["is quarantined or conflicting", { state: ["quarantined", "conflicting"] }],
])("what %s is found among thousands, however old, without reading them", async (_, filter) => {
  // Once a filter was a look at every event: the first page of what needs a person read the whole table.
  await fill({
    7: "state = 'quarantined', reason = 'json'",
    4000: "state = 'conflicting'",
    5000: "state = 'released'",
  });
  const { found, next, rows } = await read(filter);
  expect(found).toEqual([4000, 7]);
  expect(next).toBeNull();
  expect(rows).toBeLessThan(50);
});

it("what was dismissed is found as well, and what is delivered is not among it", async () => {
  await fill({ 9: `dismissed = '{"by":"ada","at":0,"why":"settled"}'` });
  expect(await read({ state: "dismissed" })).toMatchObject({ found: [9], next: null });
});

it("a list of what is rare goes on where its page ended, when there is more of it than a window", async () => {
  await fill({});
  await runInDurableObject(inboxOf(SHARD), (_, { storage: { sql } }) => {
    sql.exec("UPDATE events SET state = 'quarantined', reason = 'json'");
  });
  const seen = new Set<number>();
  let before: number | null = null;
  do {
    const part: Awaited<ReturnType<ReturnType<typeof inboxOf>["list"]>> = await inboxOf(SHARD).list(
      { needsPerson: true },
      before,
      700,
    );
    for (const { n } of part.events) seen.add(n);
    before = part.next;
  } while (before !== null);
  expect(seen.size).toBe(STORED);
});
