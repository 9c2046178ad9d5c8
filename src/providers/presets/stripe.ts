/** Stripe (docs.stripe.com/webhooks). */
import type { Preset } from "./preset.ts";

const OBJECT = "json:/data/object";
const PAYMENT = `${OBJECT}/payment_intent/id | ${OBJECT}/payment_intent | ${OBJECT}/id`;

export const stripe: Preset = {
  name: "stripe",
  tested: "vendor's library",
  note: "A charge that succeeded may only be authorised: the payment intent says when there is money.",
  written: {
    title: "Stripe",
    verify: {
      alg: "hmac-sha256",
      sig: "header:stripe-signature",
      format: "kv:comma:v1",
      content: "{sig:t}.{raw}",
      time: { from: "sig:t" },
    },
    event: "json:/type",
    event_id: "json:/id",
    payment_id: PAYMENT,
    event_key: ["json:/id"],
    subject_key: [PAYMENT],
    status: {
      at: "json:/type",
      map: {
        "payment_intent.created": "created",
        "payment_intent.processing": "pending",
        "payment_intent.requires_action": "action_required",
        "payment_intent.succeeded": "confirmed",
        "payment_intent.payment_failed": "failed",
        "payment_intent.canceled": "canceled",
        "payment_intent.amount_capturable_updated": "updated",
        "charge.refunded": "refunded",
        "charge.dispute.created": "disputed",
      },
    },
    amounts: {
      amount: {
        value: `${OBJECT}/amount_received | ${OBJECT}/amount`,
        currency: `${OBJECT}/currency`,
        unit: "minor",
      },
      requested: { value: `${OBJECT}/amount`, currency: `${OBJECT}/currency`, unit: "minor" },
      refunded: { value: `${OBJECT}/amount_refunded`, currency: `${OBJECT}/currency`, unit: "minor" },
    },
    exponents: { ISK: 2, UGX: 2, MGA: 0 },
    reference: `${OBJECT}/metadata/order_id`,
    occurred_at: { at: "json:/created", unit: "s" },
    livemode: { at: "json:/livemode" },
    reply: { body: '{"received":true}', type: "application/json" },
    retries: "for up to three days, at growing intervals",
  },
};
