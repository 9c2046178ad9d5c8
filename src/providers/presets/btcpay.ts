/** BTCPay Server (Greenfield API): its webhooks are signed and say no amount, so the invoice is asked for. */
import { perType, type Preset } from "./preset.ts";

export const btcpay: Preset = {
  name: "btcpay",
  tested: "formula only",
  note: "api_url is your own server; api_secrets is an API key with the permission to view invoices.",
  written: {
    title: "BTCPay Server",
    verify: { alg: "hmac-sha256", sig: "header:btcpay-sig", format: "prefix:sha256=" },
    fetch: {
      path: "/api/v1/stores/{json:/storeId}/invoices/{json:/invoiceId}",
      authorization: "token {secret}",
      id: { asked: "json:/invoiceId", answered: "json:/id" },
    },
    event: "text:invoice",
    payment_id: "json:/id",
    event_key: ["state"],
    subject_key: ["json:/storeId", "json:/id"],
    status: {
      at: ["json:/status", "json:/additionalStatus"],
      map: {
        ...perType(["New"], { None: "created", PaidPartial: "pending" }),
        ...perType(["Processing"], { None: "pending", PaidOver: "pending", Marked: "pending" }),
        ...perType(["Settled"], {
          None: "confirmed",
          PaidOver: "confirmed",
          PaidLate: "confirmed",
          Marked: "confirmed",
        }),
        ...perType(["Expired"], {
          None: "expired",
          PaidPartial: "action_required",
          PaidLate: "action_required",
        }),
        ...perType(["Invalid"], { None: "failed", Marked: "failed" }),
      },
      warnings: { "Settled:PaidOver": "overpaid" },
    },
    amounts: {
      amount: { value: "json:/paidAmount | json:/amount", currency: "json:/currency" },
      requested: { value: "json:/amount", currency: "json:/currency" },
    },
    reference: "json:/metadata/orderId",
    retries: "after 10 s and 1 min, then up to six times every 10 min",
  },
};
