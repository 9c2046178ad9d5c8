/** A provider that exists in a configuration alone, as docs/adding-a-provider.md#by-configuration writes it. */
import type { WrittenProvider } from "../../src/providers/declared/written.ts";

export const acme = {
  title: "Acme Pay",
  verify: {
    alg: "hmac-sha256",
    sig: "header:x-acme-signature",
    content: "{header:x-acme-time}.{raw}",
    time: { from: "header:x-acme-time" },
  },
  event: "json:/kind",
  event_id: "json:/event_id",
  payment_id: "json:/payment/id",
  event_key: ["json:/event_id"],
  subject_key: ["json:/payment/id"],
  status: {
    at: "json:/payment/state",
    map: { waiting: "pending", done: "confirmed", broken: "failed", "sent-out": "payout.confirmed" },
  },
  amounts: { amount: { value: "json:/payment/amount", currency: "json:/payment/currency" } },
  reference: "json:/payment/order",
  reply: { body: "thanks", type: "text/plain" },
} satisfies WrittenProvider;
