/**
 * All amounts of a callback by its declaration, and what they say of its state: a confirmation has a positive amount,
 * and a refund is one of the whole only where the provider states both. No amount is computed. Pure.
 */
import type { Money, Status } from "../../event.ts";
import { isPositive } from "../../parse/decimal.ts";
import type { Because, QuarantinedReason } from "../../reasons.ts";
import type { Contents } from "../../verify/spec/places.ts";
import { paidAmount, refundStatus, type Exponents } from "../amounts.ts";
import type { Meaning } from "../meaning.ts";
import { readAmount, type DeclaredAmount } from "./amounts.ts";
import { AMOUNTS, type AmountName, type Declaration } from "./declaration.ts";

export interface Amounts {
  readonly money: { readonly [name in AmountName]?: Money | undefined };
  readonly warnings: readonly string[];
  /** A refund of the whole is another state than a refund of a part. */
  readonly status?: Status | undefined;
}

export const NO_AMOUNTS: Amounts = { money: {}, warnings: [] };

export function readAmounts(
  declared: Declaration,
  meaning: Meaning,
  contents: Contents,
): Amounts | Because<QuarantinedReason> {
  const { amounts } = declared;
  const isRefund = meaning.status === "refunded";
  const given: Partial<Record<AmountName, DeclaredAmount>> = { ...amounts };
  if (!isRefund) delete given.refund;
  // Providers state a total of zero beside every payment.
  if (!isRefund && meaning.status !== "partially_refunded") delete given.refunded;
  // What such a provider states as the amount of a refund is not what was paid.
  if (isRefund && amounts.refund !== undefined) delete given.amount;
  const read = readEach(given, declared.exponents, contents);
  if ("reason" in read) return read;
  if (meaning.status === "confirmed") {
    const claimed = paidAmount(read.money.amount ?? "absent");
    if (claimed === "missing_amount") return { reason: claimed };
    if (claimed === "bad_amount") return { reason: claimed, detail: "amount" };
  }
  const statesRefunds = amounts.refunded !== undefined || amounts.refund !== undefined;
  return isRefund && statesRefunds ? readRefund(declared, read, contents) : read;
}

function readEach(
  amounts: Declaration["amounts"],
  exponents: Exponents,
  contents: Contents,
): Amounts | Because<QuarantinedReason> {
  const money: Partial<Record<AmountName, Money>> = {};
  const warnings = new Set<string>();
  for (const name of AMOUNTS) {
    const declared = amounts[name];
    const amount = declared && readAmount(name, declared, contents, exponents);
    if (amount === undefined || amount === null) continue;
    if ("reason" in amount) return amount;
    money[name] = amount.money;
    if (amount.warning) warnings.add(amount.warning);
  }
  return { money, warnings: [...warnings] };
}

/** By the total that was given back and what it is a part of; where either is not stated, a refund is taken for one of a part. */
function readRefund(
  { amounts, exponents }: Declaration,
  read: Amounts,
  contents: Contents,
): Amounts | Because<QuarantinedReason> {
  const { refunded, refund } = read.money;
  const total = amounts.refunded;
  const paid = total?.whole
    ? readAmount("amount", { ...total, value: total.whole }, contents, exponents)
    : { money: read.money.amount };
  if (paid !== null && "reason" in paid) return paid;
  const amount = paid?.money;
  if (refunded !== undefined && amount !== undefined) {
    const status = refundStatus(refunded, amount);
    if (status === "bad_amount") return { reason: status, detail: "refunded" };
    return { ...read, money: { ...read.money, amount, refund: undefined }, status };
  }
  if (refund === undefined) return { reason: "missing_amount", detail: "refunded" };
  if (!isPositive(refund.value)) return { reason: "bad_amount", detail: "refund" };
  return { ...read, money: { ...read.money, refunded: undefined }, status: "partially_refunded" };
}
