/** The five worked examples of `payment-event.v1`: what comes out is theirs to the last character, ids and order of keys included. */
import { afterEach, describe, expect, it, vi } from "vitest";
import type { PaymentEvent } from "../../src/event.ts";
import { sha256Hex } from "../../src/verify/digest.ts";
import golden from "../cases/golden-events.json";
import { relay } from "../support/bindings.ts";
import { envWith, freshRelay, keptById, post, type CaseRequest } from "../support/worker.ts";

const IQPAY_IP = "198.51.100.7";
const RECEIVED_AT = "2026-09-21T14:13:25.123Z";

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const bodyOf = (event: { data: { raw: { body: string } } }) => event.data.raw.body;

function jsonTo(path: string, body: string, headers: Record<string, string> = {}): CaseRequest {
  return { method: "POST", path, headers: { "content-type": "application/json", ...headers }, body };
}

const IPAY = jsonTo("/in/ipay/broker-eu", bodyOf(golden.ipay).replace("[redacted]", "tok_demo"));
const CRYPTOPAY = jsonTo("/in/cryptopay/broker-eu", bodyOf(golden.cryptopay), {
  "x-cryptopay-signature": golden["_cryptopay_sig"],
});
const DEPOSIT = jsonTo("/in/iqpay/broker-eu/deposit/s3cr3t_dep", bodyOf(golden.iqpay_deposit));
const PENDING_DEPOSIT = { ...DEPOSIT, body: (DEPOSIT.body ?? "").replace('"status":1,', '"status":0,') };
const WITHDRAWAL = jsonTo("/in/iqpay/broker-eu/withdrawal/s3cr3t_wd", bodyOf(golden.iqpay_withdrawal));
const TOKENPAYMENTS: CaseRequest = {
  method: "POST",
  path: "/in/tokenpayments/broker-eu",
  headers: { "content-type": "application/x-www-form-urlencoded" },
  body: bodyOf(golden.tokenpayments).replace("[redacted]", "tkn9f2c0001"),
};

/** The token that the example's hash was taken over. */
const env = envWith(relay.sources, { IPAY_TOKEN: "tok_demo" });

/** The event of the last of these requests, each with a 200. */
async function eventOf(requests: readonly CaseRequest[]): Promise<PaymentEvent | null> {
  const outside = await freshRelay(RECEIVED_AT);
  outside.verifier = { status: 200, content_type: "application/json", body: '{"valid":true}' };
  let eventId = "";
  for (const request of requests) {
    const response = await post(request, IQPAY_IP, env);
    expect(response.status).toBe(200);
    expect(response.headers.get("relay-outcome")).toBe("accepted");
    eventId = response.headers.get("relay-event-id") ?? "";
  }
  return (await keptById(eventId))?.event ?? null;
}

describe("golden events", () => {
  it.each([
    ["ipay", golden.ipay, [IPAY]],
    ["cryptopay", golden.cryptopay, [CRYPTOPAY]],
    ["iqpay deposit, after its status 0", golden.iqpay_deposit, [PENDING_DEPOSIT, DEPOSIT]],
    ["iqpay withdrawal", golden.iqpay_withdrawal, [WITHDRAWAL]],
  ])("%s", async (_, expected, requests) => {
    const event = await eventOf(requests);
    expect(event).toEqual(expected);
    expect(JSON.stringify(event)).toBe(JSON.stringify(expected));
  });

  it("tokenpayments: the example does not state its token, so its hash is that of the bytes sent here", async () => {
    const sha256 = await sha256Hex(TOKENPAYMENTS.body ?? "");
    const { data, ...envelope } = golden.tokenpayments;
    const expected = { ...envelope, data: { ...data, raw: { ...data.raw, sha256 } } };
    const event = await eventOf([TOKENPAYMENTS]);
    expect(event).toEqual(expected);
    expect(JSON.stringify(event)).toBe(JSON.stringify(expected));
  });
});
