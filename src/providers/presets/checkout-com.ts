/** Checkout.com (checkout.com/docs, webhooks). */
import type { Preset } from "./preset.ts";

const PAYMENT = "json:/data/payment_id | json:/data/id";
const CURRENCY = "json:/data/currency";

export const checkoutCom: Preset = {
  name: "checkout_com",
  tested: "formula only",
  note: "An approved payment is pending until it is captured. A refund is one of the whole where its balances say so; without balances it is payment.partially_refunded with amount_of_refund.",
  written: {
    title: "Checkout.com",
    verify: { alg: "hmac-sha256", sig: "header:cko-signature" },
    event: "json:/type",
    event_id: "json:/id",
    payment_id: PAYMENT,
    event_key: ["json:/id"],
    subject_key: [PAYMENT],
    status: {
      at: "json:/type",
      map: {
        payment_pending: "pending",
        payment_approved: "pending",
        payment_capture_pending: "pending",
        payment_captured: "confirmed",
        payment_declined: "failed",
        payment_capture_declined: "failed",
        payment_expired: "expired",
        payment_canceled: "canceled",
        payment_voided: "canceled",
        payment_refunded: "refunded",
        dispute_received: "disputed",
      },
    },
    amounts: {
      amount: { value: "json:/data/amount", currency: CURRENCY, unit: "minor" },
      refunded: {
        value: "json:/data/balances/total_refunded",
        whole: "json:/data/balances/total_captured",
        currency: CURRENCY,
        unit: "minor",
      },
      refund: { value: "json:/data/amount", currency: CURRENCY, unit: "minor" },
    },
    reference: "json:/data/reference",
    occurred_at: { at: "json:/created_on" },
    retries: "after 5, 10, 15 and 30 min, 1, 4, 12 and 12 h",
  },
};
