/** Charts: differences of the ledger's counts, in a bounded number of rows. */
import { runInDurableObject } from "cloudflare:test";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { joined, pointOf, type Point } from "../../src/activity/points.ts";
import { Series } from "../../src/activity/series.ts";
import { NO_DURATIONS, observed, quantileMs } from "../../src/histogram.ts";
import { counted, NO_COUNTS, type Counts } from "../../src/inbox/ledger.ts";
import { NO_MEASURES } from "../../src/inbox/measures.ts";
import { DAY_MS, SERIES_KEPT_MS, SERIES_LONG_STEP_MS, SERIES_STEP_MS } from "../../src/limits.ts";
import { monitor } from "../../src/monitor.ts";
import { configOf } from "../../src/config/load.ts";
import { activity } from "../support/activity.ts";
import { delivered, get } from "../support/api.ts";
import { acceptance } from "../support/events.ts";
import { shardOf } from "../../src/inbox/shard.ts";
import { bindings, freshRelay, inboxOf, type Outside } from "../support/worker.ts";

let outside: Outside;

beforeEach(async () => {
  outside = await freshRelay("2036-01-01T10:00:00.000Z");
});

const accepted = (count: number, crm = {}): Counts =>
  counted(NO_COUNTS, {
    source: ["ipay/broker-eu", { arrived: count, accepted: count }],
    destinations: [["crm", { owed: count, pending: count, ...crm }]],
  });

describe("a point", () => {
  it("is what has grown between two counts, and nothing has grown less than nothing", () => {
    const before = { counts: accepted(3), refused: { "ipay/broker-eu": { stale: 4 } } };
    const after = {
      counts: accepted(10, { pending: 2, delivered: 8 }),
      refused: { "ipay/broker-eu": { stale: 4, bad_token: 2 } },
    };
    expect(pointOf(before, after)).toMatchObject({
      sources: { "ipay/broker-eu": { accepted: 7, refused: { bad_token: 2 } } },
      destinations: { crm: { delivered: 8, owed: 2 } },
    });
    expect(pointOf(after, before)).toMatchObject({ sources: { "ipay/broker-eu": { accepted: 0 } } });
  });

  it("and the next one add up, and what is owed is what is owed at the end", () => {
    const point = (delivered: number, owed: number): Point => ({
      sources: {},
      destinations: {
        crm: { delivered, failed: 1, results: { "5xx": 1 }, owed, durations: observed(NO_DURATIONS, 20) },
      },
    });
    const both = joined(point(2, 9), point(3, 4));
    expect(both.destinations.crm).toMatchObject({ delivered: 5, failed: 2, owed: 4, results: { "5xx": 2 } });
    expect(quantileMs(both.destinations.crm?.durations ?? NO_DURATIONS, 0.95)).toBe(25);
  });
});

describe("charts", () => {
  it("show what came and went, with the last seconds, and how long attempts took", async () => {
    await monitor(bindings, configOf(bindings), Date.now());
    const input = acceptance({ payment: "p", event: "e" });
    await inboxOf(await shardOf(input.event.data.payment_id, 8)).accept(input);
    await delivered(outside, 1);
    vi.setSystemTime(Date.now() + SERIES_STEP_MS / 2);
    const chart = await get("/api/series?range=hour");
    expect(chart).toMatchObject({ range: "hour", step_seconds: SERIES_STEP_MS / 1000 });
    expect((chart.at as unknown as unknown[]).length).toBe(12);
    const { crm } = chart.destinations as unknown as Record<string, Record<string, (number | null)[]>>;
    expect(crm?.["delivered"]?.at(-1)).toBe(1);
    expect(crm?.["p95_ms"]?.at(-1)).toBeGreaterThan(0);
    expect(crm?.["delivered"]?.[0]).toBeNull();
    expect(crm).toMatchObject({ answers: { "2xx": 1 }, range_p95_ms: crm?.["p95_ms"]?.at(-1) });
    const sources = chart.sources as unknown as Record<string, { accepted: (number | null)[] }>;
    expect(sources["ipay/broker-eu"]?.accepted.at(-1)).toBe(1);
    expect((await get("/api/series?range=month")).at).toHaveLength(30 * 24);
  });

  it("of two months are a bounded number of rows, and a week is told by the hour", async () => {
    await runInDurableObject(activity(), (_, { storage: { sql } }) => {
      const series = new Series(sql);
      const begin = Date.parse("2036-02-01T00:00:00.000Z");
      let count = 0;
      const end = begin + 60 * DAY_MS;
      // Every half hour stands for every five minutes: as many hours, fewer steps.
      for (let at = begin; at <= end; at += SERIES_LONG_STEP_MS / 2)
        series.record(at, accepted((count += 5)), [], NO_MEASURES);
      const rows = sql
        .exec<{ step: number; rows: number }>("SELECT step, COUNT(*) AS rows FROM series GROUP BY step")
        .toArray();
      const most = (step: number) => (step === SERIES_STEP_MS ? SERIES_KEPT_MS / SERIES_STEP_MS : 32 * 24);
      for (const { step, rows: found } of rows) expect(found).toBeLessThanOrEqual(most(step) + 2);
      const week = series.between("long", end - 7 * DAY_MS, end);
      expect(week).toHaveLength(7 * 24);
      expect(new Set(week.map(({ point }) => point.sources["ipay/broker-eu"]?.accepted))).toEqual(
        new Set([10]),
      );
    });
  });
});
