/** The options of an account, each through the ingress: what is accepted, what it proves, what the event then says. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { PaymentEvent } from "../../src/event.ts";
import { fromBase64, toBase64, toHex } from "../../src/parse/encoding.ts";
import { hmacSha256 } from "../../src/verify/hmac.ts";
import golden from "../cases/golden-events.json";
import { relay } from "../support/bindings.ts";
import {
  envWith,
  freshRelay,
  keptById,
  keptRows,
  post,
  type CaseRequest,
  type Outside,
} from "../support/worker.ts";

const NOW = "2026-09-21T14:13:25.000Z";
const T = "1790000000";
const utf8 = (text: string) => new TextEncoder().encode(text);
const crypto1 = golden.cryptopay.data.raw.body;
let outside: Outside;

beforeEach(async () => {
  outside = await freshRelay(NOW);
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** An account named `shop` of this provider with these settings. */
function shop(provider: string, settings: object, secrets: Record<string, string> = {}) {
  const env = envWith({ ...relay.sources, [provider]: { shop: settings } }, secrets);
  return async (request: Partial<CaseRequest>, clientIp?: string) => {
    const path = `/in/${provider}/shop${request.path ?? ""}`;
    const headers = { "content-type": "application/json", ...request.headers };
    const response = await post({ method: "POST", ...request, path, headers }, clientIp, env);
    const kept = await keptById(response.headers.get("relay-event-id") ?? "");
    return {
      status: response.status,
      outcome: response.headers.get("relay-outcome"),
      reason: response.headers.get("relay-reason"),
      body: await response.text(),
      event: kept?.event ?? null,
    };
  };
}

const signed = async (body: string, key: Uint8Array, t = T) =>
  toHex(await hmacSha256(key, utf8(`${t}.`), utf8(body)));

describe("iPay", () => {
  const payment = (more: object = {}) =>
    JSON.stringify({
      blockchainTxId: "0x1",
      chain: "MATIC",
      currency: "USDT",
      customerID: 1,
      transferedAmount: 1,
      ...more,
    });

  it("token_at = header:authorization compares the whole header and accepts nothing else", async () => {
    const ask = shop("ipay", { secrets: ["IPAY_TOKEN"], token_at: "header:authorization" });
    const body = payment();
    const withHeader = (authorization: string) => ask({ body, headers: { authorization } });
    expect(await withHeader("Bearer tok_live_B")).toMatchObject({ status: 401 });
    expect(await withHeader("tok_live_B, tok_live_B")).toMatchObject({ status: 401 });
    expect(await withHeader("")).toMatchObject({ status: 401 });
    expect(await ask({ body: payment({ token: "tok_live_B" }) })).toMatchObject({ status: 401 });
    const taken = await withHeader("tok_live_B");
    expect(taken).toMatchObject({ status: 200, outcome: "accepted", body: "OK" });
    expect(taken.event?.data.raw).toMatchObject({ body, redacted: [] });
  });

  it("a token in the body is redacted even where the header is what counts", async () => {
    const ask = shop("ipay", { secrets: ["IPAY_TOKEN"], token_at: "header:authorization" });
    const taken = await ask({ body: payment({ token: "x" }), headers: { authorization: "tok_live_B" } });
    expect(taken.event?.data.raw).toMatchObject({
      body: payment({ token: "[redacted]" }),
      redacted: ["/token"],
    });
  });

  it("without a token, a secret path and an address list prove the network and no more", async () => {
    const settings = { allow_ips: ["192.0.2.0/24"], path_secrets: ["SHOP_PATH"] };
    const ask = shop("ipay", settings, { SHOP_PATH: "path_secret_of_the_shop" });
    const request = { path: "/path_secret_of_the_shop", body: payment() };
    expect(await ask({ body: payment() }, "192.0.2.1")).toMatchObject({ status: 404 });
    expect(await ask({ ...request, path: "/wrong" }, "192.0.2.1")).toMatchObject({ status: 404 });
    expect(await ask(request, "198.51.100.7")).toMatchObject({ status: 403 });
    const taken = await ask(request, "192.0.2.1");
    expect(taken.event?.data.verification).toEqual({
      method: "secret_url+ip_allowlist",
      assurance: "network",
      covers: [],
      key: "SHOP_PATH",
    });
  });

  it("a token and a secret path are both needed where both are set", async () => {
    const settings = { secrets: ["IPAY_TOKEN"], path_secrets: ["SHOP_PATH"] };
    const ask = shop("ipay", settings, { SHOP_PATH: "path_secret_of_the_shop" });
    const path = "/path_secret_of_the_shop";
    expect(await ask({ body: payment({ token: "tok_live_B" }) })).toMatchObject({ status: 404 });
    expect(await ask({ path, body: payment() })).toMatchObject({ status: 401 });
    const taken = await ask({ path, body: payment({ token: "tok_live_B" }) });
    expect(taken.event?.data.verification.assurance).toBe("shared_secret");
  });

  it("a secret is accepted up to its last instant, and not a millisecond longer", async () => {
    const old = { id: "old", name: "IPAY_TOKEN_OLD", not_after: NOW };
    const ask = shop("ipay", { secrets: ["IPAY_TOKEN", old] });
    const body = payment({ token: "tok_prev_A" });
    const taken = await ask({ body });
    expect(taken.event?.data.verification.key).toBe("old");
    expect(outside.lines("callback")).toMatchObject([{ outcome: "accepted", key: "old" }]);
    vi.setSystemTime(Date.parse(NOW) + 1);
    expect(await ask({ body })).toMatchObject({ status: 401 });
    expect(await ask({ body: payment({ token: "tok_live_B" }) })).toMatchObject({ outcome: "duplicate" });
  });

  it("networks are compared by the relay's names, whatever the provider's are", async () => {
    const secrets = ["IPAY_TOKEN"];
    const body = payment({ token: "tok_live_B" });
    expect(await shop("ipay", { secrets, networks: ["tron", "MATIC"] })({ body })).toMatchObject({
      outcome: "accepted",
    });
    expect(await shop("ipay", { secrets, networks: ["ethereum"] })({ body })).toMatchObject({
      outcome: "quarantined",
      reason: "unknown_currency:network:polygon",
    });
    const unchained = payment({ token: "tok_live_B", chain: null });
    expect(await shop("ipay", { secrets, networks: ["polygon"] })({ body: unchained })).toMatchObject({
      reason: "unknown_currency:network:none",
    });
  });
});

describe("iqpay", () => {
  it("networks hold for coins that name their chain in the ticker", async () => {
    const kinds = { deposit: { secrets: ["IQPAY_DEPOSIT_PATH"] } };
    const ask = shop("iqpay", { kinds, networks: ["bitcoin"] });
    const deposit = (currency: string) => ({
      path: "/deposit/s3cr3t_dep",
      body: JSON.stringify({
        wallet_ext_id: "1",
        txid: currency,
        address: "a",
        amount: 1,
        currency,
        status: 1,
      }),
    });
    const taken = await ask(deposit("BTC"));
    expect(taken.event?.data.verification.method).toBe("secret_url");
    expect(await ask(deposit("USDTTRC20"))).toMatchObject({ reason: "unknown_currency:network:tron" });
    expect(await ask(deposit("USDT"))).toMatchObject({ reason: "unknown_currency:network:none" });
  });
});

describe("CryptoPay", () => {
  const secrets = ["CRYPTOPAY_SECRET"];
  const withSignature = (signature: string, body = crypto1) => ({
    body,
    headers: { "x-cryptopay-signature": signature },
  });

  it("scheme = raw takes the MAC of the body alone, and says that it covers no time", async () => {
    const ask = shop("cryptopay", { secrets, scheme: "raw" });
    const mac = golden["_cryptopay_raw_sig"];
    for (const malformed of [golden["_cryptopay_sig"], `sha256=${mac}`, `${mac}, ${mac}`, `${mac} x`]) {
      expect(await ask(withSignature(malformed))).toMatchObject({ status: 401 });
    }
    expect(outside.lines("refused").map((line) => line.reason)).toEqual(
      Array.from({ length: 4 }, () => "malformed_signature"),
    );
    const taken = await ask(withSignature(mac));
    expect(taken).toMatchObject({ outcome: "accepted", body: '{"received":true}' });
    expect(taken.event?.data.verification.covers).toEqual(["body"]);
  });

  it("raw: the MAC of `<t>.<body>` stands for that text only, never for the body inside it", async () => {
    const ask = shop("cryptopay", { secrets, scheme: "raw" });
    const inner = golden["_cryptopay_sig"].split("v1=")[1] ?? "";
    expect(await ask(withSignature(inner))).toMatchObject({ status: 401 });
    expect(await ask(withSignature(inner, `${T}.${crypto1}`))).toMatchObject({ reason: "json" });
  });

  it("encoding = base64, and a key that is the base64 behind whsec_", async () => {
    const key = fromBase64("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw") ?? new Uint8Array();
    const settings = { secrets: ["SHOP"], key: "base64", encoding: "base64" };
    const ask = shop("cryptopay", settings, { SHOP: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" });
    const mac = await hmacSha256(key, utf8(`${T}.${crypto1}`));
    expect(await ask(withSignature(`t=${T},v1=${toHex(mac)}`))).toMatchObject({ status: 401 });
    expect(await ask(withSignature(`t=${T},v1=${toBase64(mac)}`))).toMatchObject({ outcome: "accepted" });
  });

  it("tolerance_seconds = 0 takes a signature of any age; the body is still forwarded only once", async () => {
    const ask = shop("cryptopay", { secrets, tolerance_seconds: 0 });
    const old = `t=1,v1=${await signed(crypto1, utf8("whsec_demo_secret"), "1")}`;
    expect(await ask(withSignature(old))).toMatchObject({ outcome: "accepted" });
    expect(await ask(withSignature(old))).toMatchObject({ outcome: "duplicate" });
  });

  it("a stale timestamp is logged with how far off it was", async () => {
    const ask = shop("cryptopay", { secrets, tolerance_seconds: 60 });
    const t = String(Date.parse(NOW) / 1000 - 61);
    const stale = `t=${t},v1=${await signed(crypto1, utf8("whsec_demo_secret"), t)}`;
    expect(await ask(withSignature(stale))).toMatchObject({ status: 401 });
    expect(outside.lines("refused")).toMatchObject([{ reason: "stale", skewSeconds: 61 }]);
  });

  async function flagged(
    mode: string,
    livemode?: unknown,
  ): Promise<{ outcome: unknown; reason: unknown; event: PaymentEvent | null }> {
    const body = JSON.stringify({ ...(JSON.parse(crypto1) as object), livemode });
    const ask = shop("cryptopay", { secrets, mode });
    return await ask(withSignature(`t=${T},v1=${await signed(body, utf8("whsec_demo_secret"))}`, body));
  }

  it("mode = test accepts what says so or says nothing, and marks the event as a test", async () => {
    expect(await flagged("test", true)).toMatchObject({ outcome: "quarantined", reason: "test_event" });
    const { event } = await flagged("test", false);
    expect(event).toMatchObject({ livemode: false, data: { warnings: ["test_event"] } });
  });

  it("mode = test without a flag: every event of the account is a test", async () => {
    expect((await flagged("test")).event).toMatchObject({ livemode: false });
  });

  it("mode = both takes either, each as it calls itself", async () => {
    expect((await flagged("both", false)).event).toMatchObject({ livemode: false });
    await freshRelay(NOW);
    expect((await flagged("both", true)).event).toMatchObject({ livemode: true, data: { warnings: [] } });
  });

  it("an event id belongs to an account and a payment: others may use the same one", async () => {
    const env = envWith({ cryptopay: { a: { secrets }, b: { secrets } } });
    const other = crypto1.replace("pi_10AbCdEf", "pi_another");
    const mac = await signed(other, utf8("whsec_demo_secret"));
    const to = (account: string, body: string, signature: string) =>
      post(
        {
          method: "POST",
          path: `/in/cryptopay/${account}`,
          headers: { "content-type": "application/json", "x-cryptopay-signature": signature },
          body,
        },
        undefined,
        env,
      );
    expect((await to("a", crypto1, golden["_cryptopay_sig"])).headers.get("relay-outcome")).toBe("accepted");
    expect((await to("b", other, `t=${T},v1=${mac}`)).headers.get("relay-outcome")).toBe("accepted");
    const third = await to("a", other, `t=${T},v1=${mac}`);
    expect(third.headers.get("relay-outcome")).toBe("accepted");
    expect((await to("a", other, `t=${T},v1=${mac}`)).headers.get("relay-outcome")).toBe("duplicate");
  });
});

describe("what the CRM is shown of the callback", () => {
  const request = { body: crypto1, headers: { "x-cryptopay-signature": golden["_cryptopay_sig"] } };
  const shown = async (raw: string) =>
    (await shop("cryptopay", { secrets: ["CRYPTOPAY_SECRET"], raw })(request)).event?.data.raw;

  it("raw = hash keeps the fingerprint and no body", async () => {
    expect(await shown("hash")).toEqual({
      content_type: "application/json",
      sha256: golden.cryptopay.data.raw.sha256,
    });
  });

  it("raw = none keeps nothing", async () => {
    expect(await shown("none")).toBeNull();
  });

  it("raw = full is cut at 8 KiB, without half a character, so that an event stays under 20 KB", async () => {
    const ask = shop("ipay", { secrets: ["IPAY_TOKEN"] });
    const body = `{"token":"tok_live_B","blockchainTxId":"0x1","currency":"USDT","transferedAmount":1,"x":"${"é".repeat(9000)}"}`;
    const { event } = await ask({ body });
    const text = event?.data.raw?.body ?? "";
    expect(event?.data.raw?.truncated).toBe(true);
    expect(new TextEncoder().encode(text).length).toBeLessThanOrEqual(8192);
    expect(text.endsWith("é")).toBe(true);
    expect(text).not.toContain("tok_live_B");
    expect(JSON.stringify(event).length).toBeLessThan(20_000);
  });

  it("words of any length do not make the event longer", async () => {
    const ask = shop("ipay", { secrets: ["IPAY_TOKEN"] });
    const status = "S".repeat(100_000);
    const { event } = await ask({
      body: JSON.stringify({ token: "tok_live_B", blockchainTxId: "0x1", status }),
    });
    expect(event).toMatchObject({ type: "provider.event", data: { provider: { status: "unreadable" } } });
    expect(JSON.stringify(event).length).toBeLessThan(20_000);
  });
});

describe("TokenPayments", () => {
  const form = golden.tokenpayments.data.raw.body;
  const ipn = (token: string) => ({
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: form.replace("[redacted]", token),
  });
  const YES = { status: 200, body: '{"valid":true}' };

  it("status = pending: an IPN says that it was paid, not that a chain has confirmed it", async () => {
    outside.verifier = YES;
    const { event } = await shop("tokenpayments", { merchant_id: "M-1001", status: "pending" })(
      ipn("tkn9f2c0001"),
    );
    expect(event).toMatchObject({ type: "payment.pending", data: { status: "pending" } });
  });

  it("dedupe = token: the same order with another token is another payment", async () => {
    outside.verifier = YES;
    const ask = shop("tokenpayments", { merchant_id: "M-1001", dedupe: "token" });
    expect(await ask(ipn("tkn9f2c0001"))).toMatchObject({ outcome: "accepted" });
    expect(await ask(ipn("tkn9f2c0001"))).toMatchObject({ outcome: "duplicate" });
    expect(await ask(ipn("tkn9f2c0002"))).toMatchObject({ outcome: "accepted" });
  });

  it("on_outage = 503 keeps nothing and asks the provider to come again", async () => {
    outside.verifier = { status: 500 };
    const ask = shop("tokenpayments", { merchant_id: "M-1001", on_outage: "503" });
    expect(await ask(ipn("tkn9f2c0001"))).toMatchObject({ status: 503, outcome: null });
    expect(await keptRows()).toEqual([]);
    outside.verifier = YES;
    expect(await ask(ipn("tkn9f2c0001"))).toMatchObject({ status: 200, outcome: "accepted", body: "" });
  });

  it("a token of one account never serves another", async () => {
    outside.verifier = YES;
    expect(await shop("tokenpayments", { merchant_id: "M-1001" })(ipn("tkn9f2c0001"))).toMatchObject({
      outcome: "accepted",
    });
    const stolen = { ...ipn("tkn9f2c0001"), body: ipn("tkn9f2c0001").body.replace("M-1001", "M-2002") };
    outside.verifier = "must_not_be_called";
    expect(await shop("tokenpayments", { merchant_id: "M-2002" })(stolen)).toMatchObject({ status: 401 });
    expect(outside.lines("refused")).toMatchObject([{ reason: "token_reused" }]);
  });
});
