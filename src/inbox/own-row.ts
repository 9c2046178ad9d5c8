/** Deliveries that leave their event's row for one of their own. Runs inside one transaction. */
import type { Reference } from "./protocol.ts";
import type { DeliveryRow, Direct } from "./store/rows.ts";
import type { Transaction } from "./transaction.ts";

/** The first attempts made from the acceptance of event `n`. */
export function directOf(tx: Transaction, n: number): Direct {
  return JSON.parse(tx.store.events.head(n)?.direct ?? "{}") as Direct;
}

/** Gives a delivery whose first attempt did not do a row of its own: from there on it is like any other. */
export function ownRow(
  tx: Transaction,
  { n, destination }: Pick<Reference, "n" | "destination">,
): DeliveryRow | null {
  const event = tx.store.events.head(n);
  tx.directs.close(n, destination);
  if (!event) return null;
  const { [destination]: _, ...rest } = directOf(tx, n);
  tx.store.events.setDirect(n, Object.keys(rest).length === 0 ? null : rest);
  const key = { payment: event.payment_id, n, destination };
  tx.store.deliveries.insert(key.payment, n, event.event_id, {
    destination,
    due: tx.nowMs,
    sweepAt: tx.nowMs,
  });
  return tx.store.deliveries.get(key);
}
