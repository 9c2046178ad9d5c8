/**
 * TokenPayments: a form with a token that the provider vouches for on request (docs/providers.md#tokenpayments).
 * The token binds no content: who holds a fresh one can claim anything with it, so a token that once
 * served one order never serves another, and the CRM compares amounts with its order.
 *
 * No outbound call for junk: form, merchant, token syntax and reuse are decided first. A verifier
 * that says neither `true` nor `false` is down: the callback is deferred, never guessed.
 */
import { z } from "zod";
import { commonSettings, type SourceFields } from "./settings-fields.ts";
import type { Status } from "../event.ts";
import { asIdentifier, identifiers } from "../parse/access.ts";
import { splitTicker } from "../parse/currency.ts";
import { sha256Hex } from "../verify/digest.ts";
import { readContents, type Place } from "../verify/spec/places.ts";
import { askVerifier, isTokenSyntax, verifierUrl } from "../verify/verifier.ts";
import { moneyOf, paidAmount, textAmount } from "./amounts.ts";
import type { Callback } from "./callback.ts";
import { amountPart, tickerPart, type KeyPart } from "./keys.ts";
import { FORM_BODY, namesMerchant } from "./proof.ts";
import type { Provider, Reading, SourceSettings, Verdict, World } from "./provider.ts";
import type { Because, RefusedReason } from "../reasons.ts";

const VERIFIER = "https://tokenpayments.io/api/token-verifier/";

interface TokenpaymentsSettings extends SourceSettings {
  readonly merchantId: string;
  /** The token is appended as one path segment. */
  readonly verifierUrl: URL;
  readonly dedupe: "order" | "token";
  readonly onOutage: "defer" | "503";
  /** An IPN says "payment made", not whether the chain has confirmed it. */
  readonly status: Extract<Status, "pending" | "confirmed">;
}

function settings(fields: SourceFields): z.ZodType<TokenpaymentsSettings> {
  return z
    .strictObject({
      ...fields.common(),
      merchant_id: z.string().min(1),
      verifier_url: fields
        .outboundUrl()
        .refine((url) => url.pathname.endsWith("/") && url.search === "", "must end with / and have no query")
        .prefault(VERIFIER),
      dedupe: z.enum(["order", "token"]).default("order"),
      on_outage: z.enum(["defer", "503"]).default("defer"),
      status: z.enum(["pending", "confirmed"]).default("confirmed"),
    })
    .transform((input) => ({
      ...commonSettings(input),
      merchantId: input.merchant_id,
      verifierUrl: input.verifier_url,
      dedupe: input.dedupe,
      onOutage: input.on_outage,
      status: input.status,
    }));
}

const MERCHANT: Place = { kind: "form", name: "merchant_id", text: "form:merchant_id" };

type Form = ReadonlyMap<string, string>;

/** The fields of a form in which no name is given twice. */
async function readForm(callback: Callback): Promise<Form | Because<RefusedReason>> {
  const contents = await readContents(callback, FORM_BODY);
  return contents.ok ? (contents.value.form ?? new Map()) : contents.error;
}

/** A sender of forms may pad with zeros what a sender of JSON must not. */
function unpadded(token: string): string {
  return token.replace(/^0+(?=\d)/, "");
}

/** The order, and the customer it names: all that tells one payment from another. */
function orderOf(form: Form): readonly KeyPart[] {
  return ["merchant_id", "page_hash", "invoice", "custom"].map((name) => form.get(name) || null);
}

/** The order and what was paid for it, in canonical parts. */
function eventKeyOf(form: Form): readonly KeyPart[] {
  const amount = (name: string) => amountPart(unpadded(form.get(name) ?? "") || null);
  const ticker = (name: string) => tickerPart(form.get(name) || null);
  return [...orderOf(form), amount("amount1"), ticker("currency1"), amount("amount2"), ticker("currency2")];
}

/**
 * Whom a token has served, for the token registry: the account it was verified for, the order, and what
 * was paid on which chain. Nothing that was vouched for once may be said of anything else.
 */
async function ownerOf(form: Form, source: string): Promise<string> {
  const chains = ["currency1", "currency2"].map((name) => splitTicker(form.get(name) ?? "")?.network ?? null);
  return await sha256Hex(JSON.stringify([source, ...eventKeyOf(form), ...chains]));
}

/** What the registry knows a token by, so that it holds none. */
function tokenHash(form: Form): Promise<string> {
  return sha256Hex(`tokenpayments|${form.get("token") ?? ""}`);
}

/** Believed, and its token used up for this order: also by a callback that turns out to be unusable. */
function verified(hash: string, owner: string): Verdict {
  return {
    kind: "verified",
    verification: { method: "callback_get", assurance: "callback_token", covers: ["token"], key: null },
    reservation: { key: hash, owner, taken: "token_reused" },
  };
}

async function verify(callback: Callback, account: TokenpaymentsSettings, world: World): Promise<Verdict> {
  const form = await readForm(callback);
  if ("reason" in form) return { kind: "refused", ...form };
  if (!(await namesMerchant(callback, [[MERCHANT, account.merchantId]]))) {
    return { kind: "refused", reason: "merchant" };
  }
  const token = form.get("token");
  if (!token) return { kind: "refused", reason: "missing_token" };
  const url = isTokenSyntax(token) ? verifierUrl(account.verifierUrl, token) : null;
  if (!url) return { kind: "refused", reason: "token_syntax" };

  const [hash, owner] = await Promise.all([tokenHash(form), ownerOf(form, world.source)]);
  const known = await world.tokens.consult({ tokenHash: hash, owner, fingerprint: callback.sha256 });
  switch (known.kind) {
    case "refused":
      return { kind: "refused", reason: "token_invalid" };
    case "undecided":
      return { kind: "deferred", reason: known.reason };
    case "reserved":
      // For this order it is byte for byte what the verifier already vouched for: not worth another question.
      return known.owner === owner ? verified(hash, owner) : { kind: "refused", reason: "token_reused" };
    case "ask":
  }

  const answer = await askVerifier(url, world.fetch);
  if ("outage" in answer) {
    await world.tokens.undecided(hash, answer.outage);
    return { kind: "deferred", reason: answer.outage };
  }
  if (answer.valid) return verified(hash, owner);
  await world.tokens.refuse(hash);
  return { kind: "refused", reason: "token_invalid" };
}

async function normalise(callback: Callback, account: TokenpaymentsSettings): Promise<Reading> {
  const form = await readForm(callback);
  if ("reason" in form) return { kind: "refused", ...form };
  const text = (name: string) => form.get(name);

  const amount = (name: string) => textAmount(unpadded(text(name) ?? ""));
  const paid = paidAmount(amount("amount2"));
  if (typeof paid === "string") return { kind: "quarantined", reason: paid };
  const asked = amount("amount1");
  if (asked === "bad") return { kind: "quarantined", reason: "bad_amount", detail: "amount1" };
  const paidTicker = splitTicker(text("currency2") ?? "");
  const askedTicker = splitTicker(text("currency1") ?? "");
  if (!paidTicker || (asked !== "absent" && !askedTicker))
    return { kind: "quarantined", reason: "unknown_currency" };

  const ids = identifiers(text, ["page_hash", "invoice"]);
  if (!ids.ok) return { kind: "quarantined", reason: "missing_event_id", detail: ids.error };
  const { page_hash: pageHash, invoice } = ids.value;
  // Free text of the merchant's own: part of the key as it is, a reference only if it is fit to be one.
  const custom = asIdentifier(text("custom"));
  if (pageHash === null && invoice === null) return { kind: "quarantined", reason: "missing_event_id" };

  const token = await tokenHash(form);
  const byToken = account.dedupe === "token";
  const warnings: string[] = [paidTicker, askedTicker].flatMap((ticker) => ticker?.warning ?? []).slice(0, 1);
  if (invoice === null && custom === null && text("custom")) warnings.push("unreadable:custom");
  return {
    kind: "facts",
    facts: {
      kind: "status",
      direction: "in",
      status: account.status,
      eventKey: byToken ? [account.merchantId, token] : eventKeyOf(form),
      // Who counts by token says that each is a payment: the second one of an order is no repeat of its state.
      subjectKey: [...orderOf(form), ...(byToken ? [token] : [])],
      provider: { event: "ipn", event_id: null, payment_id: pageHash, status: null },
      merchantReference: invoice ?? custom,
      amount: moneyOf(paid.value, paidTicker.currency, paidTicker.network),
      amountRequested:
        asked === "absent" || !askedTicker
          ? null
          : moneyOf(asked.value, askedTicker.currency, askedTicker.network),
      amountNet: null,
      amountConverted: null,
      fee: null,
      blockchain: null,
      occurredAt: null,
      warnings,
      contents: {},
      // A second payment of the same order with the same amounts looks like a repeat: it is kept and alerted.
      instance: byToken ? undefined : token,
    },
  };
}

export const tokenpayments: Provider<TokenpaymentsSettings> = {
  name: "tokenpayments",
  success: { status: 200, body: "", contentType: null },
  headers: [],
  redact: ["token"],
  keptInStore: ["token"],
  settings,
  routes: () => [{ kind: null, pathSecrets: [], methods: ["POST"], body: "form" }],
  verify,
  normalise,
};
