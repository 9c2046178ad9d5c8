/** The console shows a provider that is in the configuration alone as it shows the others. */
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { declaration } from "../../src/providers/declared/declaration.ts";
import { sign } from "../../tools/lib/declared/sign.ts";
import { acme } from "../support/acme.ts";
import { secrets } from "../support/bindings.ts";
import { Visitor } from "../support/console.ts";
import { NOW_MS, proofOf } from "../support/declared.ts";
import { envWith, freshRelay, post } from "../support/worker.ts";

const SECRET = "the-secret-of-acme";
const env = envWith({ acme: { shop: { secrets: ["ACME_SECRET"] } } }, { ACME_SECRET: SECRET }, { acme });

beforeEach(async () => {
  await freshRelay(new Date(NOW_MS).toISOString());
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** A callback of it, and the relay's answer. */
async function fromAcme(id: string, amount: string): Promise<Response> {
  const body = {
    kind: "payment",
    event_id: id,
    payment: { id, state: "done", amount, currency: "EUR", order: `order-${id}` },
  };
  const unsigned = {
    method: "POST",
    url: "https://relay.test/in/acme/shop",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  };
  const { headers, body: sent } = await sign(proofOf(declaration.parse(acme)), SECRET, unsigned, NOW_MS);
  return await post({ method: "POST", path: "/in/acme/shop", headers, body: sent }, undefined, env);
}

it("its address is among those to give to providers, before anything has come", async () => {
  const visitor = await Visitor.signIn(secrets.ADMIN_TOKEN, env);
  expect(await visitor.page("/")).toContain("/in/acme/shop");
});

it("its event is found and shown with its source, its own word and how it was proved", async () => {
  const id = (await fromAcme("p-1", "12.50")).headers.get("relay-event-id") ?? "";
  const visitor = await Visitor.signIn(secrets.ADMIN_TOKEN, env);
  const page = await visitor.page(`/events/${id}`);
  for (const text of ["acme/shop", "12.50", "EUR", "order-p-1", "hmac-sha256", "signed"]) {
    expect(page).toContain(text);
  }
});

it("its callback that cannot be used waits for a person, with the reason", async () => {
  const response = await fromAcme("p-2", "12,50");
  expect(response.headers.get("relay-outcome")).toBe("quarantined");
  const visitor = await Visitor.signIn(secrets.ADMIN_TOKEN, env);
  const page = await visitor.page(`/events/${response.headers.get("relay-event-id") ?? ""}`);
  expect(page).toContain("acme/shop");
  expect(page).toContain("bad_amount");
});
