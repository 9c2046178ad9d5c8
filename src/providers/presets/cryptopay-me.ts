/** cryptopay.me (developers.cryptopay.me), which is not CryptoPay of cryptopays.us. */
import { perType, type Preset } from "./preset.ts";

const TRANSACTIONS = [0, 1, 2].map((index) => `json:/data/transactions/${index}/txid?`);

export const cryptopayMe: Preset = {
  name: "cryptopay_me",
  tested: "published vector",
  note: "Not CryptoPay of cryptopays.us, whose header has the same name.",
  written: {
    title: "cryptopay.me",
    verify: { alg: "hmac-sha256", sig: "header:x-cryptopay-signature" },
    event: "json:/event",
    payment_id: "json:/data/id",
    event_key: ["json:/event", "state", "json:/data/status_context?", ...TRANSACTIONS],
    subject_key: ["json:/type", "json:/data/id"],
    status: {
      at: ["json:/type", "json:/data/status"],
      map: {
        ...perType(["Invoice"], { new: "created", unresolved: "action_required" }),
        ...perType(["ChannelPayment"], { pending: "pending", on_hold: "action_required" }),
        ...perType(["Invoice", "ChannelPayment"], {
          completed: "confirmed",
          refunded: "refunded",
          cancelled: "canceled",
        }),
        ...perType(["CoinWithdrawal"], {
          pending: "payout.pending",
          processing: "payout.pending",
          sent: "payout.pending",
          on_hold: "payout.action_required",
          completed: "payout.confirmed",
          cancelled: "payout.canceled",
        }),
      },
    },
    amounts: {
      amount: {
        value: "json:/data/paid_amount | json:/data/received_amount",
        currency: "json:/data/paid_currency | json:/data/pay_currency | json:/data/received_currency",
      },
      requested: { value: "json:/data/price_amount", currency: "json:/data/price_currency" },
    },
    reference: "json:/data/custom_id",
    retries: "20 times, after 30 + n⁴ + n seconds",
  },
};
