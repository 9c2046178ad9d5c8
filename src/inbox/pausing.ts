/**
 * Pausing a destination: a property of the destination, one row, whatever is owed to it. Its deliveries stay
 * as they are, and the sweep leaves them alone. Runs inside one transaction.
 */
import { isOpen } from "./policy/breaker.ts";
import type { Transaction } from "./transaction.ts";

/** Holds what is owed to a destination and what will be; nothing is dropped. */
export function pause(tx: Transaction, destination: string, why: string): void {
  tx.destinations.setPaused(destination, why);
  // An operator who pauses knows; a receiver that says it is gone is news.
  if (why === "gone") tx.alert("destination_gone", { destination });
}

/** What was held has its turn again, the longest waiting first. */
export function resume(tx: Transaction, destination: string): void {
  const wasOpen = isOpen(tx.destinations.breakerOf(destination));
  tx.destinations.setServed(destination);
  if (wasOpen) tx.alert("breaker_closed", { destination });
  tx.beginRecovery(destination);
}
