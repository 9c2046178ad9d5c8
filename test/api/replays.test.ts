/** Bulk replays as a list: newest first, in pages, by state. */
import { beforeEach, expect, it, vi } from "vitest";
import { call, get, order } from "../support/api.ts";
import { acceptance } from "../support/events.ts";
import { interceptQueue } from "../support/queue.ts";
import { freshRelay, inboxOf } from "../support/worker.ts";

beforeEach(async () => {
  // Ahead of the real clock, so that no alarm fires by itself.
  await freshRelay("2036-01-01T00:00:00.000Z");
  interceptQueue();
});

const FROM = { from: "2035-01-01T00:00:00Z" };

/** Begins so many, each at an instant of its own; their ids, newest first. */
async function begin(count: number): Promise<string[]> {
  await inboxOf("8/0").accept(acceptance());
  const ids: string[] = [];
  for (let i = 0; i < count; i += 1) {
    ids.unshift(String((await order("/api/replays", FROM)).body["id"]));
    vi.setSystemTime(Date.now() + 1_000);
  }
  return ids;
}

async function page(query: string): Promise<{ ids: string[]; cursor: string | null }> {
  const { replays, cursor } = (await get(`/api/replays?${query}`)) as unknown as {
    replays: { id: string }[];
    cursor: string | null;
  };
  return { ids: replays.map(({ id }) => id), cursor };
}

it("goes on page by page, without gaps or doubles, until there is no more", async () => {
  const ids = await begin(5);
  const first = await page("limit=2");
  expect(first.ids).toEqual(ids.slice(0, 2));
  // What begins meanwhile is no reason to show anything twice.
  await begin(1);
  const second = await page(`limit=2&cursor=${encodeURIComponent(first.cursor ?? "")}`);
  expect(second.ids).toEqual(ids.slice(2, 4));
  const third = await page(`limit=2&cursor=${encodeURIComponent(second.cursor ?? "")}`);
  expect(third).toEqual({ ids: ids.slice(4), cursor: null });
});

it("of the same instant are told apart", async () => {
  await begin(1);
  const made = [await order("/api/replays", FROM), await order("/api/replays", FROM)];
  const first = await page("limit=1");
  const second = await page(`limit=1&cursor=${encodeURIComponent(first.cursor ?? "")}`);
  expect([...first.ids, ...second.ids].toSorted()).toEqual(
    made.map(({ body }) => String(body["id"])).toSorted(),
  );
});

it("is narrowed by state", async () => {
  const [newest = "", older] = await begin(2);
  await order(`/api/replays/${newest}/cancel`);
  expect((await page("state=canceled")).ids).toEqual([newest]);
  expect((await page("state=running")).ids).toEqual([older]);
  expect((await page("state=finished")).ids).toEqual([]);
});

it.each(["cursor=nonsense", "cursor=2036-01-01T00:00:00.000Z_evt_1", "state=other", "limit=0"])(
  "refuses %s",
  async (query) => {
    expect((await call("GET", `/api/replays?${query}`)).status).toBe(400);
  },
);
