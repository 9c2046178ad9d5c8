/** CoinsPaid, also CryptoProcessing (docs.cryptoprocessing.com). */
import { perType, type Preset } from "./preset.ts";

export const coinspaid: Preset = {
  name: "coinspaid",
  tested: "formula only",
  written: {
    title: "CoinsPaid / CryptoProcessing",
    verify: { alg: "hmac-sha512", sig: "header:x-processing-signature" },
    event: "json:/type",
    payment_id: "json:/id",
    event_key: ["state"],
    subject_key: ["json:/type", "json:/id"],
    status: {
      at: ["json:/type", "json:/status"],
      map: {
        ...perType(["deposit", "deposit_exchange", "invoice"], {
          not_confirmed: "pending",
          processing: "pending",
          confirmed: "confirmed",
          cancelled: "canceled",
          error: "failed",
        }),
        ...perType(["withdrawal", "withdrawal_exchange"], {
          not_confirmed: "payout.pending",
          processing: "payout.pending",
          confirmed: "payout.confirmed",
          cancelled: "payout.canceled",
          error: "payout.failed",
        }),
      },
    },
    amounts: {
      amount: { value: "json:/currency_sent/amount", currency: "json:/currency_sent/currency" },
      net: {
        value: "json:/currency_received/amount_minus_fee",
        currency: "json:/currency_received/currency",
      },
    },
    reference: "json:/foreign_id | json:/crypto_address/foreign_id",
    blockchain: {
      txid: "json:/transactions/0/txid",
      to: "json:/crypto_address/address",
      confirmations: "json:/transactions/0/confirmations",
    },
    retries: "twelve times, up to four hours apart",
  },
};
