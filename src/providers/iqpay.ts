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
import { asNumberToken, asText, identifiers, member, statusWord } from "../parse/access.ts";
import { readContentType } from "../parse/content-type.ts";
import { nativeNetwork, splitTicker } from "../parse/currency.ts";
import { canonicalDecimal, isPositive } from "../parse/decimal.ts";
import type { JsonValue } from "../parse/strict-json.ts";
import { fromUnixSeconds } from "../parse/time.ts";
import type { Because, QuarantinedReason } from "../reasons.ts";
import type { Secret } from "../verify/secret.ts";
import { moneyOf, paidAmount, textAmount, valueOf, type Amount } from "./amounts.ts";
import type { Callback } from "./callback.ts";
import { amountPart, tickerPart, txidPart } from "./keys.ts";
import type { Facts, Provider, Reading, Route, SourceSettings } from "./provider.ts";

const KINDS = ["deposit", "withdrawal", "invoice", "confirmations"] as const;
type Kind = (typeof KINDS)[number];

interface KindSettings {
  readonly method: Route["method"];
  readonly secrets: readonly Secret[];
}

interface IqpaySettings extends SourceSettings {
  readonly kinds: Readonly<Partial<Record<Kind, KindSettings>>>;
}

const STATUS_WORDS: Readonly<Record<string, Status>> = { "0": "pending", "1": "confirmed", "2": "failed" };

/** The value of the envelope that the document's sample puts in front of the real `status`. */
const ENVELOPE_STATUS = "200";

function settings(fields: SourceFields): z.ZodType<IqpaySettings> {
  const kind = z.strictObject({
    method: z.enum(["GET", "POST", "PUT", "DELETE"]).default("POST"),
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
    method,
    body: "any",
  }));
}

type Field = (name: string) => JsonValue | undefined;
type Unusable = Because<QuarantinedReason>;
type Fields = { readonly field: Field; readonly warnings: readonly string[] };

/** A word or number as its source text; everything else is no scalar. */
function scalar(value: JsonValue | undefined): string | null {
  return asText(value) ?? asNumberToken(value);
}

/**
 * Exactly one source of parameters: the body, or the query where there is none (a GET, and a DELETE of
 * most clients). Both would leave open which of them was meant.
 */
async function readFields(callback: Callback, account: IqpaySettings): Promise<Fields | Unusable> {
  const { method, query, body } = callback;
  if (body.length === 0) {
    return method === "GET" || query !== "" ? readForm(callback.queryForm()) : readJson(callback);
  }
  if (method === "GET" || query !== "") return { reason: "mixed_sources" };
  const format = formatOf(callback, account);
  if (typeof format !== "string") return format;
  return format === "form" ? readForm(await callback.form()) : readJson(callback);
}

const JSON_TYPES: ReadonlySet<string> = new Set(["application/json", "text/json"]);
const FORM_TYPE = "application/x-www-form-urlencoded";

/**
 * How to read a body, or why it cannot be read. iqpay documents no content type and clients have defaults
 * of their own (a form's for curl, plain text for `fetch`), so a JSON object is one whatever it is called.
 */
function formatOf(callback: Callback, { maxBodyBytes }: IqpaySettings): "json" | "form" | Unusable {
  const { contentType, contentEncoding, body, isCut } = callback;
  if (contentEncoding !== null) return { reason: "content_encoding" };
  const given = contentType === null ? { type: "", charset: "utf-8" } : readContentType(contentType);
  if (given === null) return { reason: "content_type" };
  if (given.charset !== "utf-8") return { reason: "charset" };
  if (isCut || body.length > maxBodyBytes) return { reason: "too_large" };
  if (given.type === "" || JSON_TYPES.has(given.type) || looksLikeJson(body)) return "json";
  return given.type === FORM_TYPE ? "form" : { reason: "content_type" };
}

/** No name of a form's field begins with a brace. */
function looksLikeJson(body: Uint8Array): boolean {
  return /^[ \t\r\n]*\{/.test(new TextDecoder().decode(body));
}

type ParsedForm = Awaited<ReturnType<Callback["form"]>>;

function readForm(parsed: ParsedForm): Fields | Unusable {
  if (!parsed.ok) return { reason: "json", detail: parsed.error.reason };
  const { values, duplicates } = parsed.value;
  const warnings = tolerated(
    duplicates.map(({ name, values: all }) => ({ pointer: `/${name}`, values: all })),
  );
  return "reason" in warnings ? warnings : { field: (name) => values.get(name), warnings: warnings.names };
}

function readJson(callback: Callback): Fields | Unusable {
  const parsed = callback.json();
  if (!parsed.ok) {
    const { reason, detail } = parsed.error;
    return { reason: "json", detail: detail ?? (reason === "json" ? undefined : reason) };
  }
  const { root, duplicates } = parsed.value;
  const warnings = tolerated(
    duplicates.map(({ pointer, values }) => ({ pointer, values: values.map(scalar) })),
  );
  return "reason" in warnings ? warnings : { field: (name) => member(root, name), warnings: warnings.names };
}

/**
 * The document's deposit sample carries `status` twice: the envelope's 200, then the real one. Exactly
 * that pair is tolerated, with a warning. In any other order or number nobody can tell which one counts.
 */
function tolerated(
  duplicates: readonly { pointer: string; values: readonly (string | null)[] }[],
): { names: string[] } | Unusable {
  for (const { pointer, values } of duplicates) {
    const [first, second] = values;
    const isSamplePair =
      pointer === "/status" &&
      values.length === 2 &&
      first === ENVELOPE_STATUS &&
      typeof second === "string" &&
      Object.hasOwn(STATUS_WORDS, second);
    if (!isSamplePair) return { reason: "duplicate_key", detail: pointer };
  }
  return { names: duplicates.map(({ pointer }) => `duplicate_key:${pointer}`) };
}

/** A number, or a decimal in text: the document does not say, and its times are given as both. */
function amountOf(value: JsonValue | undefined): Amount {
  if (value === undefined || value === null) return "absent";
  const token = scalar(value);
  return token === null ? "bad" : textAmount(token);
}

async function normalise(callback: Callback, account: IqpaySettings): Promise<Reading> {
  const fields = await readFields(callback, account);
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
  const status = word !== null && Object.hasOwn(STATUS_WORDS, word) ? (STATUS_WORDS[word] ?? null) : null;
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
      kind: status === null ? "provider" : "status",
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
  verify: (callback, account) =>
    Promise.resolve({
      kind: "verified",
      verification: {
        method: account.allowIps.length > 0 ? "secret_url+ip_allowlist" : "secret_url",
        assurance: "network",
        covers: [],
        key: callback.pathKey,
      },
    }),
  normalise,
};
