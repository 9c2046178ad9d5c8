/** What a refused caller learns: the class of the mistake and nothing else, in responses that cannot be told apart. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { refusal, type RefusedReason } from "../../src/reasons.ts";
import golden from "../cases/golden-events.json";
import { envWith, freshRelay, keptRows, post, type CaseRequest, type Outside } from "../support/worker.ts";

const NOW = "2026-09-21T14:13:25.000Z";
const IQPAY_IP = "198.51.100.7";
const json = { "content-type": "application/json" };
const form = { "content-type": "application/x-www-form-urlencoded" };
let outside: Outside;

beforeEach(async () => {
  outside = await freshRelay(NOW);
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** Everything a caller can see of a response. */
async function seen(request: CaseRequest, clientIp?: string) {
  const response = await post(request, clientIp);
  return { status: response.status, headers: [...response.headers], body: await response.text() };
}

const ipay = (body: object) => ({
  method: "POST",
  path: "/in/ipay/broker-eu",
  headers: json,
  body: JSON.stringify(body),
});
const cryptopay = (signature: string | null) => ({
  method: "POST",
  path: "/in/cryptopay/broker-eu",
  headers: { ...json, ...(signature === null ? {} : { "x-cryptopay-signature": signature }) },
  body: golden.cryptopay.data.raw.body,
});
const tokenpayments = (body: string) => ({
  method: "POST",
  path: "/in/tokenpayments/broker-eu",
  headers: form,
  body,
});

const mac = "0".repeat(64);
const UNAUTHENTICATED: readonly (readonly [RefusedReason, CaseRequest])[] = [
  ["missing_token", ipay({})],
  ["bad_token", ipay({ token: "bad" })],
  ["missing_token", ipay({ token: 1 })],
  ["missing_signature", cryptopay(null)],
  ["malformed_signature", cryptopay("v1")],
  ["bad_signature", cryptopay(`t=1790000000,v1=${mac}`)],
  ["stale", cryptopay(golden["_cryptopay_sig"])],
  ["merchant", tokenpayments("merchant_id=M-2002&token=tkn9f2c0001")],
  ["missing_token", tokenpayments("merchant_id=M-1001")],
  ["token_invalid", tokenpayments("merchant_id=M-1001&token=tkn9f2c0001")],
];

describe("refusals", () => {
  it("every 401 is the same, byte for byte, whatever was wrong", async () => {
    outside.verifier = { status: 200, body: '{"valid":false}' };
    const responses: string[] = [];
    for (const [reason, request] of UNAUTHENTICATED) {
      vi.setSystemTime(reason === "stale" ? Date.parse(NOW) + 3_600_000 : Date.parse(NOW));
      responses.push(JSON.stringify(await seen(request)));
      expect(outside.lines("refused").at(-1)?.reason).toBe(reason);
    }
    expect(new Set(responses).size).toBe(1);
    expect(JSON.parse(responses[0] ?? "")).toMatchObject({
      status: 401,
      body: '{"error":"not authenticated"}',
    });
  });

  it("an address is either right or the same 404", async () => {
    const to = (path: string) => seen({ method: "POST", path, headers: json, body: "{}" }, IQPAY_IP);
    const responses = await Promise.all(
      [
        "/in/stripe/broker-eu",
        "/in/ipay/nobody",
        "/in/ipay/broker-eu/",
        "/in/ipay",
        "/in/iqpay/broker-eu/deposit/wrong",
        "/in/iqpay/broker-eu/deposit/s3cr3t_wd",
        "/in/iqpay/broker-eu/invoice/s3cr3t_dep",
        "/in/iqpay/nobody/deposit/s3cr3t_dep",
        "/in/__proto__/constructor",
      ].map(to),
    );
    expect(new Set(responses.map((response) => JSON.stringify(response))).size).toBe(1);
    expect(responses[0]).toMatchObject({ status: 404, body: '{"error":"not found"}' });
  });

  it("no reason, no event and no outcome is named before verification", async () => {
    outside.verifier = { status: 200, body: '{"valid":false}' };
    vi.setSystemTime(Date.parse(NOW) + 3_600_000);
    for (const [, request] of UNAUTHENTICATED) {
      const { headers } = await seen(request);
      expect(headers.filter(([name]) => name.startsWith("relay-"))).toEqual([]);
    }
    expect(await keptRows()).toEqual([]);
  });

  it("405 names the method of the address", async () => {
    const { status, headers } = await seen({ ...ipay({}), method: "PUT" });
    expect(status).toBe(405);
    expect(headers).toContainEqual(["allow", "POST"]);
  });

  it("a list that refuses an address behind a right secret alerts a person, once", async () => {
    // An account of its own: an isolate remembers which sources have alerted.
    const env = envWith({
      iqpay: {
        drifted: { allow_ips: ["192.0.2.1"], kinds: { deposit: { secrets: ["IQPAY_DEPOSIT_PATH"] } } },
      },
    });
    const request = {
      method: "POST",
      path: "/in/iqpay/drifted/deposit/s3cr3t_dep",
      headers: json,
      body: "{}",
    };
    for (let i = 0; i < 3; i += 1) expect((await post(request, "192.0.2.2", env)).status).toBe(403);
    await vi.waitFor(() =>
      expect(outside.lines("alert")).toMatchObject([{ about: "address_refused", source: "iqpay/drifted" }]),
    );
  });

  it("with a wrong configuration every response is 503 and nothing is accepted", async () => {
    const env = envWith({ ipay: { "broker-eu": { secrets: ["NOT_SET"] } } });
    const response = await post(ipay({ token: "tok_live_B" }), undefined, env);
    expect(response.status).toBe(503);
    expect(Number(response.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(await keptRows()).toEqual([]);
  });

  it("every reason has a public text that names none", () => {
    for (const reason of ["bad_token", "bad_signature", "stale", "merchant", "token_reused"] as const) {
      expect(refusal(reason)).toEqual({ status: 401, text: "not authenticated" });
    }
  });
});
