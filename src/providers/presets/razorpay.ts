/** Razorpay (razorpay.com/docs/webhooks). */
import type { Preset } from "./preset.ts";

const PAYMENT = "json:/payload/payment/entity";

export const razorpay: Preset = {
  name: "razorpay",
  tested: "vendor's library",
  note: "The header x-razorpay-event-id is not signed: what makes an event is what its body says.",
  written: {
    title: "Razorpay",
    verify: { alg: "hmac-sha256", sig: "header:x-razorpay-signature" },
    event: "json:/event",
    payment_id: `${PAYMENT}/id`,
    event_key: [
      "json:/event",
      "state",
      "json:/payload/refund/entity/id?",
      "json:/payload/dispute/entity/id?",
    ],
    subject_key: [`${PAYMENT}/id`],
    status: {
      at: "json:/event",
      map: {
        "payment.authorized": "pending",
        "payment.captured": "confirmed",
        "payment.failed": "failed",
        "refund.processed": "refunded",
        "payment.dispute.created": "disputed",
      },
    },
    amounts: {
      amount: { value: `${PAYMENT}/amount`, currency: `${PAYMENT}/currency`, unit: "minor" },
      refunded: { value: `${PAYMENT}/amount_refunded`, currency: `${PAYMENT}/currency`, unit: "minor" },
      fee: { value: `${PAYMENT}/fee`, currency: `${PAYMENT}/currency`, unit: "minor" },
    },
    reference: `${PAYMENT}/notes/order_id`,
    occurred_at: { at: "json:/created_at", unit: "s" },
    retries: "for a day at growing intervals, then the webhook is disabled",
  },
};
