/// <reference types="vite/client" />
/** The sample requests of docs/providers.md do what the document says, when they are pasted as they stand. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import document from "../../docs/providers.md?raw";
import { toHex } from "../../src/parse/encoding.ts";
import { hmacSha256 } from "../../src/verify/hmac.ts";
import { secrets } from "../support/bindings.ts";
import { freshRelay, keptById, post } from "../support/worker.ts";
import { requestOf, samplesOf, textsOf, type Sample } from "../support/samples.ts";

const NOW = "2026-09-21T14:13:25.000Z";
const samples = samplesOf(document);

beforeEach(async () => {
  const outside = await freshRelay(NOW);
  outside.verifier = { status: 200, content_type: "application/json", body: '{"valid":true}' };
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** The variables that a shell would compute: the time, and the signature that openssl would make. */
async function computed(script: string): Promise<Record<string, string>> {
  const texts = textsOf(script);
  const t = String(Math.floor(Date.parse(NOW) / 1000));
  const utf8 = new TextEncoder();
  const mac = await hmacSha256(
    utf8.encode(secrets.CRYPTOPAY_SECRET),
    utf8.encode(`${t}.${texts["body"] ?? ""}`),
  );
  return { ...texts, t, v1: toHex(mac) };
}

const sent = async ({ script }: Sample) => await post(requestOf(script, await computed(script)));

it("there is one for each provider", () => {
  expect(samples.map(({ provider }) => provider)).toEqual(["ipay", "cryptopay", "iqpay", "tokenpayments"]);
});

describe.each(samples)("$provider", (sample) => {
  it("is accepted as a confirmed payment, and a duplicate when it is sent again", async () => {
    const first = await sent(sample);
    expect(first.status).toBe(200);
    expect(first.headers.get("relay-outcome")).toBe("accepted");
    const kept = await keptById(first.headers.get("relay-event-id") ?? "");
    expect(kept?.event).toMatchObject({ type: "payment.confirmed", data: { warnings: [] } });
    expect(kept?.event?.data.merchant_reference).not.toBeNull();
    const again = await sent(sample);
    expect(again.headers.get("relay-outcome")).toBe("duplicate");
    expect(again.headers.get("relay-warning")).toBeNull();
  });
});
