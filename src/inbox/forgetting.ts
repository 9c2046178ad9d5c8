/**
 * Erasing what is personal about one payment (docs/operations.md#forgetting-a-payment): bodies, stored callbacks,
 * references, chain addresses and transactions, answers of receivers. Amounts, ids, states, the order and the keys
 * by which repeats are known stay. Nothing that is still owed is erased. Runs inside one transaction.
 */
import type { NormalisedEvent, PaymentEvent } from "../event.ts";
import { dismiss } from "./deciding.ts";
import { isForgotten, WARNING_FORGOTTEN } from "./forgotten.ts";
import { needsPerson, type ListedEvent } from "./filter.ts";
import { matching } from "./listing.ts";
import type { Direct } from "./store/rows.ts";
import type { Transaction } from "./transaction.ts";

export type Forgetting =
  | {
      readonly kind: "forgotten";
      /** Events erased now; those that were before are not counted. */
      readonly events: number;
      /** Of these, given up with it: they waited for a person. */
      readonly dismissed: number;
      /** Ids of events set aside, wherever they are, from which events of this payment were released. */
      readonly releasedFrom: readonly string[];
    }
  | {
      /** Nothing was done: this is owed, or waits for a person. */
      readonly kind: "owed";
      readonly events: readonly { readonly id: string; readonly state: string }[];
    };

/**
 * @param force also what is dead, parked or waits for a person: it is dismissed first, in the ledger and the audit log.
 *   What is pending is never erased: it would be delivered without its contents
 * @returns null for a payment that is not known here
 */
export function forgetPayment(
  tx: Transaction,
  paymentId: string,
  { force, actor }: { readonly force: boolean; readonly actor: string },
): Forgetting | null {
  const known = tx.store.payments.get(paymentId);
  if (known === null) return null;
  const events = known.events.flatMap(([n]) => matching(tx, {}, n, n + 1));
  const hindering = events.filter((event) => isPending(event) || (!force && needsPerson(event)));
  if (hindering.length > 0) {
    return { kind: "owed", events: hindering.map(({ event_id: id, shown: state }) => ({ id, state })) };
  }
  const waiting = events.filter(needsPerson);
  for (const { n } of waiting) dismiss(tx, n, actor, "its payment is forgotten");
  const erased = events.filter(({ n }) => erase(tx, n));
  const detail = { payment: paymentId, events: erased.length, dismissed: waiting.length };
  tx.store.operators.audit(tx.nowMs, actor, "forget", JSON.stringify(detail));
  const releasedFrom = events.flatMap(({ released }) => {
    const from = released === null ? undefined : (JSON.parse(released) as { from?: string }).from;
    return from === undefined ? [] : [from];
  });
  return { kind: "forgotten", events: erased.length, dismissed: waiting.length, releasedFrom };
}

/** What one event said that was set aside and released as a payment, which is forgotten; false: nothing of it is left. */
export function forgetReleased(tx: Transaction, n: number, actor: string): boolean {
  const event = tx.store.events.head(n);
  if (event?.state !== "released" || !erase(tx, n)) return false;
  tx.store.operators.audit(tx.nowMs, actor, "forget", JSON.stringify({ event: event.event_id }));
  return true;
}

/** Also while only some of its deliveries are: `shown` tells the least fortunate one. */
function isPending(event: ListedEvent): boolean {
  return event.state === "deferred" || event.deliveries.some(({ state }) => state === "pending");
}

/** False when it was erased before. */
function erase(tx: Transaction, n: number): boolean {
  const event = tx.store.events.whole(n);
  if (event === null || isForgotten(event.body) || (event.body === null && event.callback === null))
    return false;
  const direct = event.direct === null ? null : withoutAnswers(JSON.parse(event.direct) as Direct);
  tx.store.events.erase(n, event.body === null ? null : erased(event.body), direct);
  tx.store.deliveries.eraseAnswers(event.payment_id, n);
  tx.store.search.renew(n);
  return true;
}

function withoutAnswers(direct: Direct): Direct {
  return Object.fromEntries(
    Object.entries(direct).map(([name, attempt]) => [name, attempt && { ...attempt, answer: null }]),
  );
}

/** The event without what is personal: still of its format, and marked as what it is. */
function erased(body: string): string {
  const event = JSON.parse(body) as PaymentEvent | NormalisedEvent;
  const { blockchain, warnings } = event.data;
  const data = {
    ...event.data,
    merchant_reference: null,
    blockchain: blockchain && { ...blockchain, txid: null, from: null, to: null },
    warnings: [...warnings, WARNING_FORGOTTEN],
    raw: null,
  };
  return JSON.stringify({ ...event, data });
}
