import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fromRfc3339, fromUnixMilliseconds, fromUnixSeconds } from "../../src/parse/time.ts";

describe("fromUnixSeconds", () => {
  it.each([
    ["0", "1970-01-01T00:00:00Z"],
    ["1756211921", "2025-08-26T12:38:41Z"],
    ["1590334913", "2020-05-24T15:41:53Z"],
    ["0000000001", "1970-01-01T00:00:01Z"],
    ["99999999999", "5138-11-16T09:46:39Z"],
  ])("reads %s as %s", (token, text) => {
    expect(fromUnixSeconds(token)).toBe(text);
  });

  it.each(["", "-1", "+1", "1.5", "1e9", " 1", "1\n", "0x1", "٣", "1756211921000", "9".repeat(100_000)])(
    "refuses %.20j",
    (token) => {
      expect(fromUnixSeconds(token)).toBeNull();
    },
  );
});

describe("fromUnixMilliseconds", () => {
  it.each([
    ["0000", "1970-01-01T00:00:00.000Z"],
    ["1756211921063", "2025-08-26T12:38:41.063Z"],
    ["1756211921000", "2025-08-26T12:38:41.000Z"],
    ["99999999999999", "5138-11-16T09:46:39.999Z"],
  ])("reads %s as %s", (token, text) => {
    expect(fromUnixMilliseconds(token)).toBe(text);
  });

  it.each([
    "",
    "0",
    "999",
    "-1756211921063",
    "1756211921.063",
    "x1756211921063",
    "1756211921063x",
    "100000000000000",
  ])("refuses %j", (token) => {
    expect(fromUnixMilliseconds(token)).toBeNull();
  });
});

describe("fromRfc3339", () => {
  it.each([
    ["2023-07-11T06:03:22.063Z", "2023-07-11T06:03:22.063Z"],
    ["2023-07-11T06:03:22Z", "2023-07-11T06:03:22Z"],
    ["2023-07-11t06:03:22z", "2023-07-11T06:03:22Z"],
    ["2023-07-11T06:03:22.100000000Z", "2023-07-11T06:03:22.100000000Z"],
    ["2023-07-11T08:03:22.063+02:00", "2023-07-11T06:03:22.063Z"],
    ["2023-07-11T00:33:22-05:30", "2023-07-11T06:03:22Z"],
    ["2019-04-09T15:22:09+00:00", "2019-04-09T15:22:09Z"],
    ["2019-04-09T15:22:09-00:00", "2019-04-09T15:22:09Z"],
    ["2024-12-31T23:30:00-01:00", "2025-01-01T00:30:00Z"],
    ["2024-03-01T00:00:00+00:01", "2024-02-29T23:59:00Z"],
    ["2024-02-29T00:00:00Z", "2024-02-29T00:00:00Z"],
    ["2000-02-29T00:00:00Z", "2000-02-29T00:00:00Z"],
    ["1969-12-31T23:00:00-02:00", "1970-01-01T01:00:00Z"],
    ["1970-01-01T00:00:00Z", "1970-01-01T00:00:00Z"],
    ["2024-03-01T00:59:00+00:59", "2024-03-01T00:00:00Z"],
    ["2024-03-01T23:00:00+23:00", "2024-03-01T00:00:00Z"],
    ["9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59.999Z"],
  ])("reads %s as %s", (text, utc) => {
    expect(fromRfc3339(text)).toBe(utc);
  });

  it.each([
    ["30 February", "2023-02-30T00:00:00Z"],
    ["29 February of a common year", "2023-02-29T00:00:00Z"],
    ["29 February 2100", "2100-02-29T00:00:00Z"],
    ["31 April", "2023-04-31T00:00:00Z"],
    ["month 0", "2023-00-10T00:00:00Z"],
    ["month 13", "2023-13-10T00:00:00Z"],
    ["day 0", "2023-01-00T00:00:00Z"],
    ["hour 24", "2023-01-01T24:00:00Z"],
    ["hour 24 at the end of a year", "2023-12-31T24:00:00Z"],
    ["hour 99", "2023-01-01T99:00:00Z"],
    ["hour 25", "2023-01-01T25:00:00Z"],
    ["minute 60", "2023-01-01T00:60:00Z"],
    ["a leap second", "2016-12-31T23:59:60Z"],
    ["second 60 within the day", "2023-01-01T12:00:60Z"],
    ["an offset of 24 hours", "2023-01-01T00:00:00+24:00"],
    ["an offset of 60 minutes", "2023-01-01T00:00:00+00:60"],
    ["no zone", "2023-01-01T00:00:00"],
    ["no time", "2023-01-01"],
    ["a space for the T", "2023-01-01 00:00:00Z"],
    ["an offset without a colon", "2023-01-01T00:00:00+0200"],
    ["an empty fraction", "2023-01-01T00:00:00.Z"],
    ["a fraction of ten digits", "2023-01-01T00:00:00.0123456789Z"],
    ["a comma for the point", "2023-01-01T00:00:00,5Z"],
    ["no seconds", "2023-01-01T00:00Z"],
    ["a sign before the year", "+2023-01-01T00:00:00Z"],
    ["other digits", "٢٠٢٣-01-01T00:00:00Z"],
    ["white space after it", "2023-01-01T00:00:00Z\n"],
    ["Unix seconds", "1756211921"],
    ["Go's zero time", "0001-01-01T00:00:00Z"],
    ["a year that Date.UTC takes for 1970", "0070-01-01T00:00:00Z"],
    ["before 1970", "1969-12-31T23:59:59Z"],
    ["before 1970 by its offset", "1970-01-01T00:00:00+00:01"],
    ["beyond 9999 by its offset", "9999-12-31T23:59:59-00:01"],
    ["nothing", ""],
  ])("refuses %s", (_, text) => {
    expect(fromRfc3339(text)).toBeNull();
  });

  const instants = fc.date({
    min: new Date("1970-01-02T00:00:00Z"),
    max: new Date("9999-12-30T00:00:00Z"),
    noInvalidDate: true,
  });

  it("keeps every UTC text as it is", () => {
    fc.assert(
      fc.property(instants, (date) => {
        expect(fromRfc3339(date.toISOString())).toBe(date.toISOString());
      }),
    );
  });

  it("keeps the instant of every offset", () => {
    fc.assert(
      fc.property(instants, fc.integer({ min: -1_439, max: 1_439 }), (date, offset) => {
        const local = new Date(date.getTime() + offset * 60_000).toISOString().slice(0, -1);
        const hours = String(Math.floor(Math.abs(offset) / 60)).padStart(2, "0");
        const minutes = String(Math.abs(offset) % 60).padStart(2, "0");
        const text = `${local}${offset < 0 ? "-" : "+"}${hours}:${minutes}`;
        expect(fromRfc3339(text)).toBe(date.toISOString());
      }),
    );
  });

  it("agrees with the seconds of Unix", () => {
    fc.assert(
      fc.property(fc.nat({ max: 2 ** 31 }), (seconds) => {
        const text = fromUnixSeconds(String(seconds)) ?? "";
        expect(Date.parse(text)).toBe(seconds * 1_000);
        expect(fromRfc3339(text)).toBe(text);
      }),
    );
  });
});
