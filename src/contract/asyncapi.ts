/**
 * What the relay sends, as an AsyncAPI 3 document: two channels, payment events to destinations and alerts to
 * operators. The addresses are the merchant's own, so that the document has none.
 *
 * Payloads and headers are in JSON Schema draft 7, the dialect that every AsyncAPI tool reads.
 */
import type { z } from "zod";
import { alertMessage } from "../alert.ts";
import { paymentEvent } from "../event.ts";
import { cloudEventHeaders, deliveryHeaders } from "./delivery-headers.ts";
import { publishedSchema } from "./json-schema.ts";

/** Changes with the contract, not with the relay. */
const CONTRACT_VERSION = "1.0.0";

const DIALECT = "application/schema+json;version=draft-07";

export function asyncApi(): Record<string, unknown> {
  return {
    asyncapi: "3.0.0",
    info: {
      title: "psp-relay: what a receiver gets",
      version: CONTRACT_VERSION,
      description:
        "Each message is one POST, signed by the Standard Webhooks specification, and repeated until the response is a 2xx. Delivery is at least once: dedupe by `webhook-id`. Events of one payment come in the order of `data.sequence`.",
      license: { name: "MIT" },
    },
    defaultContentType: "application/json",
    channels: {
      events: {
        address: null,
        title: "Payment events",
        description: "The `url` of a destination in the relay's configuration.",
        messages: { paymentEvent: { $ref: "#/components/messages/paymentEvent" } },
      },
      alerts: {
        address: null,
        title: "Alerts",
        description: "The `url` of `alerts` in the relay's configuration.",
        messages: { alert: { $ref: "#/components/messages/alert" } },
      },
    },
    operations: {
      sendPaymentEvent: sends("events", "paymentEvent", "Tells a destination what happened to a payment."),
      sendAlert: sends("alerts", "alert", "Tells operators what a person should look at."),
    },
    components: {
      messages: {
        paymentEvent: {
          ...message("paymentEvent", "payment-event.v1", paymentEvent, eventHeaders),
          correlationId: {
            description: "The payment: its events are ordered and numbered within it.",
            location: "$message.payload#/data/payment_id",
          },
        },
        alert: message("alert", "relay.alert", alertMessage, deliveryHeaders),
      },
    },
  };
}

const eventHeaders = deliveryHeaders.extend(cloudEventHeaders.partial().shape);

function sends(channel: string, name: string, summary: string): Record<string, unknown> {
  return {
    action: "send",
    summary,
    channel: { $ref: `#/channels/${channel}` },
    messages: [{ $ref: `#/channels/${channel}/messages/${name}` }],
    bindings: { http: { method: "POST", bindingVersion: "0.3.0" } },
  };
}

function message(
  name: string,
  title: string,
  payload: z.ZodType,
  headers: z.ZodType,
): Record<string, unknown> {
  return {
    name,
    title,
    contentType: "application/json",
    payload: { schemaFormat: DIALECT, schema: publishedSchema(payload, "draft-7") },
    headers: { schemaFormat: DIALECT, schema: publishedSchema(headers, "draft-7") },
  };
}
