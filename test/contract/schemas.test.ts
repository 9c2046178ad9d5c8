/// <reference types="vite/client" />
/** What is published for the CRM's developers: served, kept in docs/schemas/, and true of what is sent. */
import { createExecutionContext } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import alertText from "../../docs/schemas/alert.v1.json?raw";
import asyncApiText from "../../docs/schemas/asyncapi.json?raw";
import eventText from "../../docs/schemas/payment-event.v1.json?raw";
import { ALERT_NAMES, alertMessage, type AlertName } from "../../src/alert.ts";
import { app } from "../../src/app.ts";
import type { Env } from "../../src/env.ts";
import { DOCUMENT_NAMES } from "../../src/contract/documents.ts";
import { paymentEvent } from "../../src/event.ts";
import { alertBody } from "../../src/inbox/alerts.ts";
import golden from "../cases/golden-events.json";
import { faultsOfDelivery, faultsOfEvent } from "../support/contract.ts";
import { bindings } from "../support/worker.ts";

const kept: Readonly<Record<string, string>> = {
  "payment-event.v1.json": eventText,
  "alert.v1.json": alertText,
  "asyncapi.json": asyncApiText,
};

/** As a stranger. */
async function get(path: string, env: object = bindings): Promise<Response> {
  return await app.fetch(new Request(`https://relay.test${path}`), env as Env, createExecutionContext());
}

describe("the published contract", () => {
  it.each(DOCUMENT_NAMES)(
    "%s is kept in docs/schemas/ as it is served (npm run schemas writes it)",
    async (name) => {
      const response = await get(`/schemas/${name}`);
      expect(response.status).toBe(200);
      expect(response.headers.get("content-type")).toBe("application/json");
      expect(await response.text()).toBe(kept[name]);
    },
  );

  it("has every document that is kept", () => {
    expect(Object.keys(kept)).toEqual(DOCUMENT_NAMES);
  });

  it("is served whatever the configuration is", async () => {
    const broken = { ...bindings, RELAY: "{" };
    expect((await get("/schemas/asyncapi.json", broken)).status).toBe(200);
  });

  it.each(["other.json", "constructor", "__proto__", "..%2Fasyncapi.json", ""])("has no %j", async (name) => {
    const response = await get(`/schemas/${name}`);
    expect([response.status, await response.json()]).toEqual([404, { error: "not found" }]);
  });
});

const events = Object.entries(golden).filter(([name]) => !name.startsWith("_"));

describe("the schema of an event", () => {
  it.each(events)("allows the worked example of %s", (_, event) => {
    expect(faultsOfEvent(event)).toEqual([]);
  });

  it("requires what is in every event, and holds amounts to decimal text", () => {
    const { ipay } = golden;
    const { status: _, ...dataWithoutStatus } = ipay.data;
    const without = { ...ipay, data: dataWithoutStatus };
    const withNumber = { ...ipay, data: { ...ipay.data, amount: { ...ipay.data.amount, value: 0.0098 } } };
    expect(faultsOfEvent(without)).toEqual(["event/data must have required property 'status'"]);
    expect(faultsOfEvent(withNumber).join()).toContain("event/data/amount/value must be string");
    expect(faultsOfEvent({ ...ipay, id: "evt_1" }).join()).toContain("event/id must match pattern");
  });

  it("allows what v1 may add, which the relay's own schema does not", () => {
    const { ipay } = golden;
    const later = {
      ...ipay,
      added: true,
      data: {
        ...ipay.data,
        added: {},
        status: "settled",
        verification: { ...ipay.data.verification, assurance: "quantum", added: 1 },
      },
    };
    expect(faultsOfEvent(later)).toEqual([]);
    expect(paymentEvent.safeParse(later).success).toBe(false);
    expect(faultsOfEvent({ ...ipay, data: { ...ipay.data, direction: "sideways" } })).not.toEqual([]);
  });
});

describe("the schema of an alert", () => {
  const headers = new Headers({
    "content-type": "application/json",
    "user-agent": "psp-relay/0",
    "webhook-id": "alr_1",
    "webhook-timestamp": "1790000000",
    "webhook-signature": "v1,AAAA= v1a,BBBB==",
    "idempotency-key": "alr_1",
    "relay-attempt": "1",
    "relay-sequence": "0",
  });
  const relayConfig = { environment: "test", consoleUrl: new URL("https://relay.example.com") };
  const fields = { destination: "crm", shard: "8/1", attempts: 3, known: true, event: undefined };

  it.each(ALERT_NAMES)("allows %s", (about) => {
    const body = alertBody({ about, fields, held: 2, atMs: 1_790_000_000_000 }, relayConfig);
    expect(faultsOfDelivery({ headers, body })).toEqual([]);
    expect(alertMessage.parse(JSON.parse(body)).about).toBe(about);
  });

  it("allows a name that is added later", () => {
    const body = alertBody(
      { about: "news" as AlertName, fields: {}, held: 0, atMs: 1_790_000_000_000 },
      relayConfig,
    );
    expect(faultsOfDelivery({ headers, body })).toEqual([]);
  });

  it("does not allow an alert without its text, a body among its particulars, or an unsigned request", () => {
    const alert = {
      type: "relay.alert",
      about: "silence",
      at: "2026-09-21T14:13:20.000Z",
      text: "x",
      held: 0,
    };
    const faults = (message: object, by = headers) =>
      faultsOfDelivery({ headers: by, body: JSON.stringify(message) }).join();
    const unsigned = new Headers(headers);
    unsigned.delete("webhook-signature");
    expect(faults(alert)).toBe("");
    expect(faults({ ...alert, text: undefined })).toBe("body must have required property 'text'");
    expect(faults({ ...alert, callback: { token: "t" } })).toContain("body/callback must be string");
    expect(faults(alert, unsigned)).toBe("headers must have required property 'webhook-signature'");
  });
});
