/**
 * Callbacks that give every page of the console something to show: payments of all providers, a refund, repeats,
 * forgeries, what has to be set aside, and a receiver that fails for the last of them.
 */
import {
  type Callback,
  type Credentials,
  cryptopay,
  cryptopaySigned,
  ipay,
  iqpay,
  tokenpayments,
} from "./callbacks.ts";

/** Those that a receiver accepts, and those that it then fails. */
export interface SampleDay {
  readonly before: readonly Callback[];
  readonly whileFailing: readonly Callback[];
}

export function sampleDay(who: Credentials, now: Date): SampleDay {
  const later = (seconds: number) => new Date(now.getTime() + seconds * 1_000);
  const order = { payment: "order-4711", reference: "order-4711" };
  const invoice = { payment: "INV-2041", reference: "INV-2041" };
  return {
    before: [
      ipay(who.ipay, { payment: "client-848151", reference: "848151", now, amount: "25.5" }),
      cryptopay(who.cryptopay, { ...order, now, status: "pending", amount: "200000" }),
      cryptopay(who.cryptopay, { ...order, now: later(1), amount: "200000" }),
      iqpay(who.iqpay, { payment: "wallet-90233", reference: "90233", now, amount: "0.00001124" }),
      iqpay(who.iqpay, { payment: "wallet-90411", reference: "90411", now, amount: "1.5" }),
      iqpay(who.iqpay, {
        payment: "wallet-90411",
        reference: "90411",
        now: later(2),
        amount: "1.5",
        status: "failed",
      }),
      tokenpayments(who.tokenpayments, { ...invoice, now }),
      cryptopay(who.cryptopay, { payment: "order-4712", reference: "order-4712", now, amount: "129900" }),
      cryptopay(who.cryptopay, { ...order, now: later(3), status: "partially_refunded", amount: "200000" }),
      cryptopay(who.cryptopay, { payment: "order-4712", reference: "order-4712", now, amount: "129900" }),
      ipay({ ...who.ipay, token: "tok_forged" }, { payment: "forger", reference: "forger", now }),
      ipay({ ...who.ipay, token: "tok_forged" }, { payment: "forger-2", reference: "forger-2", now }),
      // Set aside: a body that is not JSON, and a second payment of one invoice, of another sum.
      cryptopaySigned(who.cryptopay, '{"id":"evt_broken","type":"payment.succeeded",', now),
      tokenpayments(who.tokenpayments, { ...invoice, now, amount: "0.0625", token: "tkn-second" }),
      ipay(who.ipay, { payment: "client-848920", reference: "848920", now, amount: "1250.00" }),
    ],
    whileFailing: [
      cryptopay(who.cryptopay, {
        payment: "order-4713",
        reference: "order-4713",
        now: later(4),
        amount: "49900",
      }),
      cryptopay(who.cryptopay, {
        payment: "order-4713",
        reference: "order-4713",
        now: later(5),
        status: "partially_refunded",
        amount: "49900",
      }),
    ],
  };
}
