/**
 * Folding: what an event means for its payment, given the payment's history
 * (docs/events.md#statuses-and-folding). Pure.
 *
 * A state never goes back: what comes late is kept and not forwarded, except what really happens to money
 * after the fact: a late payment, a reversal, a growing refund. The first confirmation of a payment is always
 * forwarded, unless the money was wholly taken back before it came: a CRM credits on nothing else.
 */
import type { AlertName } from "../alert.ts";
import { STATUS_RANK, type NormalisedEvent, type PaymentEvent, type Status } from "../event.ts";
import { compareDecimals } from "../parse/decimal.ts";
import type { SupersededReason } from "../reasons.ts";
import type { PaymentState } from "./store/rows.ts";

export type { PaymentState } from "./store/rows.ts";

export const UNKNOWN_PAYMENT: PaymentState = { status: null, sequence: 0, refunded: null, confirmed: false };

/** What a person should look at although nothing is forwarded. */
export type StateAlert = Extract<AlertName, "confirmed_after_reversed" | "failed_after_confirmed">;

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
      readonly alert: StateAlert | null;
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
  if (stated === "confirmed" && !payment.confirmed && !TAKEN_BACK.has(current)) {
    // A refund of a part, or a dispute, that overtook it stays the payment's state.
    const status = STATUS_RANK[current] > STATUS_RANK[stated] ? current : stated;
    const late = FELL_THROUGH.has(current) || status !== stated;
    return forward(payment, incoming, { status, shown: stated, warnings: late ? ["late"] : [] });
  }
  if (HAD_ARRIVED.has(current) && FELL_THROUGH.has(stated)) {
    return forward(payment, incoming, { status: "reversed", shown: "reversed" });
  }
  if (STATUS_RANK[stated] < STATUS_RANK[current]) return superseded("regress", alertOf(current, stated));
  return forward(payment, incoming, { status: stated, shown: stated });
}

/**
 * A person should see money announced for a payment that was taken back, and a failure that is stated anew
 * of a payment whose money has arrived, even though nothing is forwarded.
 */
export function alertOf(current: Status | null, stated: Status | null): StateAlert | null {
  if (current === null || stated === null) return null;
  if (TAKEN_BACK.has(current) && stated === "confirmed") return "confirmed_after_reversed";
  return HAD_ARRIVED.has(current) && FELL_THROUGH.has(stated) ? "failed_after_confirmed" : null;
}

function superseded(reason: SupersededReason, alert: StateAlert | null = null): Fold {
  return { outcome: "superseded", reason, alert };
}

/** A refund that is stated by itself is always more than before: its repeats have its own event key. */
function refundGrew(payment: PaymentState, incoming: NormalisedEvent): boolean {
  const stated = incoming.data.amount_refunded?.value;
  if (stated === undefined) return (incoming.data.amount_of_refund ?? null) !== null;
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
      confirmed: payment.confirmed || (incoming.kind === "status" && to.shown === "confirmed"),
    },
  };
}

function typeOf(incoming: NormalisedEvent, shown: Status | null): string {
  if (incoming.kind === "provider") return "provider.event";
  const noun = incoming.data.direction === "in" ? "payment" : "payout";
  return incoming.kind === "updated" ? `${noun}.updated` : `${noun}.${shown}`;
}
