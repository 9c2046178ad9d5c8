/** A CRM that is away and comes back, in real processes: kept, in order, at its rate, with few attempts meanwhile. */
import { join } from "node:path";
import { expect, it } from "vitest";
import { outage } from "../../tools/lib/outage/run.ts";

it("an outage costs few attempts, and the backlog arrives in order and no faster than configured", async () => {
  const { violations } = await outage({
    project: join(import.meta.dirname, "../.."),
    events: 300,
    perSecond: 50,
    // The machine may be busy; a backlog sent all at once would be three times as many.
    lateMs: 250,
    shards: 1,
    awayMs: 0,
    onProgress: () => {},
  });
  expect(violations).toEqual([]);
});
