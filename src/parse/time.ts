/**
 * Provider times to RFC 3339 in UTC, as `payment-event.v1` writes them.
 *
 * Promises: the same instant or null; `occurred_at` is null rather than invented.
 * Does not read a clock and accepts no other formats: `Date.parse` takes many, and differs by
 * engine.
 */

/** Unix seconds of eleven digits reach the year 5138; more digits are milliseconds or nonsense. */
export const MAX_UNIX_SECONDS_DIGITS = 11;

/** 9999-12-31T23:59:59.999Z, the last instant with a year of four digits. */
const MAX_EPOCH_MS = 253_402_300_799_999;

const RFC_3339 =
  /^(\d{4})-(\d{2})-(\d{2})[Tt](\d{2}):(\d{2}):(\d{2})(\.\d{1,9})?(?:[Zz]|([+-])(\d{2}):(\d{2}))$/;

/**
 * `1756211921` gives `2025-08-26T12:38:41Z`. Null unless 1 to MAX_UNIX_SECONDS_DIGITS digits and
 * nothing else.
 */
export function fromUnixSeconds(token: string): string | null {
  if (token.length > MAX_UNIX_SECONDS_DIGITS || !/^\d+$/.test(token)) return null;
  return `${secondsOf(Number(token) * 1_000)}Z`;
}

/** `1756211921063` gives `2025-08-26T12:38:41.063Z`. Null unless it is seconds as above, and three digits more. */
export function fromUnixMilliseconds(token: string): string | null {
  const instant = /^\d{4,}$/.test(token) ? fromUnixSeconds(token.slice(0, -3)) : null;
  return instant && `${instant.slice(0, -1)}.${token.slice(-3)}Z`;
}

/**
 * The instant of an RFC 3339 date-time in UTC, its fraction (1 to 9 digits) as sent:
 * `2023-07-11T08:03:22.063+02:00` gives `2023-07-11T06:03:22.063Z`.
 *
 * Null when it is not RFC 3339 (a space for the `T`, no zone), no real date (30 February, hour 24
 * or 25), a leap second (few receivers can read one), or before 1970: Go's zero time 0001-01-01
 * says "unknown", not "two thousand years ago".
 */
export function fromRfc3339(text: string): string | null {
  const match = RFC_3339.exec(text);
  if (match === null) return null;
  const part = (group: number) => Number(match[group] ?? 0);
  const [year, month, day] = [part(1), part(2), part(3)];
  const [hour, minute, second] = [part(4), part(5), part(6)];
  const [offsetHours, offsetMinutes] = [part(9), part(10)];
  if (minute > 59 || second > 59) return null;
  if (offsetHours > 23 || offsetMinutes > 59) return null;

  const localMs = Date.UTC(year, month - 1, day, hour, minute, second);
  // `Date.UTC` carries 30 February over into March, hour 24 into the next day, and takes the year 70 for 1970: a
  // date that does not come back is none.
  if (secondsOf(localMs).slice(0, 10) !== text.slice(0, 10)) return null;

  const offsetMs = (offsetHours * 60 + offsetMinutes) * 60_000;
  const epochMs = match[8] === "-" ? localMs + offsetMs : localMs - offsetMs;
  if (epochMs < 0 || epochMs > MAX_EPOCH_MS) return null;
  return `${secondsOf(epochMs)}${match[7] ?? ""}Z`;
}

function secondsOf(epochMs: number): string {
  return new Date(epochMs).toISOString().slice(0, "2025-08-26T12:38:41".length);
}
