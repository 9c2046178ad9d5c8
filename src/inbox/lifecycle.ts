/**
 * Folding: what an event means for its payment, given the payment's history (event.md 3.2). Pure.
 *
 * A state never goes back: what comes late is kept and not forwarded, except the three things that
 * really happen to money after the fact: a late payment, a reversal, a growing refund.
 */
import { STATUS_RANK, type NormalisedEvent, type PaymentEvent, type Status } from "../event.ts";
import { compareDecimals } from "../parse/decimal.ts";
import type { SupersededReason } from "../reasons.ts";

/** A payment as the Inbox knows it; all null and 0 before its first forwarded event. */
export interface PaymentState {
  readonly status: Status | null;
  /** Sequence of the last forwarded event. */
  readonly sequence: number;
  /** Refunded so far (decimal), as the last refund stated it. */
  readonly refunded: string | null;
}

export const UNKNOWN_PAYMENT: PaymentState = { status: null, sequence: 0, refunded: null };

export type Fold =
  | {
      readonly outcome: "forward";
      readonly event: PaymentEvent;
      /** The payment after this event. */
      readonly state: PaymentState;
    }
  | {
      readonly outcome: "superseded";
      readonly reason: SupersededReason;
      /** What a person should look at. */
      readonly alert: "confirmed_after_reversed" | null;
    };

/** Money had arrived: a failure after this takes it back. */
const HAD_ARRIVED: ReadonlySet<Status> = new Set(["confirmed", "partially_refunded", "disputed"]);
const FELL_THROUGH: ReadonlySet<Status> = new Set(["failed", "expired", "canceled"]);
const TAKEN_BACK: ReadonlySet<Status> = new Set(["reversed", "refunded"]);

/** Folds one event into its payment. The event key is known to be new. */
export function fold(payment: PaymentState, incoming: NormalisedEvent): Fold {
  const current = payment.status;
  const stated = incoming.data.status;
  if (incoming.kind !== "status" || stated === null) {
    return forward(payment, incoming, {
      status: current,
      shown: incoming.kind === "updated" ? current : null,
    });
  }
  if (current === null) return forward(payment, incoming, { status: stated, shown: stated });
  const growing = stated === "partially_refunded" && refundGrew(payment, incoming);
  if (stated === current && !growing) return superseded("same_state");
  // Also after a dispute: what was refunded before it is not refunded again.
  if (stated === "partially_refunded" && payment.refunded !== null && !growing)
    return superseded("same_state");
  if (HAD_ARRIVED.has(current) && FELL_THROUGH.has(stated)) {
    return forward(payment, incoming, { status: "reversed", shown: "reversed" });
  }
  if (STATUS_RANK[stated] < STATUS_RANK[current]) return superseded("regress", alertOf(current, stated));
  const late = FELL_THROUGH.has(current) && stated === "confirmed";
  return forward(payment, incoming, { status: stated, shown: stated, warnings: late ? ["late"] : [] });
}

/** A person should see money announced for a payment that was taken back, even though nothing is forwarded. */
export function alertOf(current: Status | null, stated: Status | null): "confirmed_after_reversed" | null {
  return current !== null && TAKEN_BACK.has(current) && stated === "confirmed"
    ? "confirmed_after_reversed"
    : null;
}

function superseded(reason: SupersededReason, alert: "confirmed_after_reversed" | null = null): Fold {
  return { outcome: "superseded", reason, alert };
}

function refundGrew(payment: PaymentState, incoming: NormalisedEvent): boolean {
  const stated = incoming.data.amount_refunded?.value;
  if (stated === undefined) return false;
  return payment.refunded === null || compareDecimals(stated, payment.refunded) > 0;
}

function forward(
  payment: PaymentState,
  incoming: NormalisedEvent,
  to: { status: Status | null; shown: Status | null; warnings?: readonly string[] },
): Fold {
  const sequence = payment.sequence + 1;
  const { payment_id, direction, status: _, merchant_reference, warnings, raw, ...facts } = incoming.data;
  return {
    outcome: "forward",
    // In the order of the fields of the body: the same for every event, because people read it.
    event: {
      id: incoming.id,
      type: typeOf(incoming, to.shown),
      schema: "payment-event.v1",
      timestamp: incoming.data.occurred_at ?? incoming.data.received_at,
      livemode: incoming.livemode,
      data: {
        payment_id,
        direction,
        status: to.shown,
        previous_status: payment.status,
        sequence,
        merchant_reference,
        ...facts,
        warnings: [...warnings, ...(to.warnings ?? [])],
        raw,
      },
    },
    state: {
      status: to.status,
      sequence,
      refunded: incoming.data.amount_refunded?.value ?? payment.refunded,
    },
  };
}

function typeOf(incoming: NormalisedEvent, shown: Status | null): string {
  if (incoming.kind === "provider") return "provider.event";
  const noun = incoming.data.direction === "in" ? "payment" : "payout";
  return incoming.kind === "updated" ? `${noun}.updated` : `${noun}.${shown}`;
}
