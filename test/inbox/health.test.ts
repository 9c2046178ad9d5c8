import { describe, expect, it } from "vitest";
import { addUp } from "../../src/inbox/ledger.ts";
import { findingsOf, type HealthReport } from "../../src/inbox/health.ts";
import {
  DEFERRED_TOO_LONG_MS,
  OWED_LONG_MARGIN_MS,
  SILENCE_MIN_EVENTS,
  SILENCE_MIN_MS,
} from "../../src/limits.ts";

const NOW = 1_790_000_000_000;
const MINUTE = 60_000;
const nothing = addUp([]);

/** `count` events a minute apart, the last one this long ago, half of them in each of two shards. */
function reports(count: number, quietMs: number): HealthReport[] {
  const last = NOW - quietMs;
  const first = last - (count - 1) * MINUTE;
  const part = { source: "ipay/a", count: count / 2, first, last };
  return [part, { ...part, first: first + MINUTE }].map((activity) => ({
    activity: [activity],
    deferredSince: null,
    oldestOwed: [],
  }));
}

describe("silence", () => {
  it("is noticed after many times the usual gap, over all shards", () => {
    expect(findingsOf(reports(100, SILENCE_MIN_MS - 1), nothing, NOW)).toEqual([]);
    expect(findingsOf(reports(100, SILENCE_MIN_MS), nothing, NOW)).toEqual([
      { about: "silence", fields: { source: "ipay/a", quietSeconds: 1800, usualGapSeconds: 60 } },
    ]);
  });

  it("is not reported for a source with few events", () => {
    expect(findingsOf(reports(SILENCE_MIN_EVENTS - 2, 1000 * MINUTE), nothing, NOW)).toEqual([]);
  });

  it("takes longer for a source that is rare by habit", () => {
    const rare: HealthReport = {
      activity: [
        {
          source: "ipay/a",
          count: 25,
          first: NOW - 25 * 60 * MINUTE - 24 * 60 * MINUTE,
          last: NOW - 10 * 60 * MINUTE,
        },
      ],
      deferredSince: null,
      oldestOwed: [],
    };
    expect(findingsOf([rare], nothing, NOW)).toEqual([]);
  });
});

describe("waiting", () => {
  it("for a verifier is a concern after an hour", () => {
    const since = (ms: number): HealthReport => ({ activity: [], deferredSince: NOW - ms, oldestOwed: [] });
    expect(findingsOf([since(DEFERRED_TOO_LONG_MS - 1)], nothing, NOW)).toEqual([]);
    expect(findingsOf([since(1), since(DEFERRED_TOO_LONG_MS)], nothing, NOW)).toEqual([
      { about: "deferred_long", fields: { waitingSeconds: 3600 } },
    ]);
  });
});

describe("owing", () => {
  const owed = (ms: number): HealthReport => ({
    activity: [],
    deferredSince: null,
    oldestOwed: [{ destination: "crm", since: NOW - ms }],
  });

  it("is a concern when it is long overdue", () => {
    expect(findingsOf([owed(OWED_LONG_MARGIN_MS)], nothing, NOW)).toEqual([]);
    expect(findingsOf([owed(1), owed(OWED_LONG_MARGIN_MS + MINUTE)], nothing, NOW)).toEqual([
      { about: "owed_long", fields: { destination: "crm", waitingSeconds: 960 } },
    ]);
  });
});

describe("the ledger", () => {
  const counts = (pending: number, owed: number) => ({
    sources: {},
    destinations: { crm: { owed, delivered: 1, pending, dead: 0, dismissed: 0 } },
  });

  it("is a concern when something does not add up, or is below zero", () => {
    const part = (pending: number, owed: number) =>
      addUp([{ counts: counts(pending, owed), held: [], remainder: {} }]);
    expect(findingsOf([], part(1, 2), NOW)).toEqual([]);
    expect(findingsOf([], part(1, 3), NOW)).toEqual([
      { about: "ledger_remainder", fields: { name: "crm", count: 1 } },
    ]);
    expect(findingsOf([], part(-1, 0), NOW)).toEqual([
      { about: "ledger_remainder", fields: { name: "crm", count: -1 } },
    ]);
  });

  it("is a concern when a recount of the rows found another number", () => {
    const ledger = addUp([{ counts: counts(0, 1), held: [], remainder: { "crm:delivered": 2 } }]);
    expect(findingsOf([], ledger, NOW)).toEqual([
      { about: "ledger_remainder", fields: { name: "crm:delivered", count: 2 } },
    ]);
  });
});
