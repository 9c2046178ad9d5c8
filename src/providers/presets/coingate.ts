/** CoinGate, payment callbacks with the token the merchant gave with the order (developer.coingate.com). */
import type { Preset } from "./preset.ts";

export const coingate: Preset = {
  name: "coingate",
  tested: "formula only",
  note: "The token is the one the merchant gives when an order is made; it covers nothing of the callback.",
  written: {
    title: "CoinGate (token)",
    source: "form",
    verify: { alg: "static", sig: "form:token" },
    event: "text:order",
    payment_id: "form:id",
    event_key: ["state"],
    subject_key: ["form:id"],
    status: {
      at: "form:status",
      map: {
        new: "created",
        pending: "pending",
        confirming: "pending",
        paid: "confirmed",
        invalid: "failed",
        expired: "expired",
        canceled: "canceled",
        refunded: "refunded",
        partially_refunded: "partially_refunded",
      },
    },
    amounts: {
      amount: { value: "form:pay_amount", currency: "form:pay_currency" },
      requested: { value: "form:price_amount", currency: "form:price_currency" },
      net: { value: "form:receive_amount", currency: "form:receive_currency" },
    },
    reference: "form:order_id",
    retries: "40 times, up to a day apart; it stops for good at 301, 302, 401 and 403",
  },
};
