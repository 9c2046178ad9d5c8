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

const rfc3339 = z.string().regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?Z$/);

/** An exact decimal, expanded, without leading `+` or superfluous zeros in front. */
export const decimalString = z.string().regex(/^-?(0|[1-9]\d*)(\.\d+)?$/);

export const money = z.strictObject({
  value: decimalString,
  /** ISO 4217 alpha-3 or the token's ticker. */
  currency: z.string().regex(/^[A-Z0-9]{2,12}$/),
  /** The chain of a token, when the provider says it: `polygon`, `ethereum`, `bitcoin` … */
  network: z.string().optional(),
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
  assurance: z.enum(ASSURANCES),
  /** What the proof covers: `body`, `timestamp`, `sender`, `token`. */
  covers: z.array(z.string()),
  /** The id of the secret that matched: never the secret, never a hash of it. */
  key: z.string().nullable(),
});
export type Verification = z.infer<typeof verification>;

export const rawCallback = z.strictObject({
  content_type: z.string().nullable(),
  /** Of the original bytes, before redaction and truncation (hex). */
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  body: z.string().optional(),
  /** JSON pointers or field names whose values were replaced by `[redacted]`. */
  redacted: z.array(z.string()).optional(),
  truncated: z.literal(true).optional(),
});
export type RawCallback = z.infer<typeof rawCallback>;

export const paymentEvent = z.strictObject({
  /** Deterministic (src/providers/ids.ts); equals the `webhook-id` header for ever. */
  id: z.string().regex(/^evt_[0-9a-f]{32}$/),
  /** `payment.<status>`, `payout.<status>`, `payment.updated`, `provider.event` or `relay.test`. */
  type: z.string(),
  schema: z.literal("payment-event.v1"),
  /** When it happened as the provider says, else when we received it. */
  timestamp: rfc3339,
  livemode: z.boolean(),
  data: z.strictObject({
    /** The relay's name of the payment: ordering and partition key. */
    payment_id: z.string().regex(/^pay_[0-9a-f]{32}$/),
    direction: z.enum(["in", "out"]),
    status: z.enum(STATUSES).nullable(),
    previous_status: z.enum(STATUSES).nullable(),
    /** Per payment, from 1, without gaps over the forwarded events. */
    sequence: z.int().positive(),
    merchant_reference: z.string().nullable(),
    amount: money.nullable(),
    amount_requested: money.nullable(),
    amount_net: money.nullable(),
    amount_converted: money.nullable(),
    amount_refunded: money.nullable().optional(),
    fee: money.nullable(),
    blockchain: blockchain.nullable(),
    occurred_at: rfc3339.nullable(),
    received_at: rfc3339,
    provider: z.strictObject({
      name: z.string(),
      account: z.string(),
      event: z.string(),
      event_id: z.string().nullable(),
      payment_id: z.string().nullable(),
      status: z.string().nullable(),
    }),
    verification,
    warnings: z.array(z.string()),
    /** null where the source's configuration says `raw = "none"`. */
    raw: rawCallback.nullable(),
  }),
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
