/** OpenNode: its signature covers the id and nothing else, so the charge is asked for. */
import type { Preset } from "./preset.ts";

export const opennode: Preset = {
  name: "opennode",
  tested: "formula only",
  note: "The API key signs its callbacks and opens its API: name it in secrets and in api_secrets.",
  written: {
    title: "OpenNode",
    source: "form",
    verify: {
      alg: "hmac-sha256",
      sig: "form:hashed_order",
      content: "{form:id}",
      covers: ["field:form:id"],
    },
    fetch: {
      base: "https://api.opennode.com",
      path: "/v1/charge/{form:id}",
      authorization: "{secret}",
      id: { asked: "form:id", answered: "json:/data/id" },
    },
    event: "text:charge",
    payment_id: "json:/data/id",
    event_key: ["state"],
    subject_key: ["json:/data/id"],
    status: {
      at: "json:/data/status",
      map: {
        unpaid: "created",
        processing: "pending",
        paid: "confirmed",
        underpaid: "action_required",
        refunded: "refunded",
        expired: "expired",
      },
    },
    amounts: {
      amount: { value: "json:/data/amount", currency: "text:BTC", unit: "minor" },
      requested: { value: "json:/data/source_fiat_value", currency: "json:/data/currency" },
    },
    exponents: { BTC: 8 },
    reference: "json:/data/order_id",
    occurred_at: { at: "json:/data/settled_at", unit: "s" },
  },
};
