/** Cryptomus (doc.cryptomus.com/payments/webhook). */
import { perType, type Preset } from "./preset.ts";

const signed = (form: string) => ({
  alg: "md5" as const,
  sig: "json:/sign",
  content: `{b64:${form}-without:sign}{secret}`,
});

export const cryptomus: Preset = {
  name: "cryptomus",
  tested: "formula only",
  note: 'Letters beyond ASCII are signed as they are; where they are signed as \\uXXXX, set scheme = "escaped". Payouts are provider.event.',
  written: {
    title: "Cryptomus",
    verify: signed("php-json-unicode"),
    schemes: { escaped: signed("php-json") },
    event: "json:/type",
    payment_id: "json:/uuid",
    event_key: ["state", "txid(json:/txid)?"],
    subject_key: ["json:/type", "json:/uuid"],
    status: {
      at: ["json:/type", "json:/status"],
      map: perType(["payment", "wallet"], {
        confirm_check: "pending",
        process: "pending",
        check: "pending",
        paid: "confirmed",
        paid_over: "confirmed",
        wrong_amount: "action_required",
        wrong_amount_waiting: "action_required",
        refund_process: "action_required",
        fail: "failed",
        system_fail: "failed",
        cancel: "canceled",
        refund_paid: "refunded",
      }),
      warnings: { "payment:paid_over": "overpaid", "wallet:paid_over": "overpaid" },
    },
    amounts: {
      amount: { value: "json:/payment_amount", currency: "json:/payer_currency", network: "json:/network" },
      requested: { value: "json:/amount", currency: "json:/currency" },
      net: { value: "json:/merchant_amount", currency: "json:/payer_currency", network: "json:/network" },
      converted: { value: "json:/payment_amount_usd", currency: "text:USD" },
    },
    reference: "json:/order_id",
    blockchain: { network: "json:/network", txid: "json:/txid", from: "json:/from" },
  },
};
