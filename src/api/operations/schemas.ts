/** What the API shows of events and their deliveries. */
import { z } from "zod";
import { paymentEvent } from "../../event.ts";
import { eventId, instant, nextCursor, states } from "./fields.ts";

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
