/**
 * What is measured outlives the memory of the objects that measured it: a relay with little traffic counted next to
 * nothing of its attempts, since each object had been ended before anybody asked it.
 */
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { beforeEach, expect, it, vi } from "vitest";
import type { Activity } from "../../src/activity/activity.ts";
import { Measured } from "../../src/activity/measured.ts";
import { NO_DURATIONS, observed } from "../../src/histogram.ts";
import { MeasureReports } from "../../src/inbox/measure-reports.ts";
import { MeasureBook, type Measures } from "../../src/inbox/measures.ts";
import { MEASURES_REPORT_INTERVAL_MS } from "../../src/limits.ts";
import { activity, rowsWrittenDuring } from "../support/activity.ts";
import { delivered } from "../support/api.ts";
import { secrets } from "../support/bindings.ts";
import { acceptance, paymentId } from "../support/events.ts";
import { shardOf } from "../../src/inbox/shard.ts";
import { freshRelay, inboxOf, post, type Outside } from "../support/worker.ts";

let outside: Outside;

beforeEach(async () => {
  outside = await freshRelay("2036-01-01T00:00:00.000Z");
});

const accepting = (count: number): Measures => {
  let histogram = NO_DURATIONS;
  for (let n = 0; n < count; n += 1) histogram = observed(histogram, 7);
  return { accepting: { "ipay/broker-eu": histogram }, attempting: {} };
};
const written = async () =>
  await runInDurableObject(activity(), (_, { storage }) =>
    storage.sql.exec<{ value: string }>("SELECT value FROM state WHERE name = 'measured'").toArray(),
  );
const soon = { timeout: 20_000 };

it("counts and histograms are in metrics after both objects were ended", async () => {
  const shard = inboxOf(await shardOf(paymentId("p"), 8));
  await shard.accept(acceptance({ payment: "p", event: "e" }));
  await delivered(outside, 1);
  await vi.waitFor(async () => expect((await written())[0]?.value).toContain('"2xx":1'), soon);
  await evictDurableObject(shard);
  await evictDurableObject(activity());
  const headers = { authorization: `Bearer ${secrets.ADMIN_TOKEN}` };
  const text = await (await post({ method: "GET", path: "/metrics", headers })).text();
  expect(text).toContain('relay_attempts_total{destination="crm",result="2xx"} 1\n');
  expect(text).toContain('relay_delivery_seconds_count{destination="crm"} 1\n');
  expect(text).toContain('relay_accept_seconds_count{source="ipay/broker-eu"} 1\n');
  // Taken over once.
  expect(await written()).toEqual([]);
}, 60_000);

it("however much is measured in one turn costs one row, and is not lost while it is taken over", async () => {
  const rows = await rowsWrittenDuring(async () => {
    // In one turn of the object, whatever the machine is doing.
    await runInDurableObject(activity(), (object: Activity) => {
      for (let n = 0; n < 1_000; n += 1) void object.measured(accepting(1));
    });
    await vi.waitFor(async () => expect(await written()).toHaveLength(1), soon);
  });
  expect(rows).toBe(1);
  await runInDurableObject(activity(), (_, { storage }) => {
    // Another life of the object finds what the last one had written.
    const measured = new Measured(storage.sql);
    expect(measured.take()).toEqual(accepting(1_000));
    expect(measured.take()).toEqual({ accepting: {}, attempting: {} });
  });
}, 60_000);

it("what could not be told is told later, with what came meanwhile", async () => {
  vi.useFakeTimers();
  const told: Measures[] = [];
  let isAway = true;
  const book = new MeasureBook();
  const reports = new MeasureReports(book, () => ({
    measured: (measures) => {
      if (isAway) return Promise.reject(new Error("the object is away"));
      told.push(measures);
      return Promise.resolve();
    },
  }));
  const measure = () => {
    book.accepted("ipay/broker-eu", 0, 7);
    reports.note("accepted");
  };
  measure();
  await vi.advanceTimersByTimeAsync(MEASURES_REPORT_INTERVAL_MS);
  expect(told).toEqual([]);
  isAway = false;
  measure();
  measure();
  await vi.advanceTimersByTimeAsync(MEASURES_REPORT_INTERVAL_MS);
  expect(told).toEqual([accepting(3)]);
  vi.useRealTimers();
});
