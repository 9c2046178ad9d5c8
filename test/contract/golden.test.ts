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

/** The derivation of docs/events.md#identity once more, apart from the code that it describes. */
async function derived(prefix: string, domain: string, parts: readonly string[]): Promise<string> {
  const utf8 = new TextEncoder();
  const lp = parts.map((part) => `${utf8.encode(part).length}:${part}`).join("");
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", utf8.encode(`${domain}|${lp}`)));
  return `${prefix}${[...hash.subarray(0, 16)].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}

const ORDER = ["M-1001", "ph_77", "INV-42", "acct:991"];
const ipayTxid = golden.ipay.data.blockchain.txid;
const { txid, to } = golden.iqpay_deposit.data.blockchain;
const DEPOSIT_PARTS = ["deposit", "BTC", txid, to, "0.00001124", "2"];

describe("ids of the golden events are those of the documented derivation", () => {
  it.each([
    ["ipay", golden.ipay, [ipayTxid, "acc_demo_1", "12345"], ["status:confirmed"]],
    ["iqpay", golden.iqpay_deposit, DEPOSIT_PARTS, ["1"]],
    ["iqpay", golden.iqpay_withdrawal, ["withdrawal", "11"], ["2"]],
    ["tokenpayments", golden.tokenpayments, ORDER, ["100", "USD", "0.03125", "ETH"]],
  ])("%s", async (provider, event, payment, more) => {
    const source = [provider, "broker-eu"];
    expect(event.data.payment_id).toBe(await derived("pay_", "relay-payment-v1", [...source, ...payment]));
    expect(event.id).toBe(await derived("evt_", "relay-event-v1", [...source, ...payment, ...more]));
  });

  it("cryptopay", async () => {
    const { id, data } = golden.cryptopay;
    const source = ["cryptopay", "broker-eu"];
    expect(data.payment_id).toBe(await derived("pay_", "relay-payment-v1", [...source, "pi_10AbCdEf"]));
    expect(id).toBe(await derived("evt_", "relay-event-v1", [...source, "evt_123", "pi_10AbCdEf"]));
  });
});
