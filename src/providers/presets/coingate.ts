/** CoinGate, payment callbacks with the token the merchant gave with the order (developer.coingate.com). */
import type { Preset } from "./preset.ts";

const WORDS = {
  new: "created",
  pending: "pending",
  confirming: "pending",
  paid: "confirmed",
  invalid: "failed",
  expired: "expired",
  canceled: "canceled",
  refunded: "refunded",
  partially_refunded: "partially_refunded",
};
const RETRIES = "40 times, up to a day apart; it stops for good at 301, 302, 401 and 403";

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
      map: WORDS,
    },
    amounts: {
      amount: { value: "form:pay_amount", currency: "form:pay_currency" },
      requested: { value: "form:price_amount", currency: "form:price_currency" },
      net: { value: "form:receive_amount", currency: "form:receive_currency" },
    },
    reference: "form:order_id",
    retries: RETRIES,
  },
};

export const coingateOrder: Preset = {
  name: "coingate_order",
  tested: "formula only",
  note: "The callback is a hint; the order is asked for with a token of the API.",
  written: {
    title: "CoinGate (order)",
    source: "form",
    fetch: {
      base: "https://api.coingate.com",
      path: "/v2/orders/{form:id}",
      authorization: "Token {secret}",
      id: { asked: "form:id", answered: "json:/id" },
    },
    event: "text:order",
    payment_id: "json:/id",
    event_key: ["state"],
    subject_key: ["json:/id"],
    status: { at: "json:/status", map: WORDS },
    amounts: {
      amount: { value: "json:/pay_amount", currency: "json:/pay_currency" },
      requested: { value: "json:/price_amount", currency: "json:/price_currency" },
      net: { value: "json:/receive_amount", currency: "json:/receive_currency" },
    },
    reference: "json:/order_id",
    retries: RETRIES,
  },
};
