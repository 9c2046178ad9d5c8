/** Paddle Billing (developer.paddle.com/webhooks). */
import type { Preset } from "./preset.ts";

const TOTALS = "json:/data/details/totals";
const TRANSACTION = "json:/data/transaction_id | json:/data/id";

export const paddle: Preset = {
  name: "paddle",
  tested: "vendor's library",
  note: "A transaction that is paid is pending until it is completed. One that costs nothing is set aside (bad_amount).",
  written: {
    title: "Paddle Billing",
    verify: {
      alg: "hmac-sha256",
      sig: "header:paddle-signature",
      format: "kv:semi:h1",
      content: "{sig:ts}:{raw}",
      time: { from: "sig:ts" },
    },
    event: "json:/event_type",
    event_id: "json:/event_id",
    payment_id: TRANSACTION,
    event_key: ["json:/event_id"],
    subject_key: [TRANSACTION],
    status: {
      at: "json:/event_type",
      map: {
        "transaction.created": "created",
        "transaction.ready": "created",
        "transaction.billed": "pending",
        "transaction.paid": "pending",
        "transaction.past_due": "action_required",
        "transaction.completed": "confirmed",
        "transaction.payment_failed": "failed",
        "transaction.canceled": "canceled",
      },
    },
    amounts: {
      amount: { value: `${TOTALS}/grand_total`, currency: "json:/data/currency_code", unit: "minor" },
      net: { value: `${TOTALS}/earnings`, currency: "json:/data/currency_code", unit: "minor" },
      fee: { value: `${TOTALS}/fee`, currency: "json:/data/currency_code", unit: "minor" },
    },
    reference: "json:/data/custom_data/order_id",
    occurred_at: { at: "json:/occurred_at" },
  },
};
