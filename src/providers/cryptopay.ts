/**
 * CryptoPay (cryptopays.us, a Stripe-like API; not cryptopay.me): HMAC-SHA256 over the raw body
 * (docs/providers.md#cryptopay). The scheme is configuration and never detected: under `raw` the MAC of
 * `"<t>.<body>"` is a valid `t-v1` MAC of `<body>`, so accepting either lets one stand for the other.
 *
 * One payment can be announced under two names (`payment.*`, `payment_intent.*`) with two event ids:
 * the Inbox folds by state, so that the second is superseded and not a second credit.
 */
import { z } from "zod";
import { commonSettings, type SourceFields } from "./settings-fields.ts";
import type { Money, Status } from "../event.ts";
import { DEFAULT_TOLERANCE_SECONDS } from "../limits.ts";
import {
  asIdentifier,
  asNumberToken,
  asObject,
  asText,
  identifiers,
  member,
  statusWord,
} from "../parse/access.ts";
import { minorUnitExponent } from "../parse/currency.ts";
import { compareDecimals, fromMinorUnits, isPositive } from "../parse/decimal.ts";
import { canonicalJson, type JsonObject } from "../parse/strict-json.ts";
import { fromUnixSeconds } from "../parse/time.ts";
import { sha256Hex } from "../verify/digest.ts";
import { moneyOf } from "./amounts.ts";
import type { Callback } from "./callback.ts";
import { contradicts, meaningOf, paymentOf, type Meaning } from "./cryptopay-meaning.ts";
import { keyBytes, SIGNATURE_HEADER, verify, type CryptopaySettings } from "./cryptopay-signature.ts";
import type { Provider, Reading } from "./provider.ts";

function settings(fields: SourceFields): z.ZodType<CryptopaySettings> {
  return z
    .strictObject({
      ...fields.common(),
      secrets: fields.secrets(),
      scheme: z.enum(["t-v1", "raw"]).default("t-v1"),
      key: z.enum(["whole", "base64"]).default("whole"),
      encoding: z.enum(["hex", "base64"]).default("hex"),
      /** 0: no check. */
      tolerance_seconds: z.int().min(0).max(DEFAULT_TOLERANCE_SECONDS).default(DEFAULT_TOLERANCE_SECONDS),
    })
    .check((context) => {
      if (context.value.key !== "base64") return;
      for (const [index, secret] of context.value.secrets.entries()) {
        if (keyBytes(secret, "base64").length > 0) continue;
        context.issues.push({
          code: "custom",
          input: secret.id,
          path: ["secrets", index],
          message: `secret ${secret.id} is not whsec_<base64> although key = "base64"`,
        });
      }
    })
    .transform((input) => ({
      ...commonSettings(input),
      secrets: input.secrets,
      scheme: input.scheme,
      key: input.key,
      encoding: input.encoding,
      toleranceSeconds: input.tolerance_seconds,
    }));
}

type MinorUnits = { readonly value: string } | "absent" | "bad_amount" | "unknown_currency";

/** Integer minor units in the currency's own exponent; an unknown currency is never guessed to have two decimals. */
function minorUnits(object: JsonObject, name: string): MinorUnits {
  const value = member(object, name);
  if (value === undefined || value === null) return "absent";
  // As it was sent: `ſek` upper-cases to SEK, and must not be it.
  const exponent = minorUnitExponent(asText(member(object, "currency")) ?? "");
  if (exponent === null) return "unknown_currency";
  const decimal = fromMinorUnits(asNumberToken(value) ?? "", exponent);
  return decimal === null ? "bad_amount" : { value: decimal };
}

async function normalise(callback: Callback): Promise<Reading> {
  const parsed = callback.json();
  // Signed but unreadable is authentic: kept and looked at. Hostile shapes are refused whoever signed them.
  if (!parsed.ok) {
    return parsed.error.reason === "json"
      ? { kind: "quarantined", reason: "json", detail: parsed.error.detail }
      : { kind: "refused", ...parsed.error };
  }
  const duplicate = parsed.value.duplicates[0];
  if (duplicate) return { kind: "refused", reason: "duplicate_key", detail: duplicate.pointer };

  const { root } = parsed.value;
  const eventId = asIdentifier(member(root, "id"));
  if (eventId === null) return { kind: "quarantined", reason: "missing_event_id" };
  const type = asIdentifier(member(root, "type"));
  if (type === null) return { kind: "quarantined", reason: "missing_event_id", detail: "type" };
  const data = asObject(member(root, "data"));
  const object = asObject(member(data, "object")) ?? data;
  const meaning = meaningOf(type);

  const payment = paymentOf(object, meaning.about);
  if (payment === "unreadable") {
    return { kind: "quarantined", reason: "missing_event_id", detail: "data.object.payment_intent" };
  }
  const paymentId = payment.id;
  if (meaning.kind !== "provider" && (object === null || paymentId === null)) {
    return { kind: "quarantined", reason: "missing_event_id", detail: "data.object.id" };
  }

  const word = statusWord(member(object, "status"));
  if (contradicts(meaning, word)) {
    return { kind: "quarantined", reason: "conflict", detail: "status" };
  }

  const amounts = object === null || meaning.kind === "provider" ? NO_AMOUNTS : readAmounts(object, meaning);
  if ("reason" in amounts) return { kind: "quarantined", ...amounts };

  const subject = paymentId ?? eventId;
  const created = asNumberToken(member(root, "created"));
  const livemode = member(root, "livemode") ?? null;
  const metadata = asObject(member(object, "metadata"));
  const order = identifiers((name) => member(metadata, name), ["order_id"]);
  return {
    kind: "facts",
    facts: {
      kind: meaning.kind,
      direction: "in",
      status: amounts.status ?? meaning.status,
      // With the payment: a provider that uses an id twice must not lose the second payment.
      eventKey: [eventId, subject],
      subjectKey: [subject],
      provider: { event: type, event_id: eventId, payment_id: paymentId, status: word },
      merchantReference: order.ok ? order.value.order_id : null,
      amount: amounts.amount,
      amountRequested: amounts.requested,
      amountNet: null,
      amountConverted: null,
      amountRefunded: amounts.refunded,
      fee: null,
      blockchain: null,
      occurredAt: created === null ? null : fromUnixSeconds(created),
      warnings: order.ok ? [] : ["unreadable:order_id"],
      // Whatever is not plainly `true` is not live.
      livemode: livemode === null ? undefined : livemode === true,
      contents: { "conflict:body": await sha256Hex(canonicalJson(root)) },
    },
  };
}

interface Amounts {
  readonly amount: Money | null;
  readonly requested: Money | null;
  readonly refunded?: Money | undefined;
  /** A refund of the whole is another state than a refund of a part. */
  readonly status?: Status;
}

const NO_AMOUNTS: Amounts = { amount: null, requested: null };

function readAmounts(
  object: JsonObject,
  meaning: Meaning,
): Amounts | { reason: "missing_amount" | "bad_amount" | "unknown_currency"; detail?: string } {
  const read = { received: "amount_received", requested: "amount", refunded: "amount_refunded" } as const;
  const received = minorUnits(object, read.received);
  const requested = minorUnits(object, read.requested);
  const refunded = minorUnits(object, read.refunded);
  for (const [name, value] of Object.entries({ received, requested, refunded })) {
    if (value === "unknown_currency") return { reason: value };
    if (value === "bad_amount") return { reason: value, detail: read[name as keyof typeof read] };
  }
  // Known by now, hence plain letters.
  const currency = (asText(member(object, "currency")) ?? "").toUpperCase();
  const money = (of: MinorUnits) => (typeof of === "string" ? null : moneyOf(of.value, currency));
  const paid = received === "absent" ? requested : received;
  if (meaning.status === "confirmed") {
    if (typeof paid === "string") return { reason: "missing_amount" };
    if (!isPositive(paid.value)) return { reason: "bad_amount" };
  }
  const base = { amount: money(paid), requested: money(requested) };
  if (!meaning.refund) return base;
  if (typeof refunded === "string" || typeof paid === "string") {
    return { reason: "missing_amount", detail: "amount_refunded" };
  }
  const compared = compareDecimals(refunded.value, paid.value);
  if (!isPositive(refunded.value) || compared > 0) return { reason: "bad_amount", detail: "amount_refunded" };
  return {
    ...base,
    refunded: moneyOf(refunded.value, currency),
    status: compared === 0 ? "refunded" : "partially_refunded",
  };
}

export const cryptopay: Provider<CryptopaySettings> = {
  name: "cryptopay",
  success: { status: 200, body: '{"received":true}', contentType: "application/json" },
  headers: [SIGNATURE_HEADER],
  redact: [],
  keptInStore: [],
  settings,
  routes: () => [{ kind: null, pathSecrets: [], method: "POST", body: "json" }],
  verify,
  normalise,
};
