/** What the providers send during the outage: payments whose state goes on changing meanwhile. Pure. */
import {
  type Callback,
  type Credentials,
  cryptopay,
  type CryptopayStatus,
  ipay,
  iqpay,
} from "../callbacks.ts";

/** Builds a callback at the provider's clock; a step is sent when the one before it was accepted. */
export type Told = (now: Date) => Callback;

type History = (payment: string, who: Credentials) => Told[];

/** Three events each, on average. */
const HISTORIES: readonly History[] = [
  (payment, { cryptopay: who }) => tell(payment, who, ["pending", "confirmed", "refunded"]),
  (payment, { iqpay: who }) => [
    (now) => iqpay(who, { payment, now, status: "pending" }),
    (now) => iqpay(who, { payment, now }),
  ],
  (payment, { cryptopay: who }) => tell(payment, who, ["created", "pending", "confirmed", "refunded"]),
  (payment, { ipay: who }) => [
    (now) => ipay(who, { payment, now, status: "pending" }),
    (now) => ipay(who, { payment, now }),
  ],
  (payment, { cryptopay: who }) =>
    tell(payment, who, ["created", "pending", "confirmed", "partially_refunded", "refunded"]),
  (payment, { iqpay: who }) => [
    (now) => iqpay(who, { payment, now, kind: "withdrawal", status: "pending" }),
    (now) => iqpay(who, { payment, now, kind: "withdrawal" }),
  ],
];

function tell(payment: string, who: Credentials["cryptopay"], statuses: readonly CryptopayStatus[]): Told[] {
  return statuses.map((status) => (now) => cryptopay(who, { payment, now, status }));
}

/** Payments with so many events in all; the last one's history may be cut short. */
export function payments(who: Credentials, events: number): Told[][] {
  const histories: Told[][] = [];
  for (let left = events, index = 0; left > 0; index += 1) {
    const history = HISTORIES[index % HISTORIES.length]?.(`outage-${index}`, who) ?? [];
    histories.push(history.slice(0, left));
    left -= history.length;
  }
  return histories;
}
