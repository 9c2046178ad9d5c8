/**
 * What a CRM must remember about the events it was sent, and the mistakes it can find by that.
 *
 * Pure: no clock, no network. The first arrival of an id is processed; every later one is only
 * counted. Two things must never happen and are flagged: an id that comes with another body, and
 * an event of a payment that arrives first after a later one did.
 */
import { createHash } from "node:crypto";

export interface Money {
  readonly value: string;
  readonly currency: string;
}

/** The part of `payment-event.v1` a CRM books by. */
export interface PaymentEvent {
  readonly id: string;
  readonly type: string;
  readonly data: {
    readonly payment_id: string;
    readonly sequence: number;
    readonly merchant_reference: string | null;
    readonly amount: Money | null;
    readonly provider: { readonly name: string; readonly account: string };
  };
}

export interface Arrival {
  readonly at: string;
  /** The relay's own count of its attempts (`relay-attempt`). */
  readonly attempt: string | null;
  /** Sent again by an operator (`relay-replay`). */
  readonly replay: boolean;
}

export interface Received {
  readonly id: string;
  readonly type: string;
  readonly payment_id: string;
  readonly sequence: number;
  readonly provider: string;
  readonly account: string;
  readonly merchant_reference: string | null;
  readonly amount: Money | null;
  readonly verified: true;
  /** Of the body as first received (hex). */
  readonly sha256: string;
  readonly firstAt: string;
  /** How often it came and got a 2xx; 1 is exactly once. */
  arrivals: number;
  /** Every arrival that got a 2xx. */
  readonly history: Arrival[];
  /** Mistakes of the sender; must stay empty. */
  readonly flags: string[];
}

export class Ledger {
  readonly #events = new Map<string, Received>();
  readonly #lastSequence = new Map<string, number>();

  all(): Received[] {
    return [...this.#events.values()];
  }

  /** Books an event, or counts it again. */
  receive(event: PaymentEvent, body: string, arrival: Arrival): { received: Received; first: boolean } {
    const sha256 = createHash("sha256").update(body).digest("hex");
    const known = this.#events.get(event.id);
    if (known !== undefined) {
      known.arrivals += 1;
      known.history.push(arrival);
      if (known.sha256 !== sha256) known.flags.push("came again with another body");
      return { received: known, first: false };
    }
    const { payment_id, sequence } = event.data;
    const last = this.#lastSequence.get(payment_id) ?? 0;
    const received: Received = {
      id: event.id,
      type: event.type,
      payment_id,
      sequence,
      provider: event.data.provider.name,
      account: event.data.provider.account,
      merchant_reference: event.data.merchant_reference,
      amount: event.data.amount,
      verified: true,
      sha256,
      firstAt: arrival.at,
      arrivals: 1,
      history: [arrival],
      flags: sequence <= last ? [`out of order: ${sequence} after ${last}`] : [],
    };
    this.#lastSequence.set(payment_id, Math.max(last, sequence));
    this.#events.set(event.id, received);
    return { received, first: true };
  }
}
