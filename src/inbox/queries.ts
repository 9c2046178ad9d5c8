/** What operators ask about one thing: an event with its attempts, a payment's time line. Runs inside one transaction. */
import type { NormalisedEvent, PaymentEvent } from "../event.ts";
import type { ListedEvent } from "./filter.ts";
import { listed } from "./listing.ts";
import type { Attempt, StoredCallback } from "./protocol.ts";
import type { Said } from "./store/operator-store.ts";
import { keyOf, type Direct, type EventHead } from "./store/rows.ts";
import type { Transaction } from "./transaction.ts";

export interface EventDetail {
  readonly row: ListedEvent;
  /** The frozen event; null for a callback that has none. */
  readonly event: PaymentEvent | null;
  /** What one said that was set aside, for comparison; null for all others. */
  readonly stated: NormalisedEvent | null;
  /** The callback of one that was set aside, as it is kept. */
  readonly callback: StoredCallback | null;
  readonly attempts: readonly (Attempt & { readonly destination: string })[];
}

/** Every event with this id (one, unless a callback was set aside twice under one id). */
export function find(tx: Transaction, eventId: string): EventDetail[] {
  return tx.store.eventIds.find(eventId).flatMap((n) => detail(tx, n));
}

/** The payment's events in order of arrival. */
export function timeline(tx: Transaction, paymentId: string): EventDetail[] {
  return (tx.store.payments.get(paymentId)?.events ?? []).flatMap(([n]) => detail(tx, n));
}

/** An event as lists of payments need it: `said` is null for a callback that has no event. */
export interface SaidEvent {
  readonly row: ListedEvent;
  readonly said: Said | null;
}

/** Of each of these payments the events in order of arrival, as far as they are known here. */
export function briefTimelines(tx: Transaction, paymentIds: readonly string[]): SaidEvent[][] {
  return paymentIds.map((id) => {
    const numbers = (tx.store.payments.get(id)?.events ?? []).map(([n]) => n);
    const said = tx.store.operators.saidBy(numbers);
    return tx.store.operators
      .numbered(numbers)
      .toReversed()
      .map((event) => ({ row: listed(tx, event), said: said.get(event.n) ?? null }));
  });
}

function detail(tx: Transaction, n: number): EventDetail[] {
  const event = tx.store.events.whole(n);
  const [view] = tx.store.operators.window(n, n + 1);
  if (!event || !view) return [];
  const body: unknown = event.body === null ? null : JSON.parse(event.body);
  const forwarded = event.state === "accepted";
  return [
    {
      row: listed(tx, view),
      event: forwarded ? (body as PaymentEvent | null) : null,
      stated: forwarded ? null : (body as NormalisedEvent | null),
      callback: event.callback === null ? null : (JSON.parse(event.callback) as StoredCallback),
      attempts: attemptsOf(tx, event),
    },
  ];
}

function attemptsOf(tx: Transaction, event: EventHead): (Attempt & { destination: string })[] {
  const direct = event.direct === null ? {} : (JSON.parse(event.direct) as Direct);
  const first = Object.entries(direct).flatMap(([destination, attempt]) =>
    attempt === null ? [] : [{ ...attempt, destination }],
  );
  const later = tx.store.deliveries.of(event.payment_id, event.n).flatMap((row) => {
    const logged = tx.store.deliveries.attemptsOf(keyOf(row));
    const last = row.last === null ? null : (JSON.parse(row.last) as Attempt);
    const isLogged = last === null || logged.some(({ attempt }) => attempt === last.attempt);
    return (isLogged ? logged : [...logged, last]).map((attempt) => ({
      ...attempt,
      destination: row.destination,
    }));
  });
  return [...first, ...later];
}

/** A callback set aside, to be run again; null if there is none with this id, or it is decided already. */
export function setAsideCallback(
  tx: Transaction,
  eventId: string,
): { n: number; source: string; callback: StoredCallback } | null {
  for (const n of tx.store.eventIds.find(eventId)) {
    const event = tx.store.events.whole(n);
    if (event?.state === "quarantined" && event.callback !== null) {
      return { n, source: event.source, callback: JSON.parse(event.callback) as StoredCallback };
    }
  }
  return null;
}
