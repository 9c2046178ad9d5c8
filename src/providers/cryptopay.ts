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
import { fromBase64, fromHex } from "../parse/encoding.ts";
import { sha256Hex } from "../verify/digest.ts";
import { verifyHmac } from "../verify/hmac.ts";
import { liveSecrets, type Secret } from "../verify/secret.ts";
import { parseSignatureHeader } from "../verify/signature-header.ts";
import { skewSeconds, withinTolerance } from "../verify/timestamp.ts";
import { moneyOf } from "./amounts.ts";
import type { Callback } from "./callback.ts";
import type { Facts, Provider, Reading, SourceSettings, Verdict } from "./provider.ts";

const SIGNATURE_HEADER = "x-cryptopay-signature";
const utf8 = new TextEncoder();

interface CryptopaySettings extends SourceSettings {
  readonly secrets: readonly Secret[];
  readonly scheme: "t-v1" | "raw";
  /** `whole`: the secret's text is the key (Stripe); `base64`: what follows `whsec_`, decoded (Standard Webhooks). */
  readonly key: "whole" | "base64";
  readonly encoding: "hex" | "base64";
  readonly toleranceSeconds: number;
}

/** Types with the prefix `payment.` or `payment_intent.`; null: the payment's state stays as it is. */
const PAYMENT_TYPES: Readonly<Record<string, Status | null>> = {
  created: "created",
  processing: "pending",
  succeeded: "confirmed",
  failed: "failed",
  payment_failed: "failed",
  canceled: "canceled",
  cancelled: "canceled",
  expired: "expired",
  requires_action: "action_required",
  amount_capturable_updated: null,
};

/** Words of `data.object.status` that must not contradict a type; others say nothing about it. */
const OBJECT_STATUSES: Readonly<Record<string, Status>> = {
  processing: "pending",
  succeeded: "confirmed",
  failed: "failed",
  canceled: "canceled",
  cancelled: "canceled",
  expired: "expired",
  requires_action: "action_required",
};

/**
 * The only words beside which a `succeeded` type is money. Any other, known or not, may say that the
 * money has not come (`requires_capture`, `unpaid`): a person looks at it.
 */
const SUCCESS_WORDS: ReadonlySet<string> = new Set([
  "succeeded",
  "success",
  "successful",
  "paid",
  "complete",
  "completed",
]);

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

/** Empty when the secret is not of the configured form: refused at configuration time. */
function keyBytes(secret: Secret, form: "whole" | "base64"): Uint8Array {
  if (form === "whole") return utf8.encode(secret.value);
  return fromBase64(secret.value.replace(/^whsec_/, "")) ?? new Uint8Array();
}

interface Signature {
  /** Seconds, digits only; null under `raw`, which signs no time. */
  readonly t: string | null;
  readonly values: readonly string[];
}

function readSignature(header: string, scheme: "t-v1" | "raw"): Signature | null {
  if (scheme === "raw") {
    // A header that came twice is joined with a comma; a name in front (`sha256=`) is another scheme.
    return /^[A-Za-z0-9+/]+={0,2}$/.test(header) ? { t: null, values: [header] } : null;
  }
  const parsed = parseSignatureHeader(header);
  return parsed && { t: parsed.t, values: parsed.v1 };
}

async function verify(
  callback: Callback,
  account: CryptopaySettings,
  world: { nowMs: number },
): Promise<Verdict> {
  const header = callback.headers.get(SIGNATURE_HEADER)?.trim();
  if (!header) return { kind: "refused", reason: "missing_signature" };
  const signature = readSignature(header, account.scheme);
  if (!signature) return { kind: "refused", reason: "malformed_signature" };

  const decode = account.encoding === "hex" ? fromHex : fromBase64;
  const candidates = signature.values.flatMap((value) => decode(value) ?? []);
  const signed = signature.t === null ? [callback.body] : [utf8.encode(`${signature.t}.`), callback.body];
  let matched: Secret | null = null;
  // Every secret is tried, whichever matches first, so that the time does not tell which one it was.
  for (const secret of liveSecrets(account.secrets, world.nowMs)) {
    const matches = await verifyHmac(keyBytes(secret, account.key), signed, candidates);
    if (matches) matched ??= secret;
  }
  if (!matched) return { kind: "refused", reason: "bad_signature" };
  if (signature.t !== null && !withinTolerance(signature.t, world.nowMs, account.toleranceSeconds)) {
    return {
      kind: "refused",
      reason: "stale",
      skewSeconds: skewSeconds(signature.t, world.nowMs) ?? undefined,
    };
  }
  return {
    kind: "verified",
    verification: {
      method: "hmac-sha256",
      assurance: "signed",
      covers: signature.t === null ? ["body"] : ["body", "timestamp"],
      key: matched.id,
    },
  };
}

interface Meaning {
  readonly kind: Facts["kind"];
  readonly status: Status | null;
  /** What the object is: a payment and a charge may name the payment intent they belong to. */
  readonly about: "payment" | "charge" | "other";
  readonly refund?: boolean;
}

function meaningOf(type: string): Meaning {
  const [, noun, word = ""] = /^(payment|payment_intent|charge)\.(.+)$/.exec(type) ?? [];
  const about = noun === undefined ? "other" : noun === "charge" ? "charge" : "payment";
  if (about !== "other" && word === "refunded")
    return { kind: "status", status: "refunded", about, refund: true };
  if (type === "charge.dispute.created") return { kind: "status", status: "disputed", about };
  if (about !== "payment" || !Object.hasOwn(PAYMENT_TYPES, word)) {
    return { kind: "provider", status: null, about };
  }
  const status = PAYMENT_TYPES[word] ?? null;
  return { kind: status === null ? "updated" : "status", status, about };
}

type PaymentName = { readonly id: string | null } | "unreadable";

/**
 * The payment an object speaks of: the payment intent it names, whole or by its id, else itself. One that
 * names an intent we cannot read is not taken for a payment of its own, which would be a second credit.
 */
function paymentOf(object: JsonObject | null, about: Meaning["about"]): PaymentName {
  const own = { id: asIdentifier(member(object, "id")) };
  const named = about === "other" ? null : (member(object, "payment_intent") ?? null);
  if (named === null || named === "") return own;
  const id = asIdentifier(member(asObject(named), "id") ?? named);
  return id === null ? "unreadable" : { id };
}

/** Does the object's own status say something else than the type of the event? */
function contradicts(meaning: Meaning, word: string | null): boolean {
  if (word === null || meaning.about !== "payment" || meaning.refund) return false;
  if (meaning.status === "confirmed") return !SUCCESS_WORDS.has(word.toLowerCase());
  const stated = Object.hasOwn(OBJECT_STATUSES, word) ? OBJECT_STATUSES[word] : undefined;
  const isComparable = meaning.status !== null && meaning.status !== "created";
  return isComparable && stated !== undefined && stated !== meaning.status;
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
