/** Rows of the Inbox as the API shows them. Pure. */
import type { EventDetail, ListedEvent } from "../inbox/operating.ts";
import type { EventDetailJson, ListedEventJson } from "./schemas.ts";

export function listedView(event: ListedEvent): ListedEventJson {
  return {
    id: event.event_id,
    payment_id: event.payment_id.startsWith("pay_") ? event.payment_id : null,
    source: event.source,
    type: event.type,
    state: event.shown,
    reason: event.reason,
    received_at: instant(event.received_at),
    warnings: JSON.parse(event.warnings) as string[],
    duplicates: event.duplicates,
    became: event.became,
    deliveries: event.deliveries
      .filter(({ destination }) => !destination.startsWith("@"))
      .map(({ destination, state, sequence, attempts, due }) => ({
        destination,
        state,
        sequence,
        attempts,
        due: due === null ? null : instant(due),
      })),
  };
}

export function detailView({ row, event, attempts }: EventDetail): EventDetailJson {
  return {
    ...listedView(row),
    event,
    attempts: attempts.map(({ destination, attempt, atMs, durationMs, status, error, answer }) => ({
      destination,
      attempt,
      at: instant(atMs),
      duration_ms: durationMs,
      status,
      error,
      answer,
    })),
  };
}

export function instant(ms: number): string {
  return new Date(ms).toISOString();
}
