/** Deliveries that leave their event's row for one of their own. Runs inside one transaction. */
import type { Reference } from "./protocol.ts";
import type { DeliveryRow, Direct } from "./store/rows.ts";
import type { Transaction } from "./transaction.ts";

/** The first attempts made from the acceptance of event `n`. */
export function directOf(tx: Transaction, n: number): Direct {
  return tx.directs.attemptsOf(n) ?? (JSON.parse(tx.store.events.head(n)?.direct ?? "{}") as Direct);
}

/** Notes them in the event's row. */
export function setDirect(tx: Transaction, n: number, attempts: Direct): void {
  tx.store.events.setDirect(n, Object.keys(attempts).length === 0 ? null : attempts);
  tx.directs.noteAttempts(n, attempts);
}

/** Gives a delivery whose first attempt did not do a row of its own: from there on it is like any other. */
export function ownRow(
  tx: Transaction,
  { n, destination }: Pick<Reference, "n" | "destination">,
): DeliveryRow | null {
  const { [destination]: _, ...rest } = directOf(tx, n);
  setDirect(tx, n, rest);
  tx.directs.close(n, destination);
  const event = tx.store.events.head(n);
  if (!event) return null;
  const key = { payment: event.payment_id, n, destination };
  tx.store.deliveries.insert(key.payment, n, event.event_id, {
    destination,
    due: tx.nowMs,
    sweepAt: tx.nowMs,
  });
  return tx.store.deliveries.get(key);
}
