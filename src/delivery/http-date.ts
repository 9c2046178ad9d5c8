/**
 * The three spellings of a date in HTTP (RFC 9110 5.6.7): `Sun, 06 Nov 1994 08:49:37 GMT`, and the two
 * obsolete ones a recipient must still read. Pure.
 *
 * `Date.parse` accepts much more (`1.5` as a year), takes asctime for local time, and puts RFC 850's
 * two-digit years into a fixed century.
 */

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const MONTH = MONTHS.join("|");
const TIME = String.raw`(?<hour>\d{2}):(?<minute>\d{2}):(?<second>\d{2})`;

const FORMATS = [
  new RegExp(
    `^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), (?<day>\\d{2}) (?<month>${MONTH}) (?<year>\\d{4}) ${TIME} GMT$`,
  ),
  new RegExp(
    `^(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day, (?<day>\\d{2})-(?<month>${MONTH})-(?<year>\\d{2}) ${TIME} GMT$`,
  ),
  new RegExp(
    `^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) (?<month>${MONTH}) (?<day>[ \\d]\\d) ${TIME} (?<year>\\d{4})$`,
  ),
];

const CENTURY_YEARS = 100;
/** A two-digit year further ahead than this means the century before. */
const MAX_YEARS_AHEAD = 50;

/** Epoch ms, or null for anything else. The name of the weekday is not checked against the date. */
export function parseHttpDate(text: string, nowMs: number): number | null {
  for (const format of FORMATS) {
    const parts = format.exec(text)?.groups;
    if (parts) return instantOf(parts, nowMs);
  }
  return null;
}

function instantOf(parts: Readonly<Record<string, string>>, nowMs: number): number | null {
  const number = (name: string) => Number(parts[name]);
  const month = MONTHS.indexOf(parts.month ?? "");
  const year = parts.year?.length === 2 ? fullYear(number("year"), nowMs) : number("year");
  const clock = [number("hour"), number("minute"), number("second")] as const;
  const date = new Date(0);
  // Not Date.UTC, which moves the years 0 to 99.
  date.setUTCFullYear(year, month, number("day"));
  const isDay = date.getUTCMonth() === month && date.getUTCDate() === number("day");
  const isTime = clock[0] < 24 && clock[1] < 60 && clock[2] <= 60; // 60: a leap second
  return isDay && isTime ? date.setUTCHours(...clock) : null;
}

function fullYear(twoDigits: number, nowMs: number): number {
  const thisYear = new Date(nowMs).getUTCFullYear();
  const inThisCentury = thisYear - (thisYear % CENTURY_YEARS) + twoDigits;
  return inThisCentury > thisYear + MAX_YEARS_AHEAD ? inThisCentury - CENTURY_YEARS : inThisCentury;
}
