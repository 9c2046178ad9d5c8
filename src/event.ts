/**
 * `payment-event.v1`: what the CRM receives (docs/events.md), its statuses and their ranks.
 *
 * Amounts are decimal strings and never numbers. The schema is the one description of the
 * format: types are inferred from it, tests validate every emitted event against it.
 */
import { z } from "zod";

export const STATUSES = [
  "created",
  "pending",
  "action_required",
  "confirmed",
  "failed",
  "expired",
  "canceled",
  "partially_refunded",
  "refunded",
  "reversed",
  "disputed",
] as const;
export type Status = (typeof STATUSES)[number];

/** Folding order (docs/events.md#statuses-and-folding): a lower rank never follows a higher one, but for the named exceptions. */
export const STATUS_RANK: Readonly<Record<Status, number>> = {
  created: 0,
  pending: 1,
  action_required: 1,
  failed: 2,
  expired: 2,
  canceled: 2,
  confirmed: 3,
  partially_refunded: 4,
  disputed: 4,
  refunded: 5,
  reversed: 5,
};

/** An instant in UTC. */
export const instant = z.string().regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?Z$/);

/** An exact decimal, expanded, without leading `+` or superfluous zeros in front. */
export const decimalString = z.string().regex(/^-?(0|[1-9]\d*)(\.\d+)?$/);

/** Marks a list of words that may grow within v1: the published schema admits others (src/contract/json-schema.ts). */
const EXTENSIBLE = { "x-extensible": true };

export const money = z.strictObject({
  value: decimalString.describe("An exact decimal: use decimal arithmetic, never floating point."),
  currency: z
    .string()
    .regex(/^[A-Z0-9]{2,12}$/)
    .describe("ISO 4217 alpha-3, or the token's ticker."),
  network: z
    .string()
    .optional()
    .describe("The chain of a token, where the provider says it: `polygon`, `ethereum`, `bitcoin` …"),
});
export type Money = z.infer<typeof money>;

export const blockchain = z.strictObject({
  network: z.string().nullable(),
  txid: z.string().nullable(),
  from: z.string().nullable(),
  to: z.string().nullable(),
  confirmations: z.int().nonnegative().nullable(),
});
export type Blockchain = z.infer<typeof blockchain>;

/** How a callback was proved, strongest first (docs/events.md#what-to-rely-on). There is no "none". */
export const ASSURANCES = [
  "signed",
  "partial_signature",
  "confirmed",
  "callback_token",
  "shared_secret",
  "network",
] as const;

export const verification = z.strictObject({
  method: z.string(),
  assurance: z.enum(ASSURANCES).meta({ description: "How much the callback proves.", ...EXTENSIBLE }),
  covers: z
    .array(z.string())
    .describe("What the proof covers, such as `body`, `timestamp`, `sender`, `token`."),
  key: z
    .string()
    .nullable()
    .describe("The id of the secret that matched: never the secret, never a hash of it."),
});
export type Verification = z.infer<typeof verification>;

export const rawCallback = z.strictObject({
  content_type: z.string().nullable(),
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .describe("Of the original bytes, before redaction and truncation."),
  body: z.string().optional().describe("The callback, secrets redacted."),
  redacted: z
    .array(z.string())
    .optional()
    .describe("JSON pointers or field names whose values were replaced by `[redacted]`."),
  truncated: z.literal(true).optional(),
});
export type RawCallback = z.infer<typeof rawCallback>;

const status = z.enum(STATUSES).meta(EXTENSIBLE).nullable();

export const paymentEvent = z
  .strictObject({
    // Deterministic: src/providers/ids.ts.
    id: z
      .string()
      .regex(/^evt_[0-9a-f]{32}$/)
      .describe("The same event has the same id for ever; equals the header `webhook-id`."),
    type: z
      .string()
      .describe("`payment.<status>`, `payout.<status>`, `payment.updated`, `provider.event` or another."),
    schema: z.literal("payment-event.v1"),
    timestamp: instant.describe("When it happened as the provider says, else when it was received."),
    livemode: z.boolean().describe("false for a payment of a provider's test mode."),
    data: z.strictObject({
      payment_id: z
        .string()
        .regex(/^pay_[0-9a-f]{32}$/)
        .describe("The relay's name of the payment: events are ordered and numbered within it."),
      direction: z.enum(["in", "out"]).describe("Money to the merchant, or from it."),
      status: status.describe("The payment's state after this event; null for `provider.event`."),
      previous_status: status.describe("The state before it, as the relay knows it."),
      sequence: z
        .int()
        .positive()
        .describe("Per payment, from 1, without gaps: ignore an event that is not above the last one."),
      merchant_reference: z
        .string()
        .nullable()
        .describe("The merchant's own id, as the provider returns it."),
      amount: money.nullable().describe("What the provider says was paid: the number to book."),
      amount_requested: money.nullable().describe("What was asked for."),
      amount_net: money.nullable().describe("After the provider's fees, where it says so."),
      amount_converted: money.nullable().describe("The provider's own conversion, for information."),
      amount_refunded: money.nullable().optional().describe("The total given back, of refunds only."),
      amount_of_refund: money
        .nullable()
        .optional()
        .describe("What this refund gives back, where the provider states no total: add them up."),
      fee: money.nullable().describe("The provider's or the network's fee, where it says so."),
      blockchain: blockchain.nullable(),
      occurred_at: instant.nullable().describe("The provider's time, null where it gives none."),
      received_at: instant.describe("When the relay first received it."),
      provider: z
        .strictObject({
          name: z.string(),
          account: z.string(),
          event: z.string(),
          event_id: z.string().nullable(),
          payment_id: z.string().nullable(),
          status: z.string().nullable(),
        })
        .describe("The provider's own words, unmapped; `account` is the configured one."),
      verification,
      warnings: z.array(z.string()).describe("Codes: each is a reason for a person to look."),
      raw: rawCallback
        .nullable()
        .describe('The callback itself; null where the source is configured with `raw = "none"`.'),
    }),
  })
  .meta({
    title: "payment-event.v1",
    description: "One thing that happened to a payment. Within v1 members are only ever added.",
  });
export type PaymentEvent = z.infer<typeof paymentEvent>;

/**
 * An event as a provider states it, before its payment's history gives it type, previous status and
 * sequence. Made at ingress, completed in the Inbox by `inbox/lifecycle.ts`.
 */
export interface NormalisedEvent {
  readonly id: string;
  readonly livemode: boolean;
  /** `status`: a state of the payment; `updated`: the same state, other facts; `provider`: an event of the provider's own that has no status here. */
  readonly kind: "status" | "updated" | "provider";
  readonly data: Omit<PaymentEvent["data"], "previous_status" | "sequence">;
}
