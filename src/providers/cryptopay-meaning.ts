/** What the words of a CryptoPay event mean: its type, its object's status, and the payment it speaks of. Pure. */
import type { Status } from "../event.ts";
import { asIdentifier, asObject, member } from "../parse/access.ts";
import type { JsonObject } from "../parse/strict-json.ts";
import { kindOf, statusWords } from "./meaning.ts";
import type { Facts } from "./provider.ts";

/** Types with the prefix `payment.` or `payment_intent.`; null: the payment's state stays as it is. */
const PAYMENT_TYPES = statusWords({
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
});

/** Words of `data.object.status` that must not contradict a type; others say nothing about it. */
const OBJECT_STATUSES = statusWords({
  processing: "pending",
  succeeded: "confirmed",
  failed: "failed",
  canceled: "canceled",
  cancelled: "canceled",
  expired: "expired",
  requires_action: "action_required",
});

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

export interface Meaning {
  readonly kind: Facts["kind"];
  readonly status: Status | null;
  /** What the object is: a payment and a charge may name the payment intent they belong to. */
  readonly about: "payment" | "charge" | "other";
  readonly refund?: boolean;
}

/** The meaning of an event's type; a type that is in no table is the provider's own word. */
export function meaningOf(type: string): Meaning {
  const [, noun, word = ""] = /^(payment|payment_intent|charge)\.(.+)$/.exec(type) ?? [];
  const about = noun === undefined ? "other" : noun === "charge" ? "charge" : "payment";
  if (word === "refunded") return { kind: "status", status: "refunded", about, refund: true };
  if (type === "charge.dispute.created") return { kind: "status", status: "disputed", about };
  const meant = about === "payment" ? (PAYMENT_TYPES.get(word) ?? null) : null;
  return { kind: kindOf(meant), status: meant?.status ?? null, about };
}

export type PaymentName = { readonly id: string | null } | "unreadable";

/**
 * The payment an object speaks of: the payment intent it names, whole or by its id, else itself. One that
 * names an intent we cannot read is not taken for a payment of its own, which would be a second credit.
 */
export function paymentOf(object: JsonObject | null, about: Meaning["about"]): PaymentName {
  const own = { id: asIdentifier(member(object, "id")) };
  const named = about === "other" ? null : (member(object, "payment_intent") ?? null);
  if (named === null || named === "") return own;
  const id = asIdentifier(member(asObject(named), "id") ?? named);
  return id === null ? "unreadable" : { id };
}

/** Does the object's own status say something else than the type of the event? */
export function contradicts(meaning: Meaning, word: string | null): boolean {
  if (word === null || meaning.about !== "payment" || meaning.refund) return false;
  if (meaning.status === "confirmed") return !SUCCESS_WORDS.has(word.toLowerCase());
  const stated = OBJECT_STATUSES.get(word)?.status;
  const isComparable = meaning.status !== null && meaning.status !== "created";
  return isComparable && stated !== undefined && stated !== meaning.status;
}
