/** Coinify (coinify.readme.io/docs/webhooks). */
import type { Preset } from "./preset.ts";

export const coinify: Preset = {
  name: "coinify",
  tested: "published vector",
  written: {
    title: "Coinify",
    verify: { alg: "hmac-sha256", sig: "header:x-coinify-webhook-signature" },
    event: "json:/event",
    event_id: "json:/id",
    payment_id: "json:/context/id",
    event_key: ["json:/id"],
    subject_key: ["json:/context/id"],
    status: {
      at: "json:/event",
      map: {
        "payment-intent.completed": "confirmed",
        "payment-intent.failed": "failed",
        "withdrawal.created": "payout.pending",
        "withdrawal.completed": "payout.confirmed",
      },
    },
    amounts: {
      amount: {
        value: "json:/context/amount | json:/context/amounts/finalAmount",
        currency: "json:/context/currency | json:/context/amounts/finalCurrency",
      },
    },
    reference: "json:/context/orderId | json:/context/customerId",
    occurred_at: { at: "json:/time" },
  },
};
