/** Readers of option values: each gives the value or says what it should look like (`relay` then ends with 2). */
import { InvalidArgumentError } from "commander";
import { parseDurationMs } from "../text.ts";

/** A whole number from `least`. */
export const wholeNumber =
  (least: number, most: number = Number.MAX_SAFE_INTEGER) =>
  (text: string): number => {
    const number = Number(text);
    if (/^\d+$/.test(text) && number >= least && number <= most) return number;
    const range = most === Number.MAX_SAFE_INTEGER ? `from ${least}` : `from ${least} to ${most}`;
    throw new InvalidArgumentError(`it is a whole number ${range}.`);
  };

export const portNumber = wholeNumber(1, 65_535);

/** `500ms`, `30s`, `2m`, `1h`, in milliseconds. */
export function duration(text: string): number {
  const ms = parseDurationMs(text);
  if (ms === null) throw new InvalidArgumentError("it is a time like 30s, 2m or 1h.");
  return ms;
}

const A_DAY_MS = 86_400_000;

/** An instant in RFC 3339, or how long ago (`30m`, `2h`, `3d`); as RFC 3339. */
export function instant(text: string, nowMs: number = Date.now()): string {
  const days = /^(\d+)d$/.exec(text)?.[1];
  const agoMs = days === undefined ? parseDurationMs(text) : Number(days) * A_DAY_MS;
  if (agoMs !== null) return new Date(nowMs - agoMs).toISOString();
  const atMs = /^\d{4}-\d{2}-\d{2}T[\d:.]+(?:Z|[+-]\d{2}:\d{2})$/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(atMs)) {
    throw new InvalidArgumentError("it is a time like 2026-10-01T12:00:00Z, or how long ago: 30m, 2h, 3d.");
  }
  return new Date(atMs).toISOString();
}

/** Collects an option that may be given several times. */
export const several = (text: string, before: readonly string[] = []): readonly string[] => [...before, text];
