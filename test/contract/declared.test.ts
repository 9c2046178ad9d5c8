/**
 * Providers that are declared, through the whole relay: one in the configuration alone, and every preset with its
 * sample, from the callback to the CRM.
 */
import { afterEach, describe, expect, it, vi } from "vitest";
import { Webhook } from "standardwebhooks";
import type { PaymentEvent } from "../../src/event.ts";
import { toHex } from "../../src/parse/encoding.ts";
import { declaration } from "../../src/providers/declared/declaration.ts";
import { presets } from "../../src/providers/presets/index.ts";
import { requestOf, type Sample } from "../../tools/lib/declared/samples.ts";
import { sign } from "../../tools/lib/declared/sign.ts";
import { acme } from "../support/acme.ts";
import { secrets } from "../support/bindings.ts";
import { NOW_MS, proofOf } from "../support/declared.ts";
import { envWith, freshRelay, keptById, keptRows, post, runAlarms } from "../support/worker.ts";

const NOW = new Date(NOW_MS).toISOString();
const SECRET = "the-secret-of-acme";
const env = envWith({ acme: { shop: { secrets: ["ACME_SECRET"] } } }, { ACME_SECRET: SECRET }, { acme });

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const callback = {
  kind: "payment",
  event_id: "e-1",
  payment: { id: "p-1", state: "done", amount: "12.50", currency: "EUR", order: "order-1" },
};

async function fromAcme(body: object, secret = SECRET, { method = "POST", here = env } = {}) {
  const url = "https://relay.test/in/acme/shop";
  const unsigned = {
    method,
    url,
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  };
  const { headers, body: sent } = await sign(proofOf(declaration.parse(acme)), secret, unsigned, NOW_MS);
  return await post({ method, path: "/in/acme/shop", headers, body: sent }, undefined, here);
}

describe("a provider in the configuration alone", () => {
  it("is accepted, answered in its own words, and forwarded signed", async () => {
    const outside = await freshRelay(NOW);
    const response = await fromAcme(callback);
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toBe("text/plain");
    expect(await response.text()).toBe("thanks");
    expect(response.headers.get("relay-outcome")).toBe("accepted");
    const [delivered] = outside.delivered;
    if (!delivered) throw new Error("nothing was delivered");
    const event = new Webhook(secrets.CRM_SIGNING_SECRET).verify(
      delivered.body,
      Object.fromEntries(delivered.headers),
    ) as PaymentEvent;
    expect(event).toMatchObject({
      type: "payment.confirmed",
      data: {
        amount: { value: "12.50", currency: "EUR" },
        merchant_reference: "order-1",
        provider: {
          name: "acme",
          account: "shop",
          event: "payment",
          event_id: "e-1",
          payment_id: "p-1",
          status: "done",
        },
        verification: {
          method: "hmac-sha256",
          assurance: "signed",
          covers: ["body", "timestamp"],
          key: "ACME_SECRET",
        },
      },
    });
  });

  it("is deduplicated, folded by its payment, and refused unsigned", async () => {
    await freshRelay(NOW);
    const outcome = async (body: object, secret?: string) => {
      const response = await fromAcme(body, secret);
      return response.headers.get("relay-outcome") ?? String(response.status);
    };
    expect(await outcome(callback, "another")).toBe("401");
    expect(
      await outcome({ ...callback, event_id: "e-0", payment: { ...callback.payment, state: "waiting" } }),
    ).toBe("accepted");
    expect(await outcome(callback)).toBe("accepted");
    expect(await outcome(callback)).toBe("duplicate");
    expect(await outcome({ ...callback, event_id: "e-2" })).toBe("superseded");
    const rows = (await keptRows()).filter(({ state }) => state === "accepted");
    expect(rows.map(({ event }) => [event?.type, event?.data.sequence])).toEqual([
      ["payment.pending", 1],
      ["payment.confirmed", 2],
    ]);
  });

  it("is taken by each of its methods and no other, as the same event", async () => {
    await freshRelay(NOW);
    const here = envWith(
      { acme: { shop: { secrets: ["ACME_SECRET"] } } },
      { ACME_SECRET: SECRET },
      { acme: { ...acme, methods: ["POST", "PUT"] } },
    );
    const outcomes: (string | null)[] = [];
    for (const method of ["POST", "PUT"]) {
      const response = await fromAcme(callback, SECRET, { method, here });
      outcomes.push(response.headers.get("relay-outcome"));
    }
    expect(outcomes).toEqual(["accepted", "duplicate"]);
    const refused = await fromAcme(callback, SECRET, { method: "DELETE", here });
    expect(refused.status).toBe(405);
    expect(refused.headers.get("allow")).toBe("POST, PUT");
  });

  it("is quarantined with its amount unreadable, and kept as it came", async () => {
    const outside = await freshRelay(NOW);
    const response = await fromAcme({ ...callback, payment: { ...callback.payment, amount: "12,50" } });
    expect(response.headers.get("relay-outcome")).toBe("quarantined");
    expect(response.headers.get("relay-reason")).toBe("bad_amount:amount");
    expect(outside.delivered).toEqual([]);
  });
});

const samples = Object.fromEntries(
  Object.entries(
    import.meta.glob<Sample>("../../tools/samples/*.json", { eager: true, import: "default" }),
  ).map(([file, sample]) => [file.replace(/^.*\/|\.json$/g, ""), sample]),
);

describe("the preset", () => {
  it.each(presets.filter(({ written }) => written.fetch === undefined))(
    "$name: its sample reaches the CRM, once, and answered as the provider wants it",
    async ({ name, written }) => {
      const outside = await freshRelay(NOW);
      const sample = samples[name];
      if (!sample) throw new Error("no sample");
      const settings = { ...sample.settings, secrets: ["SAMPLE_SECRET"] };
      const here = envWith({ [name]: { shop: settings } }, { SAMPLE_SECRET: sample.secret });
      const declared = declaration.parse(written);
      const unsigned = requestOf(sample, `https://relay.test/in/${name}/shop`);
      const { headers, body } = await sign(proofOf(declared), sample.secret, unsigned, NOW_MS);
      const send = () =>
        post({ method: declared.methods[0] ?? "", path: `/in/${name}/shop`, headers, body }, undefined, here);

      const first = await send();
      expect(first.headers.get("relay-outcome")).toBe("accepted");
      expect(first.status).toBe(200);
      const answer = declared.reply.body.replace("{now}", String(NOW_MS / 1_000));
      expect(await first.text()).toBe(answer);
      const second = await send();
      expect(second.headers.get("relay-outcome")).toBe("duplicate");
      expect(second.headers.get("relay-warning")).toBeNull();
      expect(await second.text()).toBe(answer);

      await runAlarms();
      expect(outside.delivered.map(({ body }) => (JSON.parse(body) as PaymentEvent).type)).toEqual([
        sample.expect.type,
      ]);
      const kept = await keptById(first.headers.get("relay-event-id") ?? "");
      const everything = JSON.stringify([kept, outside.delivered, outside.logged]);
      expect(everything).not.toContain(sample.secret);
    },
  );

  it("whose event is named in a header keeps it when the callback is set aside", async () => {
    await freshRelay(NOW);
    const sample = samples["standard_webhooks"];
    const preset = presets.find(({ name }) => name === "standard_webhooks");
    if (!sample || !preset) throw new Error("no sample");
    const here = envWith(
      { standard_webhooks: { shop: { secrets: ["SAMPLE_SECRET"] } } },
      { SAMPLE_SECRET: sample.secret },
    );
    const unsigned = { ...requestOf(sample, "https://relay.test/in/standard_webhooks/shop"), body: "[]" };
    const { headers, body } = await sign(
      proofOf(declaration.parse(preset.written)),
      sample.secret,
      { ...unsigned, body: "{" },
      NOW_MS,
    );
    const response = await post(
      { method: "POST", path: "/in/standard_webhooks/shop", headers, body },
      undefined,
      here,
    );
    expect(response.headers.get("relay-outcome")).toBe("quarantined");
    const [row] = await keptRows();
    const stored = JSON.parse(row?.callback ?? "{}") as { headers?: Record<string, string> };
    expect(stored.headers).toEqual({ "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek" });
  });

  it("whose answer has to be signed signs it, with the newest secret and its own time", async () => {
    await freshRelay(NOW);
    const sample = samples["praxis"];
    const preset = presets.find(({ name }) => name === "praxis");
    if (!sample || !preset) throw new Error("no sample");
    const settings = { ...sample.settings, secrets: ["SAMPLE_SECRET", "OLD_SECRET"] };
    const here = envWith(
      { praxis: { shop: settings } },
      { SAMPLE_SECRET: "new-secret", OLD_SECRET: sample.secret },
    );
    const unsigned = requestOf(sample, "https://relay.test/in/praxis/shop");
    const spec = proofOf(declaration.parse(preset.written));
    const { headers, body } = await sign(spec, sample.secret, unsigned, NOW_MS);
    const response = await post({ method: "POST", path: "/in/praxis/shop", headers, body }, undefined, here);
    const now = NOW_MS / 1_000;
    expect(await response.json()).toEqual({ status: 0, description: "Ok", version: "1.3", timestamp: now });
    const digest = await crypto.subtle.digest("SHA-384", new TextEncoder().encode(`0${now}new-secret`));
    expect(response.headers.get("gt-authentication")).toBe(toHex(new Uint8Array(digest)));
    expect(response.headers.get("relay-outcome")).toBe("accepted");
  });
});
