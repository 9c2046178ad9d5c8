/** Forms of input that many operations take. */
import { z } from "zod";
import { DEFAULT_PAGE_EVENTS, MAX_CURSOR_CHARS, MAX_FILTER_VALUES, MAX_PAGE_EVENTS } from "../../limits.ts";

export const instant = z.iso.datetime({ offset: true }).describe("RFC 3339");

export const eventId = z.string().regex(/^evt_[0-9a-f]{32}$/, "must be evt_ and 32 hex digits");
export const paymentId = z.string().regex(/^pay_[0-9a-f]{32}$/, "must be pay_ and 32 hex digits");
export const replayId = z.string().regex(/^rpl_[0-9a-f]{32}$/, "must be rpl_ and 32 hex digits");
/** Of a receiver of events, or of the relay's own: `@alerts`, `@alerts.<channel>`. */
export const destinationName = z.string().regex(/^@?[A-Za-z0-9][A-Za-z0-9._-]{0,71}$/, "must be a name");

/** What an event looks like from outside (docs/operations.md). */
export const states = [
  "pending",
  "delivered",
  "parked",
  "dead",
  "unrouted",
  "superseded",
  "conflicting",
  "deferred",
  "quarantined",
  "released",
  "refused",
  "dismissed",
] as const;

/** One of a query's lists: values apart by commas, or the key several times. */
export function listInQuery<T extends z.ZodType>(item: T) {
  const list = z.array(item).min(1).max(MAX_FILTER_VALUES);
  return z.preprocess((given) => {
    const values = Array.isArray(given) ? given : [given];
    return values.flatMap((value): unknown[] => (typeof value === "string" ? value.split(",") : [value]));
  }, list);
}

/** The same in a JSON body: one value, or several. */
export function listInBody<T extends z.ZodType>(item: T) {
  const list = z.array(item).min(1).max(MAX_FILTER_VALUES);
  return z
    .union([list, item])
    .transform((given): z.output<T>[] => (Array.isArray(given) ? given : [given]) as z.output<T>[]);
}

/** Where the list goes on, and how much of it is wanted. */
export const pageQuery = {
  cursor: z.string().max(MAX_CURSOR_CHARS).optional().describe("`cursor` of the page before"),
  limit: z.coerce.number().int().min(1).max(MAX_PAGE_EVENTS).default(DEFAULT_PAGE_EVENTS),
};
export const nextCursor = z.string().nullable().describe("of the next page; null: this is the last one");
