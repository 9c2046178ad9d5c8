/**
 * Genuine callbacks of the four providers, as their own servers would send them.
 *
 * Pure functions: the same credentials, payment and clock give the same bytes. All identifiers of a
 * payment derive from its name, so a builder called again, later, is the provider's own retry: the
 * same event with a fresh timestamp and signature. What a forger would send is made elsewhere, by
 * altering these (scenarios.ts).
 */
import { createHash, createHmac } from "node:crypto";

export const PROVIDERS = ["ipay", "cryptopay", "iqpay", "tokenpayments"] as const;
export type ProviderName = (typeof PROVIDERS)[number];

/** One HTTP request a provider makes; `path` is relative to the relay. */
export interface Callback {
  /** One of those in code, or a declared one. */
  readonly provider: string;
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What a callback states. Everything but the payment's name and the clock has a sample default. */
export interface Facts<Status extends string> {
  /** Names the payment: the same name is the same payment. */
  readonly payment: string;
  /** The provider's clock. */
  readonly now: Date;
  readonly status?: Status | undefined;
  /** As the provider writes it: decimal, but for CryptoPay, which counts in minor units. */
  readonly amount?: string | undefined;
  /** The merchant's own reference, which the CRM finds in `data.merchant_reference`. */
  readonly reference?: string | undefined;
}

/** The documents search for it: the first payment of the demo and of every `simulate` carries it in its reference. */
const FIRST_PAYMENT = 4711;

/** The name of the n-th sample payment (from 0), `4711-<tag>`: another tag is another payment. */
export function samplePayment(n: number, tag: string): string {
  return `${FIRST_PAYMENT + n}-${tag}`;
}

/** A number token kept exactly as written (a JavaScript number would change it). */
function token(text: string): unknown {
  return (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON(text);
}

function hex(payment: string): string {
  return createHash("sha256").update(payment).digest("hex");
}

function seconds(now: Date): number {
  return Math.floor(now.getTime() / 1000);
}

const JSON_HEADERS = { "content-type": "application/json" };

// ---- iPay: a static token, in the body or in a header -----------------------------------------

export interface IpayCredentials {
  readonly account: string;
  /** Absent: the callback carries none. */
  readonly token?: string | undefined;
  /** Where the token goes: `body:/token` or `header:authorization`. */
  readonly tokenAt: string;
}

export type IpayStatus = "confirmed" | "pending" | "failed";

export function ipay(who: IpayCredentials, facts: Facts<IpayStatus>): Callback {
  const amount = token(facts.amount ?? "25.004500000000000001");
  // A confirmed payment has no `status` in any official payload.
  const words = { confirmed: undefined, pending: "PENDING", failed: "FAILED" };
  const [place, name] = who.tokenAt.split(":", 2) as [string, string];
  const body = {
    accountEDTO: `acc_${who.account}`,
    amount,
    blockchainTxId: `0x${hex(facts.payment)}`,
    chain: "MATIC",
    currency: "USDT",
    customerID: facts.reference ?? `customer-${facts.payment}`,
    status: words[facts.status ?? "confirmed"],
    timestamp: { seconds: seconds(facts.now) },
    transactionFee: token("0.5"),
    transactionFeePrecent: token("0.02"),
    transferedAmount: amount,
    ...(place === "body" ? { [name.replace("/", "")]: who.token } : {}),
  };
  const header = place === "header" && who.token !== undefined ? { [name]: who.token } : {};
  return {
    provider: "ipay",
    method: "POST",
    path: `/in/ipay/${who.account}`,
    headers: { ...JSON_HEADERS, ...header },
    body: JSON.stringify(body),
  };
}

// ---- CryptoPay: an HMAC over the body ----------------------------------------------------------

export interface CryptopayCredentials {
  readonly account: string;
  readonly secret: string;
  readonly scheme: "t-v1" | "raw";
}

export type CryptopayStatus =
  | "created"
  | "pending"
  | "confirmed"
  | "failed"
  | "canceled"
  | "partially_refunded"
  | "refunded";

const CRYPTOPAY_WORDS: Record<CryptopayStatus, string> = {
  created: "created",
  pending: "processing",
  confirmed: "succeeded",
  failed: "failed",
  canceled: "canceled",
  partially_refunded: "",
  refunded: "",
};

/** The header over exactly these bytes: `t=<unix>,v1=<hex>`, or the bare hex of the scheme `raw`. */
export function cryptopaySignature(
  who: Pick<CryptopayCredentials, "secret" | "scheme">,
  body: string,
  now: Date,
): string {
  const sign = (text: string) => createHmac("sha256", who.secret).update(text).digest("hex");
  return who.scheme === "raw" ? sign(body) : `t=${seconds(now)},v1=${sign(`${seconds(now)}.${body}`)}`;
}

/** A signed request around any body. */
export function cryptopaySigned(who: CryptopayCredentials, body: string, now: Date): Callback {
  return {
    provider: "cryptopay",
    method: "POST",
    path: `/in/cryptopay/${who.account}`,
    headers: { ...JSON_HEADERS, "x-cryptopay-signature": cryptopaySignature(who, body, now) },
    body,
  };
}

export function cryptopay(who: CryptopayCredentials, facts: Facts<CryptopayStatus>): Callback {
  const status = facts.status ?? "confirmed";
  const amount = Number(facts.amount ?? "12550");
  const intent = `pi_${hex(facts.payment).slice(0, 16)}`;
  const word = CRYPTOPAY_WORDS[status];
  const common = {
    currency: "usd",
    metadata: { order_id: facts.reference ?? `order-${facts.payment}` },
  };
  const id = `evt_${hex(`${facts.payment}/${status}`).slice(0, 16)}`;
  const event =
    word === ""
      ? {
          id,
          type: "charge.refunded",
          data: {
            object: {
              id: `ch_${hex(facts.payment).slice(0, 16)}`,
              object: "charge",
              payment_intent: intent,
              amount,
              amount_refunded: status === "refunded" ? amount : Math.floor(amount / 5),
              ...common,
            },
          },
        }
      : {
          id,
          type: `payment_intent.${word}`,
          data: {
            object: {
              id: intent,
              object: "payment_intent",
              amount,
              amount_received: status === "confirmed" ? amount : 0,
              status: word,
              created: 1_790_000_000,
              ...common,
            },
          },
        };
  return cryptopaySigned(who, JSON.stringify(event), facts.now);
}

// ---- iqpay: a secret in the address, and the sender's address ----------------------------------

export interface IqpayCredentials {
  readonly account: string;
  /** The last path segment per kind of webhook. */
  readonly paths: Readonly<Record<string, string>>;
  /** The value of `cf-connecting-ip`; Cloudflare sets it in production, a local relay takes the client's. */
  readonly ip: string;
}

export type IqpayStatus = "pending" | "confirmed" | "failed";
const IQPAY_NUMBERS: Record<IqpayStatus, number> = { pending: 0, confirmed: 1, failed: 2 };

export function iqpay(
  who: IqpayCredentials,
  facts: Facts<IqpayStatus> & { readonly kind?: "deposit" | "withdrawal" | undefined },
): Callback {
  const kind = facts.kind ?? "deposit";
  const status = IQPAY_NUMBERS[facts.status ?? "confirmed"];
  const amount = token(facts.amount ?? (kind === "deposit" ? "0.00001124" : "0.022"));
  const body =
    kind === "deposit"
      ? {
          address: `1${hex(`address/${facts.payment}`).slice(0, 33)}`,
          wallet_ext_id: facts.reference ?? `wallet-${facts.payment}`,
          fromAddress: "1SamplePayerAddress",
          txid: hex(facts.payment),
          amount,
          currency: "BTC",
          status,
          convert_currency: "",
          convert_price: 0,
          converted_amount: 0,
        }
      : {
          id: Number.parseInt(hex(facts.payment).slice(0, 8), 16),
          address: `0x${hex(`address/${facts.payment}`).slice(0, 40)}`,
          currency: "ETH",
          amount,
          txid: `0x${hex(facts.payment)}`,
          gas: token("0.000714"),
          timeCreated: seconds(facts.now) - 60,
          ...(status === 1 ? { timeConfirmed: seconds(facts.now) } : {}),
          status,
        };
  return {
    provider: "iqpay",
    method: "POST",
    path: `/in/iqpay/${who.account}/${kind}/${who.paths[kind] ?? "unknown-kind"}`,
    headers: { ...JSON_HEADERS, "cf-connecting-ip": who.ip },
    body: JSON.stringify(body),
  };
}

// ---- TokenPayments: a form with a token that the provider's verifier knows ----------------------

export interface TokenpaymentsCredentials {
  readonly account: string;
  readonly merchantId: string;
}

/** What its verifier's stand-in (verifier-server.ts) calls valid begins with this. */
export const VALID_TOKEN_PREFIX = "tkn";

export function tokenpayments(
  who: TokenpaymentsCredentials,
  facts: Facts<"confirmed"> & { readonly token?: string | undefined },
): Callback {
  const form = new URLSearchParams({
    merchant_id: who.merchantId,
    token: facts.token ?? `${VALID_TOKEN_PREFIX}${hex(facts.payment).slice(0, 24)}`,
    page_hash: "ph_77",
    item_name: "Deposit",
    item_desc: "",
    invoice: facts.reference ?? `INV-${facts.payment}`,
    custom: "acct:991",
    amount1: "100",
    currency1: "USD",
    amount2: facts.amount ?? "0.03125",
    currency2: "ETH",
  });
  return {
    provider: "tokenpayments",
    method: "POST",
    path: `/in/tokenpayments/${who.account}`,
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: form.toString(),
  };
}

/** Who signs as which provider. */
export interface Credentials {
  readonly ipay: IpayCredentials;
  readonly cryptopay: CryptopayCredentials;
  readonly iqpay: IqpayCredentials;
  readonly tokenpayments: TokenpaymentsCredentials;
}

/** The successful payment of any provider. */
export function success<P extends ProviderName>(
  provider: P,
  who: Credentials[P],
  facts: Omit<Facts<"confirmed">, "status">,
): Callback {
  const builders: {
    [Q in ProviderName]: (who: Credentials[Q], facts: Facts<"confirmed">) => Callback;
  } = {
    ipay,
    cryptopay,
    iqpay,
    tokenpayments,
  };
  return builders[provider](who, facts);
}
