/** Paystack (paystack.com/docs/payments/webhooks). */
import type { Preset } from "./preset.ts";

const SUBJECT = "json:/data/transfer_code | json:/data/id";

export const paystack: Preset = {
  name: "paystack",
  tested: "formula only",
  note: "Its secret is the secret key of the API.",
  written: {
    title: "Paystack",
    verify: { alg: "hmac-sha512", sig: "header:x-paystack-signature" },
    event: "json:/event",
    payment_id: SUBJECT,
    event_key: ["json:/event", "state"],
    subject_key: [SUBJECT],
    status: {
      at: "json:/event",
      map: {
        "charge.success": "confirmed",
        "transfer.success": "payout.confirmed",
        "transfer.failed": "payout.failed",
        "transfer.reversed": "payout.reversed",
      },
    },
    amounts: {
      amount: { value: "json:/data/amount", currency: "json:/data/currency", unit: "minor" },
      fee: { value: "json:/data/fees", currency: "json:/data/currency", unit: "minor" },
    },
    reference: "json:/data/reference",
    occurred_at: { at: "json:/data/paid_at" },
    livemode: { at: "json:/data/domain", live: "live" },
    retries: "every 3 min four times, then hourly for 72 h",
  },
};
