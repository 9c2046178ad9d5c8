/** One payment in a line, made of its events. Pure. */
import type { Money, Status } from "../../event.ts";
import type { ShownState } from "../../inbox/filter.ts";
import type { Said } from "../../inbox/store/operator-store.ts";
import type { ListedEventJson } from "./schemas.ts";

export interface PaymentSummary {
  readonly source: string;
  /** What the payment has come to, by the newest event that was forwarded or said something. */
  readonly status: Status | null;
  readonly merchant_reference: string | null;
  readonly amount: Money | null;
  /** How many are kept. */
  readonly events: number;
  /** Of its events the state that most needs somebody's attention. */
  readonly state: ShownState;
  /** Deliveries that have not arrived. */
  readonly owed: number;
  readonly last_at: string;
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

/** What a summary needs of an event. */
export interface SummarisedEvent extends Pick<
  ListedEventJson,
  "source" | "state" | "received_at" | "deliveries"
> {
  readonly isForwarded: boolean;
  /** Null for a callback that has no event. */
  readonly said: Said | null;
}

/** @param events in order of arrival, at least one */
export function summaryOf(events: readonly [SummarisedEvent, ...SummarisedEvent[]]): PaymentSummary {
  const newestFirst = events.toReversed();
  const forwarded = newestFirst.filter(({ isForwarded }) => isForwarded);
  // What was set aside says nothing about the payment as long as something else does.
  const said = (forwarded.length > 0 ? forwarded : newestFirst).flatMap((event) => event.said ?? []);
  const last = newestFirst[0] ?? events[0];
  const states = new Set(events.map(({ state }) => state));
  return {
    source: last.source,
    status: said.find(({ status }) => status !== null)?.status ?? null,
    merchant_reference: said.find((one) => one.merchant_reference !== null)?.merchant_reference ?? null,
    amount: said.map((one) => one.amount ?? one.amount_requested).find((amount) => amount !== null) ?? null,
    events: events.length,
    state: BY_URGENCY.find((state) => states.has(state)) ?? last.state,
    owed: events.flatMap(({ deliveries }) => deliveries).filter(({ state }) => OWED.has(state)).length,
    last_at: last.received_at,
  };
}

const OWED: ReadonlySet<string> = new Set(["pending", "parked", "dead"]);
