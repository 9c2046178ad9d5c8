import { describe, expect, it } from "vitest";
import { cryptopay, cryptopaySignature, ipay, iqpay, tokenpayments } from "../../tools/lib/callbacks.ts";

const now = new Date("2026-09-21T14:13:20Z"); // 1790000000
const broker = { account: "broker-eu" };
const crypto = { ...broker, secret: "whsec_demo_secret", scheme: "t-v1" } as const;
const paths = { deposit: "dep", withdrawal: "wd" };

describe("CryptoPay", () => {
  // Made with another HMAC implementation.
  const body = `{"id":"evt_123","type":"payment.succeeded","data":{"object":{"id":"pi_10AbCdEf","object":"payment_intent","amount":2000,"amount_received":2000,"currency":"usd","status":"succeeded","created":1640995200,"metadata":{"order_id":"order_123"}}}}`;

  it("is signed over timestamp and body with the whole secret", () => {
    expect(cryptopaySignature(crypto, body, now)).toBe(
      "t=1790000000,v1=815ab605dab9685c74fb6daeca23b8439ccb8297ea64ae32aa497a0543185284",
    );
  });

  it("repeats an event with a fresh signature around the same bytes", () => {
    const first = cryptopay(crypto, { payment: "p", now });
    const again = cryptopay(crypto, { payment: "p", now: new Date(now.getTime() + 1_000) });
    expect(again.body).toBe(first.body);
    expect(again.headers).not.toEqual(first.headers);
  });

  it("gives every status of a payment its own event id and one payment id", () => {
    const [a, b] = (["pending", "confirmed"] as const).map((status) =>
      JSON.parse(cryptopay(crypto, { payment: "p", now, status }).body),
    );
    expect(a.id).not.toBe(b.id);
    expect(a.data.object.id).toBe(b.data.object.id);
  });
});

describe("iPay", () => {
  const who = { ...broker, token: "tok", tokenAt: "body:/token" };

  it("carries the token in the body, or in the header it is configured for", () => {
    expect(JSON.parse(ipay(who, { payment: "p", now }).body).token).toBe("tok");
    const inHeader = ipay({ ...who, tokenAt: "header:authorization" }, { payment: "p", now });
    expect(inHeader.headers["authorization"]).toBe("tok");
    expect(inHeader.body).not.toContain('tok"');
  });

  it("writes amounts as number tokens, exactly as given", () => {
    const { body } = ipay(who, { payment: "p", now, amount: "0.123456789012345678" });
    expect(body).toContain(`"transferedAmount":0.123456789012345678,`);
  });

  it("leaves the token out when there is none", () => {
    expect(ipay({ ...who, token: undefined }, { payment: "p", now }).body).not.toContain("token");
  });
});

it("an iqpay deposit and a withdrawal go to their own addresses", () => {
  const who = { ...broker, paths, ip: "198.51.100.7" };
  const deposit = iqpay(who, { payment: "p", now });
  const withdrawal = iqpay(who, { payment: "p", now, kind: "withdrawal" });
  expect(deposit.path).toBe("/in/iqpay/broker-eu/deposit/dep");
  expect(withdrawal.path).toBe("/in/iqpay/broker-eu/withdrawal/wd");
  expect(deposit.headers["cf-connecting-ip"]).toBe("198.51.100.7");
  expect(JSON.parse(deposit.body).status).toBe(1);
});

it("a TokenPayments callback is a form with a token the stand-in calls valid", () => {
  const { body } = tokenpayments({ ...broker, merchantId: "M-1001" }, { payment: "p", now });
  const form = new URLSearchParams(body);
  expect(form.get("merchant_id")).toBe("M-1001");
  expect(form.get("token")).toMatch(/^tkn[0-9a-f]{24}$/);
});
