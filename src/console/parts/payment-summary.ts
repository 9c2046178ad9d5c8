/** One payment in a line, made of its time line. Pure. */
import type { EventDetailJson } from "../../api/operations/schemas.ts";
import type { Money, Status } from "../../event.ts";
import type { ShownState } from "../../inbox/filter.ts";

export interface PaymentSummary {
  readonly source: string;
  /** What the payment has come to, by the newest event that was forwarded or said something. */
  readonly status: Status | null;
  readonly reference: string | null;
  readonly amount: Money | null;
  readonly events: number;
  /** Of its events the state that most needs somebody's attention. */
  readonly state: ShownState;
  /** Deliveries that have not arrived. */
  readonly owed: number;
  readonly lastAt: string;
}

/** What needs attention most comes first. */
const BY_URGENCY: readonly ShownState[] = [
  "dead",
  "parked",
  "quarantined",
  "conflicting",
  "deferred",
  "pending",
  "refused",
  "delivered",
  "unrouted",
  "released",
  "superseded",
  "dismissed",
];

/** What an event says of its payment, forwarded or not; null for a callback that has no event. */
export function statementOf(event: EventDetailJson): Statement | null {
  return event.event?.data ?? (event.stated as { data?: Statement } | null)?.data ?? null;
}

/** The part of an event's data that the console shows; of what was set aside, as it was stated. */
export interface Statement {
  readonly status: Status | null;
  readonly merchant_reference: string | null;
  readonly amount: Money | null;
  readonly amount_requested: Money | null;
  readonly amount_net: Money | null;
  readonly amount_converted: Money | null;
  readonly fee: Money | null;
  readonly blockchain: {
    readonly network: string | null;
    readonly txid: string | null;
    readonly from: string | null;
    readonly to: string | null;
  } | null;
  readonly direction: "in" | "out";
  readonly occurred_at: string | null;
  readonly provider: {
    readonly event: string;
    readonly event_id: string | null;
    readonly payment_id: string | null;
    readonly status: string | null;
  };
  readonly verification: { readonly method: string; readonly assurance: string; readonly key: string | null };
  readonly raw?: { readonly content_type: string | null; readonly body?: string | undefined } | null;
}

/** @param events in order of arrival, at least one */
export function summaryOf(events: readonly [EventDetailJson, ...EventDetailJson[]]): PaymentSummary {
  const newestFirst = events.toReversed();
  const forwarded = newestFirst.filter(({ event }) => event !== null);
  // What was set aside says nothing about the payment as long as something else does.
  const said = (forwarded.length > 0 ? forwarded : newestFirst).flatMap((event) => statementOf(event) ?? []);
  const last = newestFirst[0] ?? events[0];
  const states = new Set(events.map(({ state }) => state));
  return {
    source: last.source,
    status: said.find(({ status }) => status !== null)?.status ?? null,
    reference: said.find((one) => one.merchant_reference !== null)?.merchant_reference ?? null,
    amount: said.map((one) => one.amount ?? one.amount_requested).find((amount) => amount !== null) ?? null,
    events: events.length,
    state: BY_URGENCY.find((state) => states.has(state)) ?? last.state,
    owed: events.flatMap(({ deliveries }) => deliveries).filter(({ state }) => OWED.has(state)).length,
    lastAt: last.received_at,
  };
}

const OWED: ReadonlySet<string> = new Set(["pending", "parked", "dead"]);
