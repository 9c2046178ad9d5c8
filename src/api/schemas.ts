/** What the operator API takes and gives: the one source of its validation and of its OpenAPI description. */
import { z } from "zod";
import { paymentEvent } from "../event.ts";
import {
  DEFAULT_DRAIN_PER_SECOND,
  DEFAULT_PAGE_EVENTS,
  MAX_BULK_ORDER_EVENTS,
  MAX_CURSOR_CHARS,
  MAX_DISMISS_REASON_CHARS,
  MAX_PAGE_EVENTS,
  MAX_PAUSE_REASON_CHARS,
  MAX_PER_SECOND,
  MAX_SEARCH_CHARS,
  MIN_REPLAY_PER_SECOND,
  MIN_SEARCH_CHARS,
} from "../limits.ts";

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

const instant = z.iso.datetime({ offset: true }).describe("RFC 3339");
const eventId = z.string().regex(/^evt_[0-9a-f]{32}$/);

const filterShape = {
  source: z.string().optional().describe("provider/account"),
  type: z.string().optional(),
  state: z.enum(states).optional(),
  needs_person: z
    .stringbool()
    .optional()
    .describe("dead, parked, quarantined, conflicting, or superseded with a warning; not dismissed"),
  from: instant.optional(),
  to: instant.optional(),
  q: z
    .string()
    .min(MIN_SEARCH_CHARS)
    .max(MAX_SEARCH_CHARS)
    .optional()
    .describe("an id, a reference, a transaction: any text of the event"),
};

export const listQuery = z.strictObject({
  ...filterShape,
  destination: z.string().optional().describe("owed to this one"),
  payment_id: z
    .string()
    .regex(/^pay_[0-9a-f]{32}$/)
    .optional(),
  cursor: z.string().max(MAX_CURSOR_CHARS).optional(),
  limit: z.coerce.number().int().min(1).max(MAX_PAGE_EVENTS).default(DEFAULT_PAGE_EVENTS),
});

const delivery = z.object({
  destination: z.string(),
  state: z.string(),
  sequence: z.int().nullable(),
  attempts: z.int(),
  /** When it may be attempted next. */
  due: instant.nullable(),
});

export const listedEvent = z.object({
  id: eventId,
  payment_id: z.string().nullable().describe("null for a callback that has no event yet"),
  source: z.string(),
  type: z.string().nullable(),
  state: z.enum(states),
  reason: z.string().nullable().describe("why it was superseded, deferred, quarantined or refused"),
  received_at: instant,
  warnings: z.array(z.string()),
  duplicates: z.int(),
  became: z.string().nullable().describe("the event that a callback set aside has become"),
  released_by: z.string().nullable().describe("who released it from what was set aside, or released this"),
  released_from: z.string().nullable().describe("the event set aside that this one was released from"),
  dismissed: z
    .object({ by: z.string(), at: instant, reason: z.string() })
    .nullable()
    .describe("who gave it up, when and why"),
  deliveries: z.array(delivery),
});
export type ListedEventJson = z.infer<typeof listedEvent>;

export const eventPage = z.object({ events: z.array(listedEvent), cursor: z.string().nullable() });

export const attempt = z.object({
  destination: z.string(),
  attempt: z.int(),
  at: instant,
  duration_ms: z.int(),
  status: z.int().nullable(),
  error: z.string().nullable(),
  answer: z
    .string()
    .nullable()
    .describe("the beginning of the receiver's response: more of a failure's than of a success's"),
});

export const eventDetail = listedEvent.extend({
  event: paymentEvent.nullable().describe("the body every attempt sends, frozen at acceptance"),
  superseded: z.unknown().describe("what a superseded event said, for comparison; null for others"),
  stated: z.unknown().describe("what any event set aside said; null for what was forwarded"),
  callback: z
    .object({
      method: z.string(),
      kind: z.string().nullable(),
      content_type: z.string().nullable(),
      content_encoding: z.string().nullable(),
      query: z.string(),
      cut: z.boolean().describe("too large to be kept whole: the body's first bytes"),
      body: z.string().nullable().describe("secrets redacted"),
    })
    .nullable()
    .describe("the callback of one that was set aside"),
  attempts: z.array(attempt),
});
export type EventDetailJson = z.infer<typeof eventDetail>;

export const paymentTimeline = z.object({ payment_id: z.string(), events: z.array(eventDetail) });

export const replayBody = z
  .strictObject({
    destination: z.string().optional(),
    as: z
      .literal("new_payment")
      .optional()
      .describe("of something set aside: forward it as a payment of its own"),
  })
  .default({});
export const replayResponse = z.object({
  id: eventId,
  deliveries: z.int().describe("how many deliveries will be made"),
  decision: z.string().optional().describe("for a callback set aside: what came of running it again"),
  became: z.string().nullable().optional().describe("the event it became"),
  reason: z.string().optional().describe("why it became none"),
});

export const forgetBody = z
  .strictObject({
    force: z
      .boolean()
      .default(false)
      .describe("also what is dead, parked or waits for a person: it is dismissed with it"),
  })
  .default({ force: false });
export const forgetResponse = z.object({
  payment_id: z.string(),
  events: z.int().describe("events erased now; 0: all of them were before"),
  dismissed: z.int().describe("of these, given up with it"),
});
export const stillOwed = z.object({
  error: z.string(),
  problems: z.array(z.string()).describe("events that are owed or wait for a person, with their states"),
});

/** Which events an order in bulk is about, from a JSON body. */
const orderFilter = {
  ...filterShape,
  needs_person: z.boolean().optional().describe("as in the list of events"),
  destination: z.string().optional(),
};

const dismissReason = z.string().min(1).max(MAX_DISMISS_REASON_CHARS);
export const dismissBody = z.strictObject({ reason: dismissReason });
export const dismissResponse = z.object({ id: eventId, dismissed: z.boolean() });

/** An order about each event that a filter finds, carried out while the caller waits. */
const bulkShape = {
  ...orderFilter,
  dry_run: z.boolean().default(false).describe("only count"),
  limit: z.int().min(1).max(MAX_BULK_ORDER_EVENTS).default(MAX_BULK_ORDER_EVENTS),
};
export const dismissalsBody = z.strictObject({ ...bulkShape, reason: dismissReason });
export const releasesBody = z.strictObject(bulkShape);
export const bulkResponse = z.object({
  succeeded: z.int(),
  failed: z.int(),
  failures: z.array(z.object({ id: z.string(), error: z.string() })).describe("the first of them"),
  more: z.boolean().describe("the filter finds more than the limit: give the order again"),
});

export const replaysBody = z
  .strictObject({
    ...orderFilter,
    dry_run: z.boolean().default(false).describe("only count"),
    per_second: z.number().min(MIN_REPLAY_PER_SECOND).max(MAX_PER_SECOND).default(DEFAULT_DRAIN_PER_SECOND),
  })
  .refine(({ from, to }) => !from || !to || Date.parse(from) < Date.parse(to), {
    path: ["to"],
    message: "must be after from",
  })
  .refine(({ from }) => from !== undefined, {
    path: ["from"],
    message: "is required: a bulk replay has a beginning",
  });
export const replayJob = z.object({
  id: z.string(),
  state: z.enum(["running", "finished", "canceled"]),
  replayed: z.int(),
  total: z.int().describe("how many the filter found when the order was given"),
  filter: z.record(z.string(), z.unknown()),
  started_at: instant,
});
export type ReplayJobJson = z.infer<typeof replayJob>;
export const replayJobs = z.object({ replays: z.array(replayJob) });
export const dryRun = z.object({ matching: z.int() });

export const pauseBody = z
  .strictObject({ why: z.string().max(MAX_PAUSE_REASON_CHARS).default("by an operator") })
  .default({ why: "by an operator" });

export const pauseResponse = z.object({ name: z.string(), paused: z.string().nullable() });

export const destinationView = z.object({
  name: z.string(),
  host: z.string().nullable().describe("null for one that is not configured, or has a problem"),
  misconfigured: z
    .string()
    .nullable()
    .describe("the problems of its configuration, because of which it is held; or null"),
  paused: z.string().nullable().describe("why, or null"),
  breakers_open: z.int().describe("shards whose breaker is open"),
  probe_at: instant.nullable(),
  pending: z.int(),
  parked: z.int(),
  dead: z.int(),
  dismissed: z.int(),
  delivered: z.int(),
});
export type DestinationJson = z.infer<typeof destinationView>;
export const destinationsView = z.object({ destinations: z.array(destinationView) });

export const ledgerView = z.object({
  sources: z.record(
    z.string(),
    z.object({
      authentic: z.int(),
      accepted: z.int(),
      duplicate: z.int(),
      superseded: z.int(),
      deferred: z.int(),
      quarantined: z.int(),
      refused: z.int(),
    }),
  ),
  destinations: z.record(
    z.string(),
    z.object({
      owed: z.int(),
      delivered: z.int(),
      pending: z.int(),
      parked: z.int(),
      dead: z.int(),
      dismissed: z.int(),
    }),
  ),
  remainder: z
    .record(z.string(), z.int())
    .describe("what does not add up, by name; empty when everything does"),
});

export type LedgerJson = z.infer<typeof ledgerView>;

export const auditEntry = z.object({
  at: instant,
  actor: z.string(),
  action: z.string(),
  detail: z.string(),
});
export type AuditEntryJson = z.infer<typeof auditEntry>;
export const auditView = z.object({ audit: z.array(auditEntry) });

export const problem = z.object({ error: z.string(), problems: z.array(z.string()).optional() });
