/**
 * iPay: fiat to USDT on-ramp (docs/providers.md#ipay). A static token proves the sender and binds nothing:
 * the amounts are believed because the sender is, and a second version of them is a conflict, not money.
 *
 * The document's own sample lets a missing token through; here a token is one non-empty string at
 * exactly one configured place. Two generations of field names are in the wild, both are read.
 */
import { z } from "zod";
import { commonSettings, type SourceFields } from "./settings-fields.ts";
import { asNumberToken, asObject, asText, identifiers, member, statusWord } from "../parse/access.ts";
import { networkOf, splitTicker } from "../parse/currency.ts";
import { canonicalDecimal, compareDecimals } from "../parse/decimal.ts";
import type { JsonValue } from "../parse/strict-json.ts";
import { fromRfc3339, fromUnixSeconds } from "../parse/time.ts";
import type { Secret } from "../verify/secret.ts";
import { readContents } from "../verify/spec/places.ts";
import { verifySpec } from "../verify/spec/spec.ts";
import { jsonAmount, moneyOf, paidAmount, valueOf } from "./amounts.ts";
import type { Callback } from "./callback.ts";
import { statePart, txidPart } from "./keys.ts";
import { kindOf, statusWords, type Meaning } from "./meaning.ts";
import { believedByToken, JSON_BODY, verdictBy, verdictByAddress, type ProofSettings } from "./proof.ts";
import type { Provider, Reading, SourceSettings, Verdict } from "./provider.ts";

const TOKEN_PLACES = ["body:/token", "header:authorization"] as const;

interface IpaySettings extends SourceSettings {
  /** Empty only with an address list and a secret path: then the assurance is `network`. */
  readonly tokens: readonly Secret[];
  readonly proof: ProofSettings;
  readonly pathSecrets: readonly Secret[];
}

/** Only confirmed-by-absence is documented; the words are the document's sample and inference. */
const STATUS_WORDS = statusWords({
  SUCCESS: "confirmed",
  PENDING: "pending",
  PROCESSING: "pending",
  FAILED: "failed",
  REJECTED: "failed",
  EXPIRED: "expired",
  REFUNDED: "refunded",
});

/** A token at the one configured place. */
function proofAt(place: (typeof TOKEN_PLACES)[number]): ProofSettings {
  const spec = verifySpec.parse({ alg: "static", sig: place.replace("body:", "json:") });
  return { spec, believed: believedByToken(spec) };
}

function settings(fields: SourceFields): z.ZodType<IpaySettings> {
  return z
    .strictObject({
      ...fields.common(),
      secrets: fields.secrets().optional(),
      token_at: z.enum(TOKEN_PLACES).default("body:/token"),
      path_secrets: fields.pathSecrets().optional(),
    })
    .check((context) => {
      const { secrets, allow_ips, path_secrets } = context.value;
      if (secrets || (allow_ips.length > 0 && path_secrets)) return;
      context.issues.push({
        code: "custom",
        input: undefined,
        path: ["secrets"],
        message:
          "is required unless both allow_ips and path_secrets are set: an open address is never accepted",
      });
    })
    .transform((input) => ({
      ...commonSettings(input),
      tokens: input.secrets ?? [],
      proof: proofAt(input.token_at),
      pathSecrets: input.path_secrets ?? [],
    }));
}

async function verify(callback: Callback, account: IpaySettings, world: { nowMs: number }): Promise<Verdict> {
  // Whoever sent it, a body that cannot be read is refused: a token beside it says nothing of what was meant.
  const body = await readContents(callback, JSON_BODY);
  if (!body.ok) return { kind: "refused", ...body.error };
  return account.tokens.length === 0
    ? verdictByAddress(callback, account)
    : await verdictBy(account.proof, callback, account.tokens, world.nowMs);
}

/** `{seconds: 1756211921}` (Firestore) or RFC 3339 text; anything else is no time at all. */
function occurredAt(value: JsonValue | undefined): string | null {
  const text = asText(value);
  if (text !== null) return fromRfc3339(text);
  const seconds = asNumberToken(member(asObject(value), "seconds"));
  return seconds === null ? null : fromUnixSeconds(seconds);
}

/** Absence means success ("on successful payments, we POST"); an unknown word never does. */
function meaningOf(word: string | null): Meaning | null {
  return STATUS_WORDS.get(word ?? "SUCCESS") ?? null;
}

async function normalise(callback: Callback): Promise<Reading> {
  const body = await readContents(callback, JSON_BODY);
  if (!body.ok) return { kind: "refused", ...body.error };
  const field = (name: string) => member(body.value.json, name);

  const modern = jsonAmount(field("transferedAmount"));
  const legacy = jsonAmount(field("transferredAmount"));
  if (modern === "bad" || legacy === "bad") return { kind: "quarantined", reason: "bad_amount" };
  if (modern !== "absent" && legacy !== "absent" && compareDecimals(modern.value, legacy.value) !== 0) {
    return { kind: "quarantined", reason: "conflict", detail: "transferedAmount/transferredAmount" };
  }
  const net = modern === "absent" ? legacy : modern;
  const word = statusWord(field("status"));
  const meaning = meaningOf(word);
  const status = meaning?.status ?? null;
  if (status === "confirmed") {
    const paid = paidAmount(net);
    if (typeof paid === "string") return { kind: "quarantined", reason: paid };
  }

  const ids = identifiers(field, ["blockchainTxId", "chain", "accountEDTO", "accountId", "customerID"]);
  if (!ids.ok) return { kind: "quarantined", reason: "missing_event_id", detail: ids.error };
  const { blockchainTxId: txid, chain, customerID: customer } = ids.value;
  if (txid === null) return { kind: "quarantined", reason: "missing_event_id", detail: "blockchainTxId" };
  const network = chain === null ? null : networkOf(chain);
  const ticker = splitTicker(asText(field("currency")) ?? "");
  if (ticker === null && net !== "absent") return { kind: "quarantined", reason: "unknown_currency" };

  const fee = jsonAmount(field("transactionFee"));
  const converted = jsonAmount(field("value_in_usd"));
  const stated = jsonAmount(field("amount"));
  const netValue = valueOf(net);
  const warnings: string[] = ticker?.warning ? [ticker.warning] : [];
  if (fee === "bad") warnings.push("unreadable:transactionFee");
  if (converted === "bad") warnings.push("unreadable:value_in_usd");
  if (stated === "bad") warnings.push("unreadable:amount");
  const statedValue = valueOf(stated);
  if (statedValue !== null && netValue !== null && compareDecimals(statedValue, netValue) !== 0) {
    warnings.push("inconsistent:amount_differs_from_net");
  }

  const currency = ticker?.currency ?? null;
  // `chain` is the field that is there to say it; a ticker that says otherwise is for a person to look at.
  const chainOfMoney = network ?? ticker?.network ?? null;
  if (ticker?.network !== undefined && ticker.network !== chainOfMoney) warnings.push("inconsistent:network");
  const money = (value: string | null) =>
    value === null || currency === null ? null : moneyOf(value, currency, chainOfMoney);
  const convertedValue = valueOf(converted);
  const accountId = ids.value.accountEDTO ?? ids.value.accountId;
  // The customer too: one transaction can pay two of them.
  const payment = [txidPart(txid), accountId, customer];
  return {
    kind: "facts",
    facts: {
      kind: kindOf(meaning),
      direction: "in",
      status,
      eventKey: [...payment, statePart(status, word)],
      subjectKey: payment,
      provider: { event: "payment", event_id: null, payment_id: null, status: word },
      merchantReference: customer,
      amount: money(netValue),
      amountRequested: null,
      amountNet: money(netValue),
      amountConverted: convertedValue === null ? null : moneyOf(convertedValue, "USD"),
      fee: money(valueOf(fee)),
      blockchain: { network: chainOfMoney, txid, from: null, to: null, confirmations: null },
      occurredAt: occurredAt(field("timestamp")),
      warnings,
      contents: {
        "conflict:amount": [netValue === null ? "" : canonicalDecimal(netValue), currency ?? ""].join(" "),
        "conflict:network": chainOfMoney ?? "",
      },
    },
  };
}

export const ipay: Provider<IpaySettings> = {
  name: "ipay",
  success: { status: 200, body: "OK", contentType: "text/plain; charset=utf-8" },
  headers: ["authorization"],
  redact: ["/token"],
  keptInStore: [],
  settings,
  routes: (account) => [{ kind: null, pathSecrets: account.pathSecrets, methods: ["POST"], body: "json" }],
  verify,
  normalise,
};
