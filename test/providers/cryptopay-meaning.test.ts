/** What a CryptoPay event's type means, and which payment its object speaks of. */
import { describe, expect, it } from "vitest";
import { asObject } from "../../src/parse/access.ts";
import { parseJson } from "../../src/parse/strict-json.ts";
import { meaningOf, paymentOf } from "../../src/providers/cryptopay-meaning.ts";

function objectOf(value: object) {
  const parsed = parseJson(new TextEncoder().encode(JSON.stringify(value)));
  return parsed.ok ? asObject(parsed.value.root) : null;
}

describe("the type", () => {
  it.each([
    ["payment.created", "created"],
    ["payment.processing", "pending"],
    ["payment.succeeded", "confirmed"],
    ["payment.failed", "failed"],
    ["payment.payment_failed", "failed"],
    ["payment.canceled", "canceled"],
    ["payment.cancelled", "canceled"],
    ["payment.expired", "expired"],
    ["payment.requires_action", "action_required"],
    ["payment_intent.succeeded", "confirmed"],
    ["payment_intent.payment_failed", "failed"],
  ])("%s is a payment that is %s", (type, status) => {
    expect(meaningOf(type)).toEqual({ kind: "status", status, about: "payment" });
  });

  it.each([
    ["payment.refunded", "payment"],
    ["payment_intent.refunded", "payment"],
    ["charge.refunded", "charge"],
  ])("%s is a refund, of a %s", (type, about) => {
    expect(meaningOf(type)).toEqual({ kind: "status", status: "refunded", about, refund: true });
  });

  it("charge.dispute.created is a dispute, and amount_capturable_updated no other state", () => {
    expect(meaningOf("charge.dispute.created")).toEqual({
      kind: "status",
      status: "disputed",
      about: "charge",
    });
    expect(meaningOf("payment_intent.amount_capturable_updated")).toEqual({
      kind: "updated",
      status: null,
      about: "payment",
    });
  });

  it.each([
    ["payment.toString", "payment"],
    ["payment.", "other"],
    ["payment", "other"],
    ["payment.succeeded.later", "payment"],
    ["charge.succeeded", "charge"],
    ["charge.dispute.closed", "charge"],
    ["payout.succeeded", "other"],
    ["payout.refunded", "other"],
    ["refunded", "other"],
    ["x.payment.refunded", "other"],
    ["x.payment.succeeded", "other"],
    ["payment_intent_x.succeeded", "other"],
    ["Payment.succeeded", "other"],
    ["payment.succeeded\n", "other"],
    ["", "other"],
  ])("%j is the provider's own word", (type, about) => {
    expect(meaningOf(type)).toEqual({ kind: "provider", status: null, about });
  });
});

describe("the payment of an object", () => {
  it.each([
    [{ id: "pay_1" }, { id: "pay_1" }],
    [{ id: "pay_1", payment_intent: null }, { id: "pay_1" }],
    [{ id: "pay_1", payment_intent: "" }, { id: "pay_1" }],
    [{ id: "pay_1", payment_intent: "pi_1" }, { id: "pi_1" }],
    [{ id: "pay_1", payment_intent: { id: "pi_1" } }, { id: "pi_1" }],
    [{ payment_intent: "pi_1" }, { id: "pi_1" }],
    [{ id: 5 }, { id: null }],
    [{}, { id: null }],
    // One that names an intent we cannot read is no payment of its own.
    [{ id: "pay_1", payment_intent: 7 }, "unreadable"],
    [{ id: "pay_1", payment_intent: {} }, "unreadable"],
    [{ id: "pay_1", payment_intent: { id: 7 } }, "unreadable"],
    [{ id: "pay_1", payment_intent: ["pi_1"] }, "unreadable"],
    [{ id: "pay_1", payment_intent: false }, "unreadable"],
  ])("%j is %j", (object, payment) => {
    expect(paymentOf(objectOf(object), "payment")).toEqual(payment);
    expect(paymentOf(objectOf(object), "charge")).toEqual(payment);
  });

  it("that is neither a payment nor a charge is itself, whatever it names", () => {
    expect(paymentOf(objectOf({ id: "po_1", payment_intent: "pi_1" }), "other")).toEqual({ id: "po_1" });
    expect(paymentOf(objectOf({ id: "po_1", payment_intent: 7 }), "other")).toEqual({ id: "po_1" });
  });

  it("that is not there has no id", () => {
    expect(paymentOf(null, "payment")).toEqual({ id: null });
  });
});
