/**
 * Is a signed timestamp near enough to now? An old one is a replay, a future one a wrong clock.
 *
 * Promises: both directions, inclusive at the edge, and every doubt is a no. Does not read a clock
 * and does not see whether the timestamp was signed: without that it proves nothing.
 */
import { MAX_UNIX_SECONDS_DIGITS } from "../parse/time.ts";

/**
 * Whether `unixSeconds` (digits only) lies within `toleranceSeconds` of `nowMs`, which counts as
 * whole seconds: with 300, exactly 300 s off is in and 301 s is out.
 *
 * A tolerance of 0 is the configured "no check": any digits pass. A negative or unreal tolerance or
 * clock never passes. A timestamp of more than MAX_UNIX_SECONDS_DIGITS digits is far off whatever
 * its number: it is not converted, so it cannot overflow into acceptance.
 */
export function withinTolerance(unixSeconds: string, nowMs: number, toleranceSeconds: number): boolean {
  if (!/^\d+$/.test(unixSeconds)) return false;
  if (toleranceSeconds === 0) return true;
  const skew = skewSeconds(unixSeconds, nowMs);
  // An infinite tolerance is a mistake of configuration, not a wish.
  return skew !== null && Number.isFinite(toleranceSeconds) && Math.abs(skew) <= toleranceSeconds;
}

/**
 * Now minus the timestamp in whole seconds, for the log: positive when it is old, negative when it
 * is from the future. Null when it is no count of seconds (milliseconds, say) or the clock is
 * unreal.
 */
export function skewSeconds(unixSeconds: string, nowMs: number): number | null {
  if (unixSeconds.length > MAX_UNIX_SECONDS_DIGITS || !/^\d+$/.test(unixSeconds)) return null;
  if (!Number.isFinite(nowMs)) return null;
  return Math.floor(nowMs / 1_000) - Number(unixSeconds);
}
