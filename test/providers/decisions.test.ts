/** Single decisions of the providers that no request of the cases turns on: each as a table over the function that makes it. */
import { describe, expect, it } from "vitest";
import { contradicts, meaningOf } from "../../src/providers/cryptopay-meaning.ts";
import { setAsideBy } from "../../src/providers/policy.ts";
import type { Facts, SourceSettings, TokenRecord, TokenUse } from "../../src/providers/provider.ts";
import golden from "../cases/golden-events.json";
import { callbackOf, config } from "../support/callbacks.ts";

describe("a CryptoPay type beside its object's status", () => {
  it.each([
    // Whatever the payment has become since it was made, it was made.
    ["payment.created", "processing", false],
    ["payment.created", "succeeded", false],
    ["payment_intent.created", "canceled", false],
    ["payment.processing", "processing", false],
    ["payment.processing", "succeeded", true],
    ["payment.processing", "requires_capture", false],
    ["payment.failed", "succeeded", true],
    ["payment.failed", "failed", false],
    ["payment.canceled", "cancelled", false],
    ["payment.succeeded", "succeeded", false],
    ["payment.succeeded", "PAID", false],
    ["payment.succeeded", "requires_capture", true],
    ["payment.succeeded", "unpaid", true],
    ["payment.succeeded", "toString", true],
    ["payment.succeeded", null, false],
    ["payment.refunded", "succeeded", false],
    ["payment.amount_capturable_updated", "requires_action", false],
    ["charge.succeeded", "failed", false],
    ["payout.created", "failed", false],
  ])("%s beside %s contradicts it: %s", (type, word, expected) => {
    expect(contradicts(meaningOf(type), word)).toBe(expected);
  });
});

describe("the chains of an account", () => {
  const settings = { mode: "live", networks: ["tron"] } as unknown as SourceSettings;
  const money = (network?: string) => ({ value: "1", currency: "USDT", ...(network ? { network } : {}) });
  const chain = (network: string | null) => ({
    network,
    txid: "t",
    from: null,
    to: null,
    confirmations: null,
  });
  const decide = (facts: Partial<Facts>) =>
    setAsideBy(settings, { amount: null, blockchain: null, ...facts } as Facts);

  it.each([
    ["an amount on one of them", { amount: money("tron") }, null],
    ["an amount on another", { amount: money("ethereum") }, "network:ethereum"],
    ["an amount on none", { amount: money() }, "network:none"],
    // A withdrawal that has not gone out has no amount yet.
    ["no amount, on one of them", { blockchain: chain("tron") }, null],
    ["no amount, on another", { blockchain: chain("bitcoin") }, "network:bitcoin"],
    ["no amount, on none", { blockchain: chain(null) }, "network:none"],
    [
      "an amount that names no chain where the transaction does",
      { amount: money(), blockchain: chain("tron") },
      null,
    ],
    ["neither amount nor chain", {}, null],
  ])("%s", (_, facts, detail) => {
    expect(decide(facts)).toEqual(detail === null ? null : { reason: "unknown_currency", detail });
  });

  it("do not matter to an account that names none", () => {
    expect(
      setAsideBy({ ...settings, networks: null }, { amount: money("x"), blockchain: null } as Facts),
    ).toBeNull();
  });
});

describe("a TokenPayments token", () => {
  const source = config.sources.get("tokenpayments/broker-eu");
  const FORM = golden.tokenpayments.data.raw.body.replace("[redacted]", "tkn9f2c0001");
  const SHA256 = "f".repeat(64);

  /** What is made of the callback when the registry says this of its token, and how often the verifier was asked. */
  async function verifiedWith(known: (use: TokenUse) => TokenRecord | { kind: "ask" }) {
    let asked = 0;
    const told: unknown[] = [];
    const callback = callbackOf(FORM, { contentType: "application/x-www-form-urlencoded", sha256: SHA256 });
    const verdict = await source?.verify(callback, {
      nowMs: 0,
      source: "tokenpayments/broker-eu",
      fetch: () => {
        asked += 1;
        return Promise.resolve(new Response('{"valid":true}'));
      },
      again: false,
      mayAsk: () => Promise.resolve(true),
      tokens: {
        consult: (use) => Promise.resolve(known(use)),
        refuse: (...about) => Promise.resolve(void told.push(["refuse", ...about])),
        undecided: (...about) => Promise.resolve(void told.push(["undecided", ...about])),
      },
    });
    return { verdict, asked, told };
  }

  it("that served other contents is refused, though it is the provider's", async () => {
    const { verdict, asked } = await verifiedWith(() => ({
      kind: "reserved",
      owner: "another order",
      fingerprint: SHA256,
    }));
    expect(verdict).toEqual({ kind: "refused", reason: "token_reused" });
    expect(asked).toBe(0);
  });

  it("that served these contents is believed without another question", async () => {
    const { verdict, asked } = await verifiedWith(({ owner }) => ({
      kind: "reserved",
      owner,
      fingerprint: SHA256,
    }));
    expect(verdict).toMatchObject({ kind: "verified", reservation: { taken: "token_reused" } });
    expect(asked).toBe(0);
  });

  it("that was refused is refused, and one nobody can tell is deferred", async () => {
    expect(await verifiedWith(() => ({ kind: "refused" }))).toMatchObject({
      verdict: { kind: "refused", reason: "token_invalid" },
      asked: 0,
    });
    expect(await verifiedWith(() => ({ kind: "undecided", reason: "verifier_rate" }))).toMatchObject({
      verdict: { kind: "deferred", reason: "verifier_rate" },
      asked: 0,
    });
  });

  it("that nobody knows is asked about, once", async () => {
    const { verdict, asked, told } = await verifiedWith(() => ({ kind: "ask" }));
    expect(verdict).toMatchObject({ kind: "verified", verification: { key: null } });
    expect(asked).toBe(1);
    expect(told).toEqual([]);
  });
});
