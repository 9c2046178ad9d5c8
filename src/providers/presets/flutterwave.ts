/** Flutterwave: version 4 signs its callbacks, version 3 sends a secret of the merchant's along. */
import type { Preset } from "./preset.ts";

const amounts = { amount: { value: "json:/data/amount", currency: "json:/data/currency" } };

export const flutterwave: Preset = {
  name: "flutterwave",
  tested: "formula only",
  written: {
    title: "Flutterwave v4",
    verify: { alg: "hmac-sha256", encoding: "base64", sig: "header:flutterwave-signature" },
    event: "json:/type",
    event_id: "json:/id | json:/webhook_id",
    payment_id: "json:/data/id",
    event_key: ["json:/id | json:/webhook_id", "state"],
    subject_key: ["json:/data/id"],
    status: {
      at: ["json:/type", "json:/data/status"],
      map: {
        "charge.completed:succeeded": "confirmed",
        "charge.completed:pending": "pending",
        "charge.completed:failed": "failed",
      },
    },
    amounts,
    reference: "json:/data/reference",
    occurred_at: { at: "json:/timestamp", unit: "ms" },
  },
};

export const flutterwaveV3: Preset = {
  name: "flutterwave_v3",
  tested: "formula only",
  note: "The secret is the same in every callback and covers nothing: compare with the order, or ask Flutterwave.",
  written: {
    title: "Flutterwave v3",
    verify: { alg: "static", sig: "header:verif-hash" },
    event: "json:/event",
    payment_id: "json:/data/id",
    event_key: ["json:/event", "state"],
    subject_key: ["json:/data/id"],
    status: {
      at: ["json:/event", "json:/data/status"],
      map: { "charge.completed:successful": "confirmed", "charge.completed:failed": "failed" },
    },
    amounts,
    reference: "json:/data/tx_ref",
    occurred_at: { at: "json:/data/created_at" },
  },
};
