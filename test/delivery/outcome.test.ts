/** The table of docs/delivery.md#judging-the-response, row by row, and every spelling of `retry-after`. */
import { describe, expect, it } from "vitest";
import { judge, readRetryAfter } from "../../src/delivery/outcome.ts";
import { countRefusal, isRefusal } from "../../src/inbox/policy/refusals.ts";

const NOW = Date.parse("2026-09-21T14:13:25.400Z");
const DAY = 86_400;
const failed = (retryAfterSeconds: number | null = null) => ({ kind: "failed", retryAfterSeconds });

describe("judge", () => {
  it.each([200, 201, 202, 204, 205, 207, 226, 299])("%i: delivered", (status) => {
    expect(judge(status, "30", NOW)).toEqual({ kind: "delivered" });
  });

  it("410: gone", () => {
    expect(judge(410, "30", NOW)).toEqual({ kind: "gone" });
  });

  it.each([429, 503])("%i: failed, and waits as long as it is asked to", (status) => {
    expect(judge(status, "30", NOW)).toEqual(failed(30));
    expect(judge(status, "Mon, 21 Sep 2026 14:14:25 GMT", NOW)).toEqual(failed(60));
    expect(judge(status, null, NOW)).toEqual(failed());
    expect(judge(status, "soon", NOW)).toEqual(failed());
  });

  it.each([
    101, 199, 300, 301, 302, 303, 304, 307, 308, 400, 401, 403, 404, 405, 408, 409, 413, 415, 422, 425, 500,
    501, 502, 504, 520, 521, 522, 524, 525, 526, 530, 599, 600, 999,
  ])("%i: failed, by the schedule alone", (status) => {
    expect(judge(status, "30", NOW)).toEqual(failed());
  });
});

describe("retry-after", () => {
  it.each([
    ["0", 0],
    ["1", 1],
    [" 120 ", 120],
    ["007", 7],
    ["86400", DAY],
    ["86401", DAY],
    ["9".repeat(400), DAY],
    // The three formats of RFC 9110 5.6.7; a part of a second is rounded up, never early.
    ["Mon, 21 Sep 2026 14:13:26 GMT", 1],
    ["Mon, 21 Sep 2026 14:14:25 GMT", 60],
    ["Monday, 21-Sep-26 14:14:25 GMT", 60],
    ["Mon Sep 21 14:14:25 2026", 60],
    ["Thu Oct  1 00:00:00 2026", DAY],
    ["Tue, 22 Sep 2026 14:13:25 GMT", DAY],
    ["Wed, 21 Oct 2099 07:28:00 GMT", DAY],
    // A wrong weekday does not make the date unreadable: the retry would come too early.
    ["Fri, 21 Sep 2026 14:14:25 GMT", 60],
    ["Mon, 21 Sep 2026 14:13:60 GMT", 35],
  ])("%j is %i s", (value, seconds) => {
    expect(readRetryAfter(value, NOW)).toBe(seconds);
  });

  it.each([
    null,
    "",
    " ",
    "-1",
    "+1",
    "1.5",
    "1e3",
    "0x10",
    "60s",
    "60, 120",
    "٣",
    "NaN",
    "Infinity",
    "2027-01-01",
    "2027-01-01T00:00:00Z",
    "tomorrow",
    "Sep 22 2026",
    // Now and the past: no more than the schedule.
    "Mon, 21 Sep 2026 14:13:25 GMT",
    "Sun, 06 Nov 1994 08:49:37 GMT",
    "Sunday, 06-Nov-94 08:49:37 GMT",
    "Sun Nov  6 08:49:37 1994",
    // More than fifty years ahead is the century before.
    "Monday, 21-Sep-77 14:14:25 GMT",
    // Almost dates.
    "mon, 21 sep 2026 14:14:25 gmt",
    "Mon, 21 Sep 2026 14:14:25",
    "Mon, 21 Sep 2026 14:14:25 +0000",
    "Mon, 21 Sep 2026 14:14:25 CET",
    "Mon, 21 Sep 2026 24:00:00 GMT",
    "Mon, 21 Sep 2026 14:60:00 GMT",
    "Mon, 31 Sep 2026 14:14:25 GMT",
    "Mon, 00 Sep 2026 14:14:25 GMT",
    "Mon, 29 Feb 2027 14:14:25 GMT",
    "Mon, 21 Sep 26 14:14:25 GMT",
    "Mon, 21 Sept 2026 14:14:25 GMT",
    "Mon, 21 Sep 2026 14:14:25 GMT, Mon, 21 Sep 2026 14:14:25 GMT",
  ])("%j is no hint", (value) => {
    expect(readRetryAfter(value, NOW)).toBeNull();
  });
});

describe("refusals", () => {
  it.each([400, 401, 403, 404, 405, 409, 422, 451, 499])("%i is one", (status) => {
    expect(isRefusal(status)).toBe(true);
  });

  it.each([null, 200, 302, 408, 410, 425, 429, 500, 503])("%s is none", (status) => {
    expect(isRefusal(status)).toBe(false);
  });

  it("alerts at the third in a row, once, and again only after something else", () => {
    const alertsAt = (statuses: (number | null)[]) => {
      let inARow = 0;
      return statuses.flatMap((status, index) => {
        const counted = countRefusal(inARow, status);
        ({ inARow } = counted);
        return counted.alert ? [index] : [];
      });
    };
    expect(alertsAt([404, 401, 404, 404, 404, 404])).toEqual([2]);
    expect(alertsAt([404, 404, 503, 404, 404, null, 404, 404])).toEqual([]);
    expect(alertsAt([404, 404, 404, 200, 403, 403, 403])).toEqual([2, 6]);
  });
});
