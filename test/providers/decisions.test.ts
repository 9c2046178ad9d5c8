/** Single decisions of the providers that no request of the cases turns on: each as a table over the function that makes it. */
import { describe, expect, it } from "vitest";
import { contradicts, meaningOf } from "../../src/providers/cryptopay-meaning.ts";
import { setAsideBy } from "../../src/providers/policy.ts";
import type { Facts, SourceSettings } from "../../src/providers/provider.ts";

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
    ["payment.canceled", "canceled", false],
    ["payment.canceled", "expired", true],
    ["payment.expired", "expired", false],
    ["payment.requires_action", "requires_action", false],
    ["payment.canceled", "cancelled", false],
    ["payment.succeeded", "succeeded", false],
    ["payment.succeeded", "PAID", false],
    ["payment.succeeded", "success", false],
    ["payment.succeeded", "successful", false],
    ["payment.succeeded", "complete", false],
    ["payment.succeeded", "completed", false],
    ["payment.succeeded", "", true],
    ["payment.succeeded", "requires_capture", true],
    ["payment.succeeded", "unpaid", true],
    ["payment.succeeded", "toString", true],
    ["payment.succeeded", null, false],
    ["payment.refunded", "succeeded", false],
    ["payment.amount_capturable_updated", "requires_action", false],
    ["charge.succeeded", "failed", false],
    // A charge that is disputed had succeeded.
    ["charge.dispute.created", "succeeded", false],
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
