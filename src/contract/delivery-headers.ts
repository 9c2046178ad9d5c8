/** The headers of a delivery, for the published contract; src/delivery/deliver.ts writes them. */
import { z } from "zod";
import { MAX_TRACE_STATE_CHARS } from "../limits.ts";

const wholeNumber = z.string().regex(/^\d+$/);

export const deliveryHeaders = z.object({
  "content-type": z.literal("application/json"),
  "user-agent": z.string().describe("`psp-relay/` and its version."),
  "webhook-id": z.string().describe("The message's id: the same for every attempt and replay. Dedupe by it."),
  "webhook-timestamp": wholeNumber.describe("Seconds since 1970, of this attempt."),
  "webhook-signature": z
    .string()
    .regex(/^(v1|v1a),[A-Za-z0-9+/]+=*( (v1|v1a),[A-Za-z0-9+/]+=*)*$/)
    .describe(
      "Standard Webhooks: one signature per live key, separated by spaces, over `<webhook-id>.<webhook-timestamp>.<body>`.",
    ),
  "idempotency-key": z.string().describe("Equals `webhook-id`."),
  "relay-attempt": wholeNumber.describe("Which attempt this is, from 1."),
  "relay-sequence": wholeNumber.describe("Equals `data.sequence`; 0 for what has none."),
  "relay-replay": z.literal("true").optional().describe("An operator has it sent again."),
  traceparent: z
    .string()
    .regex(/^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/)
    .optional()
    .describe("W3C Trace Context, as the provider's callback had it; not signed."),
  tracestate: z
    .string()
    .max(MAX_TRACE_STATE_CHARS)
    .optional()
    .describe(
      "What tracing systems add to it, as the provider's callback had it; never without `traceparent`.",
    ),
});

/** CloudEvents 1.0 in HTTP binary mode, where a destination asks for it (`cloud_events = true`). */
export const cloudEventHeaders = z.object({
  "ce-specversion": z.literal("1.0"),
  "ce-id": z.string(),
  "ce-source": z.string().describe("`/relay/<provider>/<account>`."),
  "ce-type": z.string(),
  "ce-subject": z.string().describe("Equals `data.payment_id`."),
  "ce-time": z.string(),
  "ce-sequence": z.string().describe("`data.sequence`, in twenty digits."),
  "ce-partitionkey": z.string().describe("Equals `data.payment_id`."),
  "ce-recordedtime": z.string().describe("Equals `data.received_at`."),
});
