/** From operations counted to dollars, and whether that is too many. */
import { describe, expect, it } from "vitest";
import { dollarsPerMillion, each, minus, NOTHING, operationsOf, plus } from "../../bench/lib/bill.ts";
import { type CostCounts, missedTargets, TARGETS } from "../../bench/lib/cost-report.ts";
import { OBJECT_BUSY_MS, OBJECT_GB, OBJECT_SEND_MS, PRICES } from "../../bench/lib/prices.ts";

describe("operations", () => {
  it("are requests for callbacks and consumer batches, for calls and alarms", () => {
    const counts = { ...NOTHING, callbacks: 10, consumerBatches: 1, objectCalls: 30, alarmRuns: 2 };
    expect(operationsOf(counts)).toMatchObject({ workerRequests: 11, objectRequests: 32 });
  });

  it("take an alarm that is set for a row written", () => {
    expect(operationsOf({ ...NOTHING, rowsWritten: 6, alarmsSet: 2 }).rowsWritten).toBe(8);
  });

  it("charge an object's whole memory for as long as it is busy, the queue's answer included", () => {
    const { objectGbSeconds } = operationsOf({
      ...NOTHING,
      objectCalls: 100,
      alarmRuns: 100,
      objectSends: 50,
    });
    expect(objectGbSeconds).toBeCloseTo(((200 * OBJECT_BUSY_MS + 50 * OBJECT_SEND_MS) / 1_000) * OBJECT_GB);
  });
});

describe("dollars per million", () => {
  it("are nothing for nothing", () => {
    expect(dollarsPerMillion(NOTHING)).toBe(0);
  });

  it("are the list price of each operation, times how often an event needs it", () => {
    const counts = { ...NOTHING, rowsWritten: 3, queueOperations: 3, kvReads: 1, logLines: 2 };
    expect(dollarsPerMillion(counts)).toBeCloseTo(3 * 1 + 3 * 0.4 + 0.5 + 2 * 0.6);
  });

  it("are from a table in which every price has its page", () => {
    for (const { dollarsPerMillion, page } of Object.values(PRICES)) {
      expect(dollarsPerMillion).toBeGreaterThan(0);
      expect(page).toMatch(/^[a-z-]+\/[a-z/-]+$/);
    }
  });
});

it("counts add, subtract and divide figure by figure", () => {
  const a = { ...NOTHING, rowsRead: 10, callbacks: 4 };
  const b = { ...NOTHING, rowsRead: 2, kvReads: 6 };
  expect(plus(a, b)).toEqual({ ...NOTHING, rowsRead: 12, callbacks: 4, kvReads: 6 });
  expect(minus(a, b)).toEqual({ ...NOTHING, rowsRead: 8, callbacks: 4, kvReads: -6 });
  expect(each(a, 2)).toEqual({ ...NOTHING, rowsRead: 5, callbacks: 2 });
});

describe("targets", () => {
  const within: CostCounts = {
    delivered: { ...NOTHING, rowsWritten: TARGETS.rowsWritten, objectCalls: TARGETS.objectCalls },
    purged: { ...NOTHING, rowsWritten: 1 },
    quiet: { ...NOTHING, rowsWritten: 5 },
    duplicate: { ...NOTHING, callbacks: 1 },
    forged: NOTHING,
    monitor: NOTHING,
  };

  it("are met by what is exactly as dear as it may be", () => {
    expect(missedTargets(within)).toEqual([]);
  });

  it("count the purge with the event", () => {
    const missed = missedTargets({ ...within, purged: { ...NOTHING, rowsWritten: 3 } });
    expect(missed.map(({ target }) => target)).toEqual([
      "$ per million delivered events, busy shard, purge included",
    ]);
  });

  it("hold for the quiet shard, for duplicates, and for each operation by itself", () => {
    const { delivered } = within;
    const missed = (counts: Partial<CostCounts>) => missedTargets({ ...within, ...counts }).length;
    expect(missed({ quiet: { ...NOTHING, rowsWritten: 6 } })).toBe(1);
    expect(missed({ duplicate: { ...NOTHING, rowsWritten: 1 } })).toBe(1);
    expect(missed({ delivered: { ...delivered, rowsWritten: 4.1 } })).toBe(1);
    expect(missed({ delivered: { ...delivered, objectCalls: 3 } })).toBe(1);
    expect(missed({ delivered: { ...delivered, queueOperations: 0.1 } })).toBe(1);
  });
});
