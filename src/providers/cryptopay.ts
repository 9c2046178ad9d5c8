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
import { canonicalJson, type JsonObject } from "../parse/strict-json.ts";
import { fromUnixSeconds } from "../parse/time.ts";
import { sha256Hex } from "../verify/digest.ts";
import type { Secret } from "../verify/secret.ts";
import { minorAmount, paidAmount, refundStatus } from "./amounts.ts";
import type { Callback } from "./callback.ts";
import { contradicts, meaningOf, paymentOf, type Meaning } from "./cryptopay-meaning.ts";
import { keyProblem, proofOf, SIGNATURE_HEADER } from "./cryptopay-signature.ts";
import { JSON_BODY, readProved, verdictBy, type ProofSettings } from "./proof.ts";
import type { Provider, Reading, SourceSettings } from "./provider.ts";

interface CryptopaySettings extends SourceSettings {
  readonly secrets: readonly Secret[];
  readonly proof: ProofSettings;
}

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
      const { spec } = proofOf(context.value);
      for (const [index, secret] of context.value.secrets.entries()) {
        const message = keyProblem(spec, secret);
        if (message === null) continue;
        context.issues.push({ code: "custom", input: secret.id, path: ["secrets", index], message });
      }
    })
    .transform((input) => ({
      ...commonSettings(input),
      secrets: input.secrets,
      proof: proofOf(input),
    }));
}

function minorUnits(object: JsonObject, name: string): ReturnType<typeof minorAmount> | null {
  const value = member(object, name) ?? null;
  return value === null ? null : minorAmount(asNumberToken(value), asText(member(object, "currency")) ?? "");
}

async function normalise(callback: Callback): Promise<Reading> {
  const read = await readProved(callback, JSON_BODY);
  if ("kind" in read) return read;
  const root = read.json;
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
  if (meaning.kind !== "provider" && paymentId === null) {
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
  if (typeof received === "string") return unusable(received, read.received);
  if (typeof requested === "string") return unusable(requested, read.requested);
  if (typeof refunded === "string") return unusable(refunded, read.refunded);
  const paid = received ?? requested;
  const claimed = meaning.status === "confirmed" ? paidAmount(paid ?? "absent") : null;
  if (typeof claimed === "string") return { reason: claimed };
  const base = { amount: paid, requested };
  if (!meaning.refund) return base;
  if (refunded === null || paid === null) return { reason: "missing_amount", detail: read.refunded };
  const status = refundStatus(refunded, paid);
  return status === "bad_amount" ? unusable(status, read.refunded) : { ...base, refunded, status };
}

function unusable(reason: "bad_amount" | "unknown_currency", name: string) {
  return reason === "bad_amount" ? { reason, detail: name } : { reason };
}

export const cryptopay: Provider<CryptopaySettings> = {
  name: "cryptopay",
  success: { status: 200, body: '{"received":true}', contentType: "application/json" },
  headers: [SIGNATURE_HEADER],
  redact: [],
  keptInStore: [],
  settings,
  routes: () => [{ kind: null, pathSecrets: [], methods: ["POST"], body: "json" }],
  verify: (callback, { proof, secrets }, { nowMs }) => verdictBy(proof, callback, secrets, nowMs),
  normalise,
};
