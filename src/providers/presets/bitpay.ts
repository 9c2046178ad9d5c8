/** BitPay (developer.bitpay.com): its notifications are unsigned hints, the invoice is asked for. */
import type { Preset } from "./preset.ts";

export const bitpay: Preset = {
  name: "bitpay",
  tested: "formula only",
  note: "An invoice that is paid is pending until BitPay has confirmed it.",
  written: {
    title: "BitPay",
    fetch: {
      base: "https://bitpay.com",
      path: "/invoices/{json:/data/id}",
      id: { asked: "json:/data/id", answered: "json:/data/id" },
    },
    event: "text:invoice",
    payment_id: "json:/data/id",
    event_key: ["state"],
    subject_key: ["json:/data/id"],
    status: {
      at: "json:/data/status",
      map: {
        new: "created",
        paid: "pending",
        confirmed: "confirmed",
        complete: "confirmed",
        expired: "expired",
        invalid: "failed",
        declined: "failed",
      },
    },
    amounts: {
      amount: { value: "json:/data/displayAmountPaid", currency: "json:/data/transactionCurrency" },
      requested: { value: "json:/data/price", currency: "json:/data/currency" },
    },
    reference: "json:/data/orderId",
  },
};
