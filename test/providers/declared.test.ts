/** What a declaration makes of amounts that the proof does not cover, and of refunds. */
import { describe, expect, it } from "vitest";
import type { WrittenProvider } from "../../src/providers/declared/written.ts";
import { acme } from "../support/acme.ts";
import { accountOf, outcomeOf, signed } from "../support/declared.ts";

const place = (name: string) => ({ value: `json:/${name}`, currency: "json:/currency" });

/** Of a payment whose word means a refund, with these amounts declared. */
async function refundOf(
  amounts: WrittenProvider["amounts"],
  values: Readonly<Record<string, string>>,
  verify: WrittenProvider["verify"] = acme.verify,
) {
  const written: WrittenProvider = {
    ...acme,
    verify,
    subject_key: ["json:/id"],
    event_key: ["json:/event"],
    status: { at: "json:/word", map: { back: "refunded" } },
    amounts,
    reference: "json:/id",
  };
  const account = accountOf("acme", written, ["new-secret", "old-secret"]);
  const body = JSON.stringify({ id: "p", event: "e", word: "back", currency: "EUR", ...values });
  const request = {
    method: "POST",
    url: "https://relay.test/in/acme/shop",
    headers: { "content-type": "application/json" },
    body,
  };
  const outcome = await outcomeOf(account.source, await signed(account, request, { secret: "new-secret" }));
  if (outcome.kind !== "event") return outcome.reason;
  const { status, amount, amount_refunded, amount_of_refund, verification } = outcome.event.data;
  const shown = [status, amount, amount_refunded, amount_of_refund].map((one) =>
    typeof one === "object" ? (one?.value ?? null) : (one ?? null),
  );
  return { shown, assurance: verification.assurance, covers: verification.covers };
}

const TOTALS = { amount: place("paid"), refunded: place("total") };
const WHOLE = { amount: place("paid"), refunded: { ...place("total"), whole: "json:/captured" } };
const EACH = { amount: place("paid"), refund: place("paid") };
const BOTH = { ...WHOLE, refund: place("paid") };

describe("a refund", () => {
  it.each<
    readonly [
      what: string,
      amounts: WrittenProvider["amounts"],
      values: Record<string, string>,
      shown: unknown,
    ]
  >([
    ["of all that was paid", TOTALS, { paid: "10", total: "10.0" }, ["refunded", "10", "10.0", null]],
    ["of a part of it", TOTALS, { paid: "10", total: "4" }, ["partially_refunded", "10", "4", null]],
    ["of more than it", TOTALS, { paid: "10", total: "10.01" }, "bad_amount:refunded"],
    ["of nothing", TOTALS, { paid: "10", total: "0" }, "bad_amount:refunded"],
    ["without its total", TOTALS, { paid: "10" }, "missing_amount:refunded"],
    [
      "of all that was captured",
      WHOLE,
      { paid: "4", total: "10", captured: "10" },
      ["refunded", "10", "10", null],
    ],
    [
      "of a part of it, paid again",
      WHOLE,
      { paid: "4", total: "4", captured: "10" },
      ["partially_refunded", "10", "4", null],
    ],
    ["without what was captured", WHOLE, { paid: "4", total: "4" }, "missing_amount:refunded"],
    [
      "with a captured amount that cannot be read",
      WHOLE,
      { paid: "4", total: "4", captured: "x" },
      "bad_amount:amount",
    ],
    ["that is stated by itself", EACH, { paid: "10" }, ["partially_refunded", null, null, "10"]],
    ["that is stated by itself, of nothing", EACH, { paid: "0" }, "bad_amount:refund"],
    ["that is not stated", EACH, {}, "missing_amount:refunded"],
    [
      "by its total where both are stated",
      BOTH,
      { paid: "4", total: "10", captured: "10" },
      ["refunded", "10", "10", null],
    ],
    [
      "by itself where the total lacks its whole",
      BOTH,
      { paid: "4", total: "4" },
      ["partially_refunded", null, null, "4"],
    ],
    [
      "of which no amount is declared",
      { amount: place("paid") },
      { paid: "10" },
      ["refunded", "10", null, null],
    ],
  ])("%s", async (_, amounts, values, expected) => {
    const outcome = await refundOf(amounts, values);
    expect(typeof outcome === "string" ? outcome : outcome.shown).toEqual(expected);
  });

  it("whose total is not signed is not called signed, though the amount is", async () => {
    const verify = {
      alg: "hmac-sha256",
      sig: "header:x-acme-signature",
      content: "{json:/id}.{json:/event}.{json:/word}.{json:/paid}.{json:/currency}",
    } as const;
    const whole = await refundOf({ amount: place("paid") }, { paid: "10" }, verify);
    expect(whole).toMatchObject({
      assurance: "signed",
      covers: expect.arrayContaining(["amount"]) as unknown,
    });
    const total = await refundOf(TOTALS, { paid: "10", total: "10" }, verify);
    expect(total).toMatchObject({
      assurance: "partial_signature",
      covers: expect.not.arrayContaining(["amount"]) as unknown,
    });
  });
});
