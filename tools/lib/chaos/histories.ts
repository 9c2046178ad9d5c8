/**
 * What payment providers send: payments with a history, unusable callbacks, and forgeries.
 * Pure: the same draws give the same payments.
 */
import {
  type Callback,
  type Credentials,
  cryptopay,
  type CryptopayStatus,
  cryptopaySigned,
  ipay,
  iqpay,
  tokenpayments,
} from "../callbacks.ts";
import type { Random } from "./random.ts";

export interface Step {
  /** The callback as the provider sends it at this moment: a retry is signed anew. */
  readonly make: (now: Date) => Callback;
  /** May a plain repeat be recognised by the shield, which the ledger does not count? */
  readonly shieldable: boolean;
}

/** What happens to one payment, in order: a step is sent when the one before it got a 2xx. */
export type History = readonly Step[];

type BuildHistory = (payment: string, who: Credentials, random: Random) => History;

const HISTORIES: readonly [BuildHistory, ...BuildHistory[]] = [
  (payment, { ipay: who }) => [
    step((now) => ipay(who, { payment, now, status: "pending" })),
    confirmed((now) => ipay(who, { payment, now })),
  ],
  (payment, { ipay: who }) => [confirmed((now) => ipay(who, { payment, now, amount: "0.10" }))],
  (payment, { cryptopay: who }, random) => {
    const whole: readonly CryptopayStatus[] = [
      "created",
      "pending",
      "confirmed",
      "partially_refunded",
      "refunded",
    ];
    const history = whole.slice(0, random.between(1, whole.length));
    // Sometimes a callback comes out of order: it is kept and not forwarded.
    const late: readonly CryptopayStatus[] = history.length > 2 && random.chance(0.2) ? ["failed"] : [];
    return [...history, ...late].map((status) => step((now) => cryptopay(who, { payment, now, status })));
  },
  (payment, { cryptopay: who }) =>
    (["pending", "created", "confirmed"] as const).map((status) =>
      step((now) => cryptopay(who, { payment, now, status })),
    ),
  (payment, { iqpay: who }, random) => [
    step((now) => iqpay(who, { payment, now, status: "pending" })),
    confirmed((now) => iqpay(who, { payment, now })),
    ...(random.chance(0.3) ? [step((now) => iqpay(who, { payment, now, status: "failed" }))] : []),
  ],
  (payment, { iqpay: who }) => {
    const at = new Date();
    return [
      step(() => iqpay(who, { payment, now: at, kind: "withdrawal", status: "pending" })),
      confirmed(() => iqpay(who, { payment, now: at, kind: "withdrawal" })),
    ];
  },
  (payment, { tokenpayments: who }) => [confirmed((now) => tokenpayments(who, { payment, now }))],
];

/** Authentic but unusable: quarantined. */
const UNUSABLE_SHARE = 0.01;

export function history(payment: string, who: Credentials, random: Random): History {
  if (random.chance(UNUSABLE_SHARE)) {
    return [step((now) => cryptopaySigned(who.cryptopay, `{"id":"${payment}",`, now))];
  }
  return random.oneOf(HISTORIES)(payment, who, random);
}

function step(make: Step["make"]): Step {
  return { make, shieldable: true };
}

/** The provider gives this event no id, so a second "confirmed" may not be a repeat: the Inbox is always asked. */
function confirmed(make: Step["make"]): Step {
  return { make, shieldable: false };
}

// ---- forgeries ---------------------------------------------------------------------------------------

type BuildForgery = (payment: string, who: Credentials, now: Date) => Callback;

const FORGERIES: readonly [BuildForgery, ...BuildForgery[]] = [
  (payment, { ipay: who }, now) => ipay({ ...who, token: "tok_guessed" }, { payment, now }),
  (payment, { cryptopay: who }, now) => {
    const genuine = cryptopay(who, { payment, now });
    return { ...genuine, body: genuine.body.replaceAll("12550", "99999") };
  },
  (payment, { cryptopay: who }, now) => cryptopay(who, { payment, now: new Date(now.getTime() - 3_600_000) }),
  (payment, { iqpay: who }, now) => iqpay({ ...who, paths: { deposit: "guessed" } }, { payment, now }),
  (payment, { iqpay: who }, now) => iqpay({ ...who, ip: "203.0.113.9" }, { payment, now }),
  (payment, { tokenpayments: who }, now) => tokenpayments({ ...who, merchantId: "M-9999" }, { payment, now }),
];

export function forgery(payment: string, who: Credentials, random: Random, now: Date): Callback {
  return random.oneOf(FORGERIES)(payment, who, now);
}
