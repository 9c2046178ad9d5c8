/** Praxis Cashier, webhook notifications (doc.praxiscashier.com). */
import { perType, type Preset } from "./preset.ts";

const SIGNED = [
  "merchant_id",
  "application_key",
  "timestamp",
  "customer/customer_token",
  "session/order_id",
  "transaction/tid",
  "transaction/currency",
  "transaction/amount",
  "transaction/conversion_rate",
  "transaction/processed_currency",
  "transaction/processed_amount",
];

const TYPE = "json:/transaction/transaction_type";

export const praxis: Preset = {
  name: "praxis",
  tested: "formula only",
  note: "Which fields of a notification are signed, in which order, and that null is left out is what Praxis' document says (docs.praxis.tech, Payment Notification); the formula reproduces its published example, which is of another request. The words are those of its documents, some of older versions only; a reply signed in Gt-Authentication is an inference from the requests: see whether Praxis repeats. The fields are signed without anything between them and the state is not signed at all: ask Praxis, or look it up, before you credit.",
  written: {
    title: "Praxis Cashier",
    verify: {
      alg: "sha384",
      sig: "header:gt-authentication",
      content: `${SIGNED.map((name) => `{json:/${name}?}`).join("")}{secret}`,
    },
    equals: { merchant_id: "json:/merchant_id" },
    event: "text:notification",
    payment_id: "json:/transaction/tid",
    event_key: ["state"],
    subject_key: ["json:/transaction/tid"],
    status: {
      at: [TYPE, "json:/transaction/transaction_status"],
      map: {
        ...perType(["sale", "authorize"], {
          pending: "pending",
          pending_async: "pending",
          authorized: "pending",
          approved: "confirmed",
          declined: "failed",
          rejected: "failed",
          error: "failed",
          canceled: "canceled",
          cancelled: "canceled",
          reversed: "reversed",
          chargeback: "disputed",
        }),
        ...perType(["payout"], {
          requested: "payout.action_required",
          pending_async: "payout.pending",
          authorized: "payout.pending",
          "in progress": "payout.pending",
          approved: "payout.confirmed",
          rejected: "payout.failed",
          error: "payout.failed",
          canceled: "payout.canceled",
          cancelled: "payout.canceled",
          reversed: "payout.reversed",
        }),
      },
    },
    amounts: {
      amount: { value: "json:/transaction/amount", currency: "json:/transaction/currency", unit: "minor" },
    },
    reference: "json:/session/order_id",
    reply: {
      body: '{"status":0,"description":"Ok","version":"1.3","timestamp":{now}}',
      type: "application/json",
      sign: { header: "Gt-Authentication", alg: "sha384", content: "0{now}{secret}" },
    },
    retries: "about every 5 min until the answer has status 0",
  },
};
