/** What operators decide about events that wait for a person. Runs inside one transaction. */
import type { NormalisedEvent } from "../event.ts";
import { isForgotten } from "./forgotten.ts";
import type { StoredCallback } from "./protocol.ts";
import { needsPerson } from "./filter.ts";
import { matching } from "./listing.ts";
import { startNext } from "./settling.ts";
import { keyOf } from "./store/rows.ts";
import type { Transaction } from "./transaction.ts";

/** An event that can be released as a payment of its own: what it said, or the callback to be run again. */
export interface Releasable {
  readonly n: number;
  readonly eventId: string;
  readonly paymentId: string;
  readonly source: string;
  readonly fingerprint: string;
  readonly stated: NormalisedEvent | null;
  readonly callback: StoredCallback | null;
}

/** Null for an event that is not set aside. */
export function releasable(tx: Transaction, n: number): Releasable | null {
  const event = tx.store.events.whole(n);
  if (!event || !["superseded", "quarantined", "conflicting"].includes(event.state)) return null;
  if (isForgotten(event.body)) return null;
  return {
    n,
    eventId: event.event_id,
    paymentId: event.payment_id,
    source: event.source,
    fingerprint: event.fingerprint,
    stated: event.body === null ? null : (JSON.parse(event.body) as NormalisedEvent),
    callback: event.callback === null ? null : (JSON.parse(event.callback) as StoredCallback),
  };
}

/** Notes that an event set aside was released as `became`: it is counted where that was taken in. */
export function noteReleased(tx: Transaction, n: number, became: string, actor: string): void {
  const event = tx.store.events.head(n);
  if (!event || event.state === "released") return;
  const kind = event.state === "conflicting" ? "duplicate" : event.state;
  tx.store.events.setReleased(n, { by: actor, at: tx.nowMs }, became);
  if (event.dismissed !== null) tx.store.events.setDismissed(n, null);
  tx.record(n, { source: [event.source, { arrived: -1, [kind]: -1 }] });
  tx.store.operators.audit(tx.nowMs, actor, "release", JSON.stringify({ event: event.event_id, became }));
}

/**
 * Takes an event off the lists of what needs a person: its dead and parked deliveries are given up. It is
 * kept, and a replay takes this back. False when there is nothing to dismiss.
 */
export function dismiss(tx: Transaction, n: number, actor: string, why: string): boolean {
  const [event] = matching(tx, {}, n, n + 1);
  if (!event || !(needsPerson(event) || (event.state === "superseded" && event.shown !== "dismissed")))
    return false;
  for (const row of tx.store.deliveries.of(event.payment_id, n)) {
    const isGivenUp = row.state === "dead" || (row.state === "pending" && !tx.isServed(row.destination));
    if (!isGivenUp) continue;
    tx.store.deliveries.end(keyOf(row), "dismissed");
    tx.record(n, { destinations: [[row.destination, { [row.state]: -1, dismissed: 1 }]] });
    if (row.state === "pending" && row.replay === 0) startNext(tx, row.payment_id, row.destination);
  }
  tx.store.events.setDismissed(n, { by: actor, at: tx.nowMs, why });
  tx.store.operators.audit(tx.nowMs, actor, "dismiss", JSON.stringify({ event: event.event_id, why }));
  return true;
}

/** Takes back a dismissal of something that is only kept, so that it is on the lists again. */
export function undismiss(tx: Transaction, n: number, actor: string): void {
  const event = tx.store.events.head(n);
  if (!event || event.dismissed === null) return;
  tx.store.events.setDismissed(n, null);
  tx.store.operators.audit(tx.nowMs, actor, "undismiss", JSON.stringify({ event: event.event_id }));
}
