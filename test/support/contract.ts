/** The published contract (docs/schemas/) as validators: of a body by its type, and of the headers it comes with. */
import { Ajv } from "ajv";
import { Ajv2020 } from "ajv/dist/2020.js";
import alertSchema from "../../docs/schemas/alert.v1.json";
import asyncApi from "../../docs/schemas/asyncapi.json";
import eventSchema from "../../docs/schemas/payment-event.v1.json";

const OPTIONS = { strict: true, allErrors: true, allowUnionTypes: true };
const bodies = new Ajv2020(OPTIONS);
const headers = new Ajv(OPTIONS);
const { messages } = asyncApi.components;

const event = {
  body: bodies.compile(eventSchema),
  headers: headers.compile(messages.paymentEvent.headers.schema),
};
const alert = { body: bodies.compile(alertSchema), headers: headers.compile(messages.alert.headers.schema) };

/** What the contract says against this event; empty if nothing. */
export function faultsOfEvent(given: unknown): string[] {
  return event.body(given) ? [] : [bodies.errorsText(event.body.errors, { dataVar: "event" })];
}

/** What the contract says against a request as a receiver gets it; empty if nothing. */
export function faultsOfDelivery(request: { readonly headers: Headers; readonly body: string }): string[] {
  const message = JSON.parse(request.body) as { type?: unknown };
  const by = message.type === "relay.alert" ? alert : event;
  const faults = [];
  if (!by.body(message)) faults.push(bodies.errorsText(by.body.errors, { dataVar: "body" }));
  if (!by.headers(Object.fromEntries(request.headers)))
    faults.push(headers.errorsText(by.headers.errors, { dataVar: "headers" }));
  return faults;
}
