/** Plisio (plisio.net/documentation), with ?json=true in the callback's address. */
import type { Preset } from "./preset.ts";

export const plisio: Preset = {
  name: "plisio",
  tested: "formula only",
  note: "Give Plisio the address with ?json=true: its forms are signed as PHP serialises them, and are refused (content_type).",
  written: {
    title: "Plisio (JSON)",
    verify: { alg: "hmac-sha1", sig: "json:/verify_hash", content: "{canon:json-without:verify_hash}" },
    event: "json:/ipn_type | text:invoice",
    payment_id: "json:/txn_id",
    event_key: ["state"],
    subject_key: ["json:/txn_id"],
    status: {
      at: "json:/status",
      map: {
        new: "created",
        pending: "pending",
        "pending internal": "pending",
        completed: "confirmed",
        mismatch: "action_required",
        error: "failed",
        expired: "expired",
        cancelled: "canceled",
      },
    },
    amounts: {
      amount: { value: "json:/amount", currency: "json:/currency" },
      requested: { value: "json:/source_amount", currency: "json:/source_currency" },
      fee: { value: "json:/invoice_commission", currency: "json:/currency" },
    },
    reference: "json:/order_number",
    blockchain: { confirmations: "json:/confirmations" },
  },
};
