/** Payments as a list: the events that a filter finds, each with the time line of its payment. */
import type { EventDetailJson, ListedEventJson } from "../api/operations/schemas.ts";
import { CONSOLE_PAGE_EVENTS } from "../limits.ts";
import { instantFrom, type FilterValues } from "./parts/filters.tsx";
import { summaryOf } from "./parts/payment-summary.ts";
import type { PaymentRow } from "./pages/payments.tsx";
import type { Outcome, Query, Relay } from "./relay.ts";

interface PaymentPage {
  readonly rows: readonly PaymentRow[];
  readonly cursor: string | null;
}

/** A filter of the console as the API takes it. */
export function queryOf({ from, ...filter }: FilterValues, nowMs: number): Query {
  return { ...filter, from: instantFrom(from, nowMs) };
}

/** A page holds each payment once, where its newest event is; it may be in the next page again with an older one. */
export async function paymentPage(
  relay: Relay,
  filter: FilterValues,
  nowMs: number,
  limit: number = CONSOLE_PAGE_EVENTS,
): Promise<Outcome<PaymentPage>> {
  const listed = await relay.events({ ...queryOf(filter, nowMs), limit: String(limit) });
  if (!listed.ok) return listed;
  const ids = new Set(listed.view.events.map(rowIdOf));
  const rows = await Promise.all([...ids].map(async (id) => await rowOf(relay, id)));
  return { ok: true, view: { rows: rows.filter((row) => row !== null), cursor: listed.view.cursor } };
}

/** What is shown of one id: the payment's, or the event's own where it has no payment. */
const rowIdOf = ({ payment_id: payment, id }: ListedEventJson) => payment ?? id;

async function rowOf(relay: Relay, id: string): Promise<PaymentRow | null> {
  const events = await eventsOf(relay, id);
  // Purged since the list was made.
  return events === null ? null : { id, ...summaryOf(events) };
}

/** Everything of `pay_…`, or the one event `evt_…`; null: there is no such thing. */
export async function eventsOf(
  relay: Relay,
  id: string,
): Promise<readonly [EventDetailJson, ...EventDetailJson[]] | null> {
  if (id.startsWith("evt_")) {
    const found = await relay.event(id);
    return found.ok ? [found.view] : null;
  }
  const found = await relay.payment(id);
  const [first, ...rest] = found.ok ? found.view.events : [];
  return first === undefined ? null : [first, ...rest];
}
