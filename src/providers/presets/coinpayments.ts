/** CoinPayments, the legacy instant payment notifications (coinpayments.net/merchant-tools-ipn). */
import { perType, type Preset } from "./preset.ts";

const CURRENCY = "form:currency2 | form:currency";

export const coinpayments: Preset = {
  name: "coinpayments",
  tested: "vendor's library",
  note: "Only the state 100 is taken for money; 2, which its document calls safe as well, is pending.",
  written: {
    title: "CoinPayments (IPN)",
    source: "form",
    verify: { alg: "hmac-sha512", sig: "header:hmac" },
    equals: { merchant_id: "form:merchant" },
    event: "form:ipn_type",
    event_id: "form:ipn_id",
    payment_id: "form:id | form:txn_id",
    event_key: ["form:ipn_id"],
    subject_key: ["form:ipn_type", "form:id | form:txn_id", "form:deposit_id?", "form:address?"],
    status: {
      at: ["form:ipn_type", "form:status"],
      map: {
        ...perType(["simple", "button", "cart", "donation", "api", "deposit"], {
          "-2": "reversed",
          "-1": "failed",
          "0": "pending",
          "1": "pending",
          "2": "pending",
          "3": "pending",
          "100": "confirmed",
        }),
        ...perType(["withdrawal"], {
          "-1": "payout.canceled",
          "0": "payout.action_required",
          "1": "payout.pending",
          "2": "payout.confirmed",
        }),
      },
    },
    amounts: {
      amount: { value: "form:received_amount | form:amount | form:amount2", currency: CURRENCY },
      requested: { value: "form:amount1", currency: "form:currency1" },
      fee: { value: "form:fee", currency: CURRENCY },
    },
    reference: "form:invoice | form:custom",
    retries: "up to ten times, in no order",
  },
};
