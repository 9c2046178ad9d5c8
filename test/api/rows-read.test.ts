/** Nothing that a person or a program asks reads more because more is stored: by the platform's own count of rows. */
import { runInDurableObject } from "cloudflare:test";
import { beforeEach, expect, it, vi } from "vitest";
import { ALL_OPERATIONS } from "../../src/api/table.ts";
import { ACTIVITY_EVENTS, EVENT_ID_BLOCK_INTERVAL_MS, SEARCH_BLOCK_EVENTS } from "../../src/limits.ts";
import { inbox } from "../support/attempts.ts";
import { secrets } from "../support/bindings.ts";
import { ask, Visitor } from "../support/console.ts";
import { acceptance, eventId, paymentId } from "../support/events.ts";
import { interceptQueue } from "../support/queue.ts";
import { copyEvent, rowsRead } from "../support/rows.ts";
import { freshRelay } from "../support/worker.ts";

/** Enough that whatever looks at so many of the newest does. */
const SOME = 2 * Math.max(ACTIVITY_EVENTS, SEARCH_BLOCK_EVENTS);
const MANY = 10 * SOME;
/** A few rows for each of the blocks that have come; far fewer than events have. */
const GROWTH = (8 * (MANY - SOME)) / SEARCH_BLOCK_EVENTS;

beforeEach(async () => {
  // Ahead of the real clock, so that no alarm fires by itself.
  await freshRelay("2036-01-01T00:00:00.000Z");
  interceptQueue();
});

const DELIVERED = JSON.stringify({
  attempt: 1,
  atMs: 0,
  durationMs: 5,
  status: 200,
  error: null,
  answer: "ok",
});

/** Copies the first event, delivered by its first attempt, until there are so many, and lets the alarm make blocks of them. */
async function fillUpTo(count: number): Promise<void> {
  await runInDurableObject(inbox(), async (instance, { storage: { sql } }) => {
    sql.exec(`UPDATE events SET direct = '{"crm":${DELIVERED}}' WHERE n = 1`);
    copyEvent(sql, 1, count);
    for (let made = 0; made <= count; made += SEARCH_BLOCK_EVENTS) {
      await instance.alarm();
      vi.setSystemTime(Date.now() + EVENT_ID_BLOCK_INTERVAL_MS);
    }
  });
}

const ids: Readonly<Record<string, string>> = {
  "/api/events/{id}": eventId("wanted"),
  "/api/payments/{id}": paymentId("wanted"),
  "/api/replays/{id}": `rpl_${"0".repeat(32)}`,
};
/** The live feed has no end, and reads nothing. */
const reads = ALL_OPERATIONS.filter(({ method, id }) => method === "get" && id !== "tail").map(({ path }) =>
  path.replace("{id}", ids[path] ?? ""),
);
const FILTERS = [
  "state=delivered",
  "state=pending,parked",
  "state=dead",
  "state=unrouted",
  "source=cryptopay/*",
  "type=payment.disputed",
  "destination=erp",
  "needs_person=true",
  "from=2036-01-01T00:00:00Z&to=2036-01-01T00:01:00Z",
  "q=nobody-wrote-this",
  "q=order-1",
];
const PAGES = [
  "/",
  "/payments",
  `/payments/${paymentId("wanted")}`,
  `/events/${eventId("wanted")}`,
  "/set-aside",
  "/refused",
  "/destinations",
  "/settings",
  "/live",
  ...FILTERS.map((filter) => `/payments?${filter}`),
];

it(
  "every page of the console and every GET of the API reads as much where ten times as many events are stored",
  { timeout: 120_000 },
  async () => {
    await inbox().accept(acceptance({ event: "filler", payment: "filler", destinations: [] }));
    await inbox().accept(acceptance({ event: "wanted", payment: "wanted" }));
    const visitor = await Visitor.signIn();
    const headers = { authorization: `Bearer ${secrets.ADMIN_TOKEN}` };
    const asked = new Map<string, () => Promise<unknown>>([
      ...[...reads, ...FILTERS.flatMap((filter) => [`/api/events?${filter}`, `/api/payments?${filter}`])].map(
        (path) => [`GET ${path}`, async () => await (await ask(path, { headers })).text()] as const,
      ),
      ...PAGES.map((path) => [`page ${path}`, async () => await visitor.page(path)] as const),
    ]);
    const counts = async () => {
      const rows: Record<string, number> = {};
      for (const [name, question] of asked) rows[name] = await rowsRead(question);
      return rows;
    };
    await fillUpTo(SOME);
    const before = await counts();
    await fillUpTo(MANY);
    const after = await counts();
    const grown = Object.entries(after).filter(([name, rows]) => rows - (before[name] ?? 0) > GROWTH);
    expect(grown).toEqual([]);
    expect(Object.keys(after).length).toBeGreaterThan(40);
  },
);
