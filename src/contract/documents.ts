/** The published contract: every document by its file name, as it is served and as it is kept in docs/schemas/. */
import { alertMessage } from "../alert.ts";
import { paymentEvent } from "../event.ts";
import { asyncApi } from "./asyncapi.ts";
import { publishedSchema } from "./json-schema.ts";

const DOCUMENTS: Readonly<Record<string, () => unknown>> = {
  "payment-event.v1.json": () => publishedSchema(paymentEvent, "draft-2020-12"),
  "alert.v1.json": () => publishedSchema(alertMessage, "draft-2020-12"),
  "asyncapi.json": asyncApi,
};

export const DOCUMENT_NAMES: readonly string[] = Object.keys(DOCUMENTS);

/** The document as text, or null if there is none of this name. */
export function contractDocument(name: string): string | null {
  const make = Object.hasOwn(DOCUMENTS, name) ? DOCUMENTS[name] : undefined;
  return make === undefined ? null : `${JSON.stringify(make(), null, 2)}\n`;
}
