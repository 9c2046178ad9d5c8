/** Coinbase Commerce (docs.cdp.coinbase.com/commerce). */
import type { Preset } from "./preset.ts";

const CHARGE = "json:/event/data";

export const coinbaseCommerce: Preset = {
  name: "coinbase_commerce",
  tested: "published vector",
  note: "A charge that was paid in several transactions states them as a list: amount is the first one's.",
  written: {
    title: "Coinbase Commerce",
    verify: { alg: "hmac-sha256", sig: "header:x-cc-webhook-signature" },
    event: "json:/event/type",
    event_id: "json:/event/id",
    payment_id: `${CHARGE}/code`,
    event_key: ["json:/event/id"],
    subject_key: [`${CHARGE}/code`],
    status: {
      at: "json:/event/type",
      map: {
        "charge:created": "created",
        "charge:pending": "pending",
        "charge:delayed": "action_required",
        "charge:confirmed": "confirmed",
        "charge:resolved": "confirmed",
        "charge:failed": "failed",
      },
    },
    amounts: {
      amount: {
        value: `${CHARGE}/payments/0/value/local/amount`,
        currency: `${CHARGE}/payments/0/value/local/currency`,
      },
      requested: { value: `${CHARGE}/pricing/local/amount`, currency: `${CHARGE}/pricing/local/currency` },
    },
    reference: `${CHARGE}/metadata/order_id`,
    occurred_at: { at: "json:/event/created_at" },
    blockchain: {
      network: `${CHARGE}/payments/0/network`,
      txid: `${CHARGE}/payments/0/transaction_id`,
    },
    retries: "for up to three days, at most an hour apart",
  },
};
