/**
 * What providers send, correct, faulty or forged, as named scenarios with the expected responses.
 *
 * A scenario is data: steps in order, each one callback (or several copies at once) and the
 * expected reply. The genuine callback comes from callbacks.ts; only this file alters it.
 */
import {
  type Callback,
  type Credentials,
  cryptopay,
  cryptopaySigned,
  ipay,
  iqpay,
  type ProviderName,
  success,
  tokenpayments,
} from "./callbacks.ts";

export interface Expected {
  readonly status: number;
  /** `relay-outcome`; null: there must be none. Of copies sent at once, the others may be duplicates. */
  readonly outcome: string | null;
}

export interface Step {
  readonly name: string;
  readonly callback: Callback;
  readonly expected: Expected;
  /** Sent so many times at once. */
  readonly copies?: number;
}

export interface Scenario {
  readonly about: string;
  /** `payment` names the payment; another name gives other ids throughout. */
  steps(payment: string, now: Date): Step[];
}

const ACCEPTED: Expected = { status: 200, outcome: "accepted" };
const DUPLICATE: Expected = { status: 200, outcome: "duplicate" };
const QUARANTINED: Expected = { status: 200, outcome: "quarantined" };
const REFUSED: Expected = { status: 401, outcome: null };

const refused = (status: number): Expected => ({ status, outcome: null });

/** Above every limit the relay may be configured with but small enough to send. */
const OVERSIZED_BYTES = 2_000_000;
const COPIES_AT_ONCE = 50;
const AN_HOUR_MS = 3_600_000;

function step(name: string, callback: Callback, expected: Expected = ACCEPTED): Step {
  return { name, callback, expected };
}

function later(now: Date, ms: number): Date {
  return new Date(now.getTime() + ms);
}

/** What every provider can do, from its one success callback. */
function common<P extends ProviderName>(provider: P, who: Credentials[P]) {
  const make = (payment: string, now: Date) => success(provider, who, { payment, now });
  return {
    success: {
      about: "one successful payment",
      steps: (payment, now) => [step("success", make(payment, now))],
    },
    duplicate: {
      about: "the provider repeats a callback that got a 2xx",
      steps: (payment, now) => [
        step("first", make(payment, now)),
        // The provider's clock has moved on: a new timestamp and signature around the same event.
        step("repeated", make(payment, later(now, provider === "cryptopay" ? 2_000 : 0)), DUPLICATE),
      ],
    },
    "concurrent-duplicate": {
      about: `one callback ${COPIES_AT_ONCE} times at once: accepted once`,
      steps: (payment, now) => [{ ...step("at once", make(payment, now)), copies: COPIES_AT_ONCE }],
    },
  } satisfies Record<string, Scenario>;
}

function ipayScenarios(who: Credentials["ipay"]): Record<string, Scenario> {
  const { success: ok, ...rest } = common("ipay", who);
  return {
    success: ok,
    "pending-confirmed": {
      about: "PENDING, then the success without a status",
      steps: (payment, now) => [
        step("pending", ipay(who, { payment, now, status: "pending" })),
        step("confirmed", ipay(who, { payment, now })),
      ],
    },
    failed: {
      about: "a payment that failed",
      steps: (payment, now) => [step("failed", ipay(who, { payment, now, status: "failed" }))],
    },
    ...rest,
    tampered: {
      about: "the same transaction with another amount: no second event",
      steps: (payment, now) => [
        step("genuine", ipay(who, { payment, now })),
        step("other amount", ipay(who, { payment, now, amount: "9999" }), DUPLICATE),
      ],
    },
    "wrong-token": {
      about: "a forger guesses the token",
      steps: (payment, now) => [
        step("wrong token", ipay({ ...who, token: "tok_wrong" }, { payment, now }), REFUSED),
      ],
    },
    "missing-credential": {
      about: "no token at all",
      steps: (payment, now) => [
        step("no token", ipay({ ...who, token: undefined }, { payment, now }), REFUSED),
      ],
    },
    malformed: {
      about: "a body that is not JSON",
      steps: (payment, now) => [
        step("not JSON", { ...ipay(who, { payment, now }), body: "{'token':" }, refused(400)),
      ],
    },
    oversized: {
      about: "a body above the limit",
      steps: (payment, now) => [step("too large", padded(ipay(who, { payment, now })), refused(413))],
    },
  };
}

function cryptopayScenarios(who: Credentials["cryptopay"]): Record<string, Scenario> {
  const { success: ok, ...rest } = common("cryptopay", who);
  return {
    success: ok,
    "pending-confirmed": {
      about: "created, processing, succeeded",
      steps: (payment, now) => [
        step("created", cryptopay(who, { payment, now, status: "created" })),
        step("pending", cryptopay(who, { payment, now, status: "pending" })),
        step("confirmed", cryptopay(who, { payment, now })),
      ],
    },
    failed: {
      about: "a payment that failed",
      steps: (payment, now) => [step("failed", cryptopay(who, { payment, now, status: "failed" }))],
    },
    refund: {
      about: "succeeded, then a part of it refunded, then all",
      steps: (payment, now) => [
        step("confirmed", cryptopay(who, { payment, now })),
        step("part refunded", cryptopay(who, { payment, now, status: "partially_refunded" })),
        step("all refunded", cryptopay(who, { payment, now, status: "refunded" })),
      ],
    },
    ...rest,
    tampered: {
      about: "a signed body is changed on the way",
      steps: (payment, now) => {
        const genuine = cryptopay(who, { payment, now, amount: "100" });
        const body = genuine.body.replaceAll(":100,", ":999900,");
        return [step("other amount", { ...genuine, body }, REFUSED)];
      },
    },
    stale: {
      about: "a genuine callback, replayed an hour later and dated an hour ahead",
      steps: (payment, now) => [
        step("an hour old", cryptopay(who, { payment, now: later(now, -AN_HOUR_MS) }), REFUSED),
        step("an hour ahead", cryptopay(who, { payment, now: later(now, AN_HOUR_MS) }), REFUSED),
      ],
    },
    "wrong-secret": {
      about: "signed with a secret the relay does not know",
      steps: (payment, now) => [
        step("wrong secret", cryptopay({ ...who, secret: "whsec_wrong" }, { payment, now }), REFUSED),
      ],
    },
    "missing-credential": {
      about: "no signature at all",
      steps: (payment, now) => [
        step("no signature", without("x-cryptopay-signature", cryptopay(who, { payment, now })), REFUSED),
      ],
    },
    malformed: {
      about: "a signed body that is not JSON: kept for a person",
      steps: (_payment, now) => [step("not JSON", cryptopaySigned(who, `{"id":`, now), QUARANTINED)],
    },
    oversized: {
      about: "a body above the limit, rightly signed",
      steps: (payment, now) => [
        step(
          "too large",
          cryptopaySigned(who, padded(cryptopay(who, { payment, now })).body, now),
          refused(413),
        ),
      ],
    },
  };
}

function iqpayScenarios(who: Credentials["iqpay"]): Record<string, Scenario> {
  const { success: ok, ...rest } = common("iqpay", who);
  const wrongPaths = Object.fromEntries(Object.keys(who.paths).map((k) => [k, "wrong-secret"]));
  return {
    success: ok,
    "pending-confirmed": {
      about: "deposit seen on the chain (0), then confirmed (1)",
      steps: (payment, now) => [
        step("pending", iqpay(who, { payment, now, status: "pending" })),
        step("confirmed", iqpay(who, { payment, now })),
      ],
    },
    failed: {
      about: "deposit with a transaction error (2)",
      steps: (payment, now) => [step("failed", iqpay(who, { payment, now, status: "failed" }))],
    },
    reversed: {
      about: "confirmed (1), then an error (2): the payment is reversed",
      steps: (payment, now) => [
        step("confirmed", iqpay(who, { payment, now })),
        step("error after it", iqpay(who, { payment, now, status: "failed" })),
      ],
    },
    withdrawal: {
      about: "a withdrawal: payout.*, which no CRM books as money in",
      steps: (payment, now) => [
        step("pending", iqpay(who, { payment, now, kind: "withdrawal", status: "pending" })),
        step("confirmed", iqpay(who, { payment, now, kind: "withdrawal" })),
      ],
    },
    ...rest,
    tampered: {
      about: "the same withdrawal with another amount: no second event",
      steps: (payment, now) => [
        step("genuine", iqpay(who, { payment, now, kind: "withdrawal" })),
        step("other amount", iqpay(who, { payment, now, kind: "withdrawal", amount: "9" }), DUPLICATE),
      ],
    },
    "wrong-secret": {
      about: "a wrong last path segment, and a wrong sender",
      steps: (payment, now) => [
        step("wrong path", iqpay({ ...who, paths: wrongPaths }, { payment, now }), refused(404)),
        step("wrong sender", iqpay({ ...who, ip: "203.0.113.9" }, { payment, now }), refused(403)),
      ],
    },
    "missing-credential": {
      about: "no secret in the path",
      steps: (payment, now) => {
        const genuine = iqpay(who, { payment, now });
        const path = genuine.path.slice(0, genuine.path.lastIndexOf("/"));
        return [step("no secret", { ...genuine, path }, refused(404))];
      },
    },
    malformed: {
      about: "a body like the document's sample, which is not JSON: kept for a person",
      steps: (payment, now) => [
        step("not JSON", { ...iqpay(who, { payment, now }), body: `{'txid': '${payment}',` }, QUARANTINED),
      ],
    },
    oversized: {
      about: "a body above the limit: iqpay repeats what is refused, so it is kept for a person",
      steps: (payment, now) => [step("too large", padded(iqpay(who, { payment, now })), QUARANTINED)],
    },
  };
}

function tokenpaymentsScenarios(who: Credentials["tokenpayments"]): Record<string, Scenario> {
  const { success: ok, ...rest } = common("tokenpayments", who);
  return {
    success: ok,
    ...rest,
    tampered: {
      about: "a token that was verified for other contents",
      steps: (payment, now) => [
        step("genuine", tokenpayments(who, { payment, now })),
        step("other amount", tokenpayments(who, { payment, now, amount: "999" }), REFUSED),
      ],
    },
    "verifier-false": {
      about: "a token the provider does not know (the verifier says false)",
      steps: (payment, now) => [
        step("unknown token", tokenpayments(who, { payment, now, token: `no_${payment}_0000` }), REFUSED),
      ],
    },
    "wrong-merchant": {
      about: "a valid token for another merchant",
      steps: (payment, now) => [
        step("other merchant", tokenpayments({ ...who, merchantId: "M-9999" }, { payment, now }), REFUSED),
      ],
    },
    "missing-credential": {
      about: "no token at all",
      steps: (payment, now) => {
        const genuine = tokenpayments(who, { payment, now });
        const body = genuine.body.replace(/&token=[^&]*/, "");
        return [step("no token", { ...genuine, body }, REFUSED)];
      },
    },
    malformed: {
      about: "a form with a broken escape",
      steps: (payment, now) => {
        const genuine = tokenpayments(who, { payment, now });
        return [step("broken escape", { ...genuine, body: `${genuine.body}&x=%zz` }, refused(400))];
      },
    },
    oversized: {
      about: "a body above the limit",
      steps: (payment, now) => {
        const genuine = tokenpayments(who, { payment, now });
        const body = `${genuine.body}&padding=${"x".repeat(OVERSIZED_BYTES)}`;
        return [step("too large", { ...genuine, body }, refused(413))];
      },
    },
  };
}

function padded(callback: Callback): Callback {
  const body = callback.body.replace("{", `{"padding":"${"x".repeat(OVERSIZED_BYTES)}",`);
  return { ...callback, body };
}

function without(header: string, callback: Callback): Callback {
  const headers = Object.fromEntries(Object.entries(callback.headers).filter(([name]) => name !== header));
  return { ...callback, headers };
}

/** The scenarios of a provider, by name. */
export function scenariosOf<P extends ProviderName>(
  provider: P,
  who: Credentials[P],
): Record<string, Scenario> {
  const all: { [Q in ProviderName]: (who: Credentials[Q]) => Record<string, Scenario> } = {
    ipay: ipayScenarios,
    cryptopay: cryptopayScenarios,
    iqpay: iqpayScenarios,
    tokenpayments: tokenpaymentsScenarios,
  };
  return all[provider](who);
}

/** What is wrong with the replies to a step; null when they are as expected. */
export function judge(
  step: Step,
  replies: readonly { readonly status: number; readonly outcome: string | null }[],
): string | null {
  const { status, outcome } = step.expected;
  const want = outcome === null ? `${status}` : `${status} ${outcome}`;
  const right = (allowed: readonly (string | null)[]) =>
    replies.every((r) => r.status === status && allowed.includes(r.outcome));
  if (replies.length === 1) return right([outcome]) ? null : `expected ${want}`;
  const first = replies.filter((r) => r.outcome === outcome).length;
  if (first !== 1) return `expected ${want} exactly once, got it ${first} times`;
  return right([outcome, "duplicate"]) ? null : `expected ${want} once and duplicates else`;
}
