/** OxaPay (docs.oxapay.com/webhook). */
import { perType, type Preset } from "./preset.ts";

export const oxapay: Preset = {
  name: "oxapay",
  tested: "formula only",
  note: "Payments are signed with the merchant key, payouts with the payout key: list both. An invoice that was paid in several transactions states them as a list: amount is the first one's.",
  written: {
    title: "OxaPay",
    verify: { alg: "hmac-sha512", sig: "header:hmac" },
    event: "json:/type",
    payment_id: "json:/track_id",
    event_key: ["state", "json:/txs/0/tx_hash?"],
    subject_key: ["json:/type", "json:/track_id"],
    status: {
      at: ["json:/type", "json:/status"],
      map: {
        ...perType(["invoice", "white_label", "static_address", "payment_link", "donation"], {
          Waiting: "created",
          Paying: "pending",
          Confirming: "pending",
          Paid: "confirmed",
          Underpaid: "action_required",
          Expired: "expired",
          Failed: "failed",
          Refunded: "refunded",
        }),
        ...perType(["payout"], {
          Processing: "payout.pending",
          Confirming: "payout.pending",
          Confirmed: "payout.confirmed",
          Failed: "payout.failed",
        }),
      },
    },
    amounts: {
      amount: {
        value: "json:/txs/0/sent_amount | json:/amount",
        currency: "json:/txs/0/currency | json:/currency",
      },
      requested: { value: "json:/amount", currency: "json:/currency" },
    },
    reference: "json:/order_id",
    occurred_at: { at: "json:/date", unit: "s" },
    blockchain: {
      txid: "json:/txs/0/tx_hash | json:/tx_hash",
      from: "json:/txs/0/sender_address",
      to: "json:/txs/0/address | json:/address",
      confirmations: "json:/txs/0/confirmations",
    },
    reply: { body: "ok", type: "text/plain" },
    retries: "five times: after about 1 and 3 min, 30 min and 3 h",
  },
};
