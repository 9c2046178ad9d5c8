/** Adyen, standard webhooks (docs.adyen.com/development-resources/webhooks). */
import type { Preset } from "./preset.ts";

const ITEM = "json:/notificationItems/0/NotificationRequestItem";
const SIGNED = [
  "pspReference",
  "originalReference",
  "merchantAccountCode",
  "merchantReference",
  "amount/value",
  "amount/currency",
  "eventCode",
  "success",
];
const PAYMENT = `${ITEM}/originalReference | ${ITEM}/pspReference`;

export const adyen: Preset = {
  name: "adyen",
  tested: "published vector",
  note: "An authorisation counts as confirmed, as it does where capture is automatic: with manual capture, extend this provider and map AUTHORISATION:true to pending and CAPTURE:true to confirmed. A refund states its own amount and neither the total nor the whole: each is payment.partially_refunded, with amount_of_refund. A JSON notification has one item; one with more is set aside.",
  written: {
    title: "Adyen",
    verify: {
      alg: "hmac-sha256",
      key: "hex",
      encoding: "base64",
      sig: `${ITEM}/additionalData/hmacSignature`,
      content: SIGNED.map((name) => `{${ITEM}/${name}?}`).join(":"),
    },
    equals: { merchant_account: `${ITEM}/merchantAccountCode` },
    single: "json:/notificationItems",
    event: `${ITEM}/eventCode`,
    payment_id: `${ITEM}/pspReference`,
    event_key: [`${ITEM}/pspReference`, "state"],
    subject_key: [PAYMENT],
    status: {
      at: [`${ITEM}/eventCode`, `${ITEM}/success`],
      map: {
        "PENDING:true": "pending",
        "AUTHORISATION:true": "confirmed",
        "AUTHORISATION:false": "failed",
        "OFFER_CLOSED:true": "expired",
        "CANCELLATION:true": "canceled",
        "REFUND:true": "refunded",
        "CHARGEBACK:true": "disputed",
      },
    },
    amounts: {
      amount: { value: `${ITEM}/amount/value`, currency: `${ITEM}/amount/currency`, unit: "minor" },
      refund: { value: `${ITEM}/amount/value`, currency: `${ITEM}/amount/currency`, unit: "minor" },
    },
    exponents: { CLP: 2, CVE: 0, IDR: 0, ISK: 2 },
    reference: `${ITEM}/merchantReference`,
    occurred_at: { at: `${ITEM}/eventDate` },
    livemode: { at: "json:/live" },
    reply: { body: "[accepted]", type: "text/plain" },
    retries: "after seconds, minutes and hours, for 30 days; it waits ten seconds for an answer",
  },
};
