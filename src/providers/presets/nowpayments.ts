/** NOWPayments, instant payment notifications. */
import type { Preset } from "./preset.ts";

export const nowpayments: Preset = {
  name: "nowpayments",
  tested: "formula only",
  note: 'Its documented sample drops whatever key of an inner object is not also one of the body: where callbacks are signed so, set scheme = "top-level". Only finished is money at the merchant.',
  written: {
    title: "NOWPayments",
    verify: { alg: "hmac-sha512", sig: "header:x-nowpayments-sig", content: "{json-sorted}" },
    schemes: {
      "top-level": {
        alg: "hmac-sha512",
        sig: "header:x-nowpayments-sig",
        content: "{json-sorted-toplevel}",
      },
    },
    event: "text:ipn",
    payment_id: "json:/payment_id",
    event_key: ["state", "amount(json:/actually_paid)?"],
    subject_key: ["json:/payment_id"],
    status: {
      at: "json:/payment_status",
      map: {
        waiting: "created",
        confirming: "pending",
        confirmed: "pending",
        sending: "pending",
        partially_paid: "action_required",
        finished: "confirmed",
        failed: "failed",
        expired: "expired",
        refunded: "refunded",
      },
    },
    amounts: {
      amount: { value: "json:/actually_paid", currency: "json:/pay_currency" },
      requested: { value: "json:/price_amount", currency: "json:/price_currency" },
      net: { value: "json:/outcome_amount", currency: "json:/outcome_currency" },
    },
    reference: "json:/order_id",
    retries: "as set in the account; it waits three seconds for an answer",
  },
};
