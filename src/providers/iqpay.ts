/**
 * iqpay: crypto processing for brokers (docs/providers.md#iqpay). Nothing is signed: a callback is believed
 * because it came to a secret address, from a listed IP if a list is given (assurance `network`).
 *
 * iqpay repeats whatever is not answered with exactly 200, so once the address is right everything
 * is answered 200: what cannot be read is kept and quarantined. The kind of a callback comes from
 * its address and never from its body, and a body of the other kind never becomes money in.
 */
import { z } from "zod";
import { commonSettings, type SourceFields } from "./settings-fields.ts";
import type { Money, Status } from "../event.ts";
import { asText, identifiers, statusWord } from "../parse/access.ts";
import { nativeNetwork, splitTicker } from "../parse/currency.ts";
import { canonicalDecimal, isPositive } from "../parse/decimal.ts";
import { fromUnixSeconds } from "../parse/time.ts";
import type { Secret } from "../verify/secret.ts";
import { moneyOf, paidAmount, valueOf } from "./amounts.ts";
import type { Callback } from "./callback.ts";
import { amountOf, readFields, scalar, STATUS_WORDS, type Field, type Fields } from "./iqpay-fields.ts";
import { amountPart, tickerPart, txidPart } from "./keys.ts";
import { kindOf } from "./meaning.ts";
import { verdictByAddress } from "./proof.ts";
import {
  METHODS,
  type Facts,
  type Method,
  type Provider,
  type Reading,
  type Route,
  type SourceSettings,
} from "./provider.ts";

const KINDS = ["deposit", "withdrawal", "invoice", "confirmations"] as const;
type Kind = (typeof KINDS)[number];

interface KindSettings {
  readonly method: Method;
  readonly secrets: readonly Secret[];
}

interface IqpaySettings extends SourceSettings {
  readonly kinds: Readonly<Partial<Record<Kind, KindSettings>>>;
}

function settings(fields: SourceFields): z.ZodType<IqpaySettings> {
  const kind = z.strictObject({
    method: z.enum(METHODS).default("POST"),
    secrets: fields.pathSecrets(),
  });
  return z
    .strictObject({
      ...fields.common(),
      kinds: z
        .partialRecord(z.enum(KINDS), kind)
        .refine((kinds) => Object.keys(kinds).length > 0, "needs at least one kind, e.g. deposit"),
    })
    .transform((input) => ({ ...commonSettings(input), kinds: input.kinds }));
}

function routes(account: IqpaySettings): Route[] {
  return Object.entries(account.kinds).map(([kind, { method, secrets }]) => ({
    kind,
    pathSecrets: secrets,
    methods: [method],
    body: "any",
  }));
}

async function normalise(callback: Callback, account: IqpaySettings): Promise<Reading> {
  const fields = await readFields(callback, account.maxBodyBytes);
  if ("reason" in fields) return { kind: "quarantined", ...fields };
  switch (callback.kind) {
    case "deposit":
      return transfer(fields, "deposit");
    case "withdrawal":
      return transfer(fields, "withdrawal");
    default:
      return undocumented(callback, fields, callback.kind ?? "");
  }
}

/** On a shared address a withdrawal could be taken for money in: the shape must agree with the address. */
function agreesWithKind(field: Field, kind: "deposit" | "withdrawal"): boolean {
  const has = (name: string) => field(name) !== undefined;
  const likeDeposit = has("wallet_ext_id") || has("fromAddress");
  const likeWithdrawal = has("id") || has("gas") || has("timeCreated") || has("timeConfirmed");
  // The documented withdrawal table has neither, so a bare body is never a deposit.
  return kind === "deposit" ? likeDeposit && !likeWithdrawal : !likeDeposit;
}

function transfer({ field, warnings }: Fields, kind: "deposit" | "withdrawal"): Reading {
  if (!agreesWithKind(field, kind)) return { kind: "quarantined", reason: "kind_mismatch" };
  const amount = amountOf(field("amount"));
  const word = statusWord(field("status"));
  const meaning = STATUS_WORDS.get(word ?? "") ?? null;
  const status = meaning?.status ?? null;
  // A withdrawal that has not gone out may lack its amount; a deposit is known by it.
  const mayLack = kind === "withdrawal" && status !== "confirmed" && amount === "absent";
  const paid = mayLack ? null : paidAmount(amount);
  if (typeof paid === "string") return { kind: "quarantined", reason: paid };

  const currencyWord = asText(field("currency"));
  const ticker = splitTicker(currencyWord ?? "");
  if (ticker === null) return { kind: "quarantined", reason: "unknown_currency" };
  const ids = identifiers(field, ["txid", "address", "id", "fromAddress", "wallet_ext_id"]);
  if (!ids.ok) return { kind: "quarantined", reason: "missing_event_id", detail: ids.error };
  const { txid, address, id, fromAddress, wallet_ext_id: wallet } = ids.value;
  const identity = kind === "deposit" ? txid !== null && address !== null : id !== null || txid !== null;
  if (!identity) return { kind: "quarantined", reason: "missing_event_id" };

  const network = ticker.network ?? nativeNetwork(ticker.currency);
  const value = paid?.value ?? null;
  const money = (of: string | null): Money | null =>
    of === null ? null : moneyOf(of, ticker.currency, network);
  const own =
    kind === "deposit"
      ? deposit(field, { currency: currencyWord, txid, address, value, wallet })
      : withdrawal(field, { id, txid, address, status, value, currency: ticker.currency });
  return {
    kind: "facts",
    facts: {
      kind: kindOf(meaning),
      direction: kind === "deposit" ? "in" : "out",
      status,
      eventKey: [...own.subject, word],
      subjectKey: own.subject,
      provider: { event: kind, event_id: null, payment_id: id, status: word },
      merchantReference: own.reference,
      amount: money(value),
      amountRequested: null,
      amountNet: null,
      amountConverted: own.converted,
      fee: money(own.fee),
      blockchain: {
        network,
        txid,
        from: fromAddress,
        to: address,
        confirmations: null,
      },
      occurredAt: own.occurredAt,
      warnings: [...warnings, ...(ticker.warning ? [ticker.warning] : []), ...own.warnings],
      contents: { ...own.contents, "conflict:network": network ?? "" },
    },
  };
}

interface KindFacts {
  readonly subject: Facts["subjectKey"];
  readonly reference: string | null;
  readonly converted: Money | null;
  readonly fee: string | null;
  readonly occurredAt: string | null;
  readonly warnings: readonly string[];
  readonly contents: Facts["contents"];
}

function deposit(
  field: Field,
  of: Readonly<Record<"currency" | "txid" | "address" | "value" | "wallet", string | null>>,
): KindFacts {
  const converted = amountOf(field("converted_amount"));
  const ticker = splitTicker(asText(field("convert_currency")) ?? "");
  const convertedValue = valueOf(converted);
  return {
    // With the customer: coins with tags have one address for all of them.
    subject: [
      "deposit",
      tickerPart(of.currency),
      txidPart(of.txid),
      of.address,
      amountPart(of.value),
      of.wallet,
    ],
    reference: of.wallet,
    converted:
      ticker && convertedValue !== null && isPositive(convertedValue)
        ? moneyOf(convertedValue, ticker.currency)
        : null,
    fee: null,
    occurredAt: null,
    warnings: converted === "bad" ? ["unreadable:converted_amount"] : [],
    contents: {},
  };
}

function withdrawal(
  field: Field,
  of: Readonly<Record<"id" | "txid" | "address" | "value", string | null>> & {
    readonly status: Status | null;
    readonly currency: string;
  },
): KindFacts {
  const gas = amountOf(field("gas"));
  const time = (name: string) => {
    const token = scalar(field(name));
    return token === null || token === "0" ? null : fromUnixSeconds(token);
  };
  const confirmed = time("timeConfirmed");
  const warnings = gas === "bad" ? ["unreadable:gas"] : [];
  if (of.status === "failed" && confirmed !== null)
    warnings.push("inconsistent:timeConfirmed_with_error_status");
  return {
    subject:
      of.id === null
        ? ["withdrawal", null, of.currency, txidPart(of.txid), of.address, amountPart(of.value)]
        : ["withdrawal", of.id],
    reference: null,
    converted: null,
    fee: valueOf(gas),
    occurredAt: confirmed ?? time("timeCreated"),
    warnings,
    contents: { "conflict:amount": `${of.value === null ? "" : canonicalDecimal(of.value)} ${of.currency}` },
  };
}

/** Create invoice, update confirmations: documented by name only, forwarded as the provider's own word. */
function undocumented(callback: Callback, { field, warnings }: Fields, kind: string): Reading {
  const ids = identifiers(field, ["txid", "id", "address", "wallet_ext_id"]);
  if (!ids.ok) return { kind: "quarantined", reason: "missing_event_id", detail: ids.error };
  const { txid, id, address, wallet_ext_id: wallet } = ids.value;
  const currency = asText(field("currency"));
  const confirmations = scalar(field("confirmations"));
  const known = kind === "confirmations" && txid !== null;
  const network = networkOfCurrency(currency);
  const subject = known
    ? [kind, tickerPart(currency), txidPart(txid), address, wallet]
    : [kind, callback.sha256];
  return {
    kind: "facts",
    facts: {
      kind: "provider",
      direction: "in",
      status: null,
      eventKey: known ? [...subject, confirmations] : subject,
      subjectKey: subject,
      provider: {
        event: kind,
        event_id: null,
        payment_id: id,
        status: statusWord(field("status")),
      },
      merchantReference: wallet,
      amount: null,
      amountRequested: null,
      amountNet: null,
      amountConverted: null,
      fee: null,
      blockchain:
        txid === null
          ? null
          : { network, txid, from: null, to: null, confirmations: smallCount(confirmations) },
      occurredAt: null,
      warnings: [...warnings],
      contents: {},
    },
  };
}

function networkOfCurrency(currency: string | null): string | null {
  const ticker = currency === null ? null : splitTicker(currency);
  return ticker && (ticker.network ?? nativeNetwork(ticker.currency));
}

/** A count of blocks, not money: a number in the event, if it is a small one. */
function smallCount(token: string | null): number | null {
  return token !== null && /^\d{1,9}$/.test(token) ? Number(token) : null;
}

export const iqpay: Provider<IqpaySettings> = {
  name: "iqpay",
  success: { status: 200, body: "", contentType: null },
  headers: [],
  redact: [],
  keptInStore: [],
  settings,
  routes,
  // The secret address and the list were checked before a byte was read; there is nothing else to verify.
  verify: (callback, account) => Promise.resolve(verdictByAddress(callback, account)),
  normalise,
};
