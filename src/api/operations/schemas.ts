/** What the API shows, where more than one operation or page shows it. */
import { z } from "zod";
import { money, paymentEvent, STATUSES } from "../../event.ts";
import { eventId, instant, nextCursor, replayId, states } from "./fields.ts";

const delivery = z.object({
  destination: z.string(),
  state: z.string(),
  sequence: z.int().nullable(),
  attempts: z.int(),
  due: instant.nullable().describe("when it may be attempted next"),
});

export const listedEvent = z
  .object({
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
  })
  .meta({ id: "ListedEvent" });
export type ListedEventJson = z.infer<typeof listedEvent>;

export const eventPage = z.object({ events: z.array(listedEvent), cursor: nextCursor });

const attempt = z.object({
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

export const eventDetail = listedEvent
  .extend({
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
  })
  .meta({ id: "Event" });
export type EventDetailJson = z.infer<typeof eventDetail>;

export const paymentSummary = z
  .object({
    id: z.string().describe("of the payment; of the event where a callback has no payment yet"),
    source: z.string(),
    status: z.enum(STATUSES).nullable().describe("what the payment has come to; null: nothing says so"),
    merchant_reference: z.string().nullable(),
    amount: money.nullable().describe("as its newest event states it, or what was asked for"),
    events: z.int().describe("how many are kept"),
    state: z.enum(states).describe("of its events the state that most needs somebody's attention"),
    owed: z.int().describe("deliveries that have not arrived"),
    last_at: instant.describe("when its newest event came"),
  })
  .meta({ id: "PaymentSummary" });
export type PaymentSummaryJson = z.infer<typeof paymentSummary>;

export const replayState = z.enum(["running", "finished", "canceled"]);

export const replayJob = z
  .object({
    id: replayId,
    state: replayState,
    filter: z.record(z.string(), z.unknown()).describe("as it was given"),
    per_second: z.number(),
    total: z.int().describe("how many the filter found when the order was given"),
    replayed: z.int().describe("how many were sent again so far"),
    progress: z.number().min(0).max(1).describe("the part of what there was that it has gone through"),
    started_at: instant,
  })
  .meta({ id: "Replay" });
export type ReplayJobJson = z.infer<typeof replayJob>;

export const destinationView = z
  .object({
    name: z.string(),
    host: z.string().nullable().describe("null for one that is not configured, or has a problem"),
    misconfigured: z
      .string()
      .nullable()
      .describe("the problems of its configuration, because of which it is held; or null"),
    paused: z.string().nullable().describe("why, or null"),
    breakers_open: z.int().describe("shards whose breaker is open"),
    probe_at: instant.nullable().describe("when the next probe leaves through a breaker that is open"),
    owed_since: instant
      .nullable()
      .describe("when the oldest event came that it is owed, looked for among those that leave first"),
    in_flight: z.int().describe("attempts under way"),
    per_second: z.number().nullable().describe("requests per second at most; null: no limit is configured"),
    max_in_flight: z.int().nullable().describe("attempts at once at most; null: the default"),
    types: z.array(z.string()).nullable().describe("the types of events it wants; null: all"),
    keys: z
      .array(
        z.object({
          id: z.string(),
          kind: z.enum(["hmac", "ed25519"]),
          not_after: instant.nullable().describe("null: for ever"),
          in_force: z.boolean(),
        }),
      )
      .describe("names of the keys that sign what it gets, newest first; never their values"),
    pending: z.int(),
    parked: z.int(),
    dead: z.int(),
    dismissed: z.int(),
    delivered: z.int(),
  })
  .meta({ id: "Destination" });
export type DestinationJson = z.infer<typeof destinationView>;

export const ledgerView = z
  .object({
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
  })
  .meta({ id: "Ledger" });
export type LedgerJson = z.infer<typeof ledgerView>;

export const auditEntry = z.object({
  at: instant,
  actor: z.string().describe("the operator's name"),
  action: z.string(),
  detail: z.string().describe("JSON"),
});
export type AuditEntryJson = z.infer<typeof auditEntry>;
