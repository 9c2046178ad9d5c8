/** Rows of the Inbox as the API shows them. Pure. */
import type { RelayConfig } from "../../config/schema.ts";
import type { ListedEvent } from "../../inbox/filter.ts";
import type { EventDetail } from "../../inbox/queries.ts";
import type { StoredCallback } from "../../inbox/protocol.ts";
import type { Dismissed, Released } from "../../inbox/store/rows.ts";
import { redact } from "../../providers/redact.ts";
import type { Source } from "../../providers/source.ts";
import { fromBase64 } from "../../parse/encoding.ts";
import type { EventDetailJson, ListedEventJson } from "./schemas.ts";

export function listedView(event: ListedEvent): ListedEventJson {
  return {
    id: event.event_id,
    payment_id: event.payment_id.startsWith("pay_") ? event.payment_id : null,
    source: event.source,
    type: event.type,
    state: event.shown,
    reason: event.reason,
    received_at: instantOf(event.received_at),
    warnings: JSON.parse(event.warnings) as string[],
    duplicates: event.duplicates,
    became: event.became,
    ...historyOf(event),
    // `@verifier` among them: when a deferred callback is asked about again.
    deliveries: event.deliveries.map(({ destination, state, sequence, attempts, due }) => ({
      destination,
      state,
      sequence,
      attempts,
      due: due === null ? null : instantOf(due),
    })),
  };
}

export function detailView(
  { row, event, stated, callback, attempts }: EventDetail,
  config: RelayConfig,
): EventDetailJson {
  return {
    ...listedView(row),
    event,
    superseded: row.state === "superseded" ? stated : null,
    stated,
    callback: callback && callbackView(callback, config.sources.get(row.source)),
    attempts: attempts.map(({ destination, attempt, atMs, durationMs, status, error, answer }) => ({
      destination,
      attempt,
      at: instantOf(atMs),
      duration_ms: durationMs,
      status,
      error,
      answer,
    })),
  };
}

function historyOf(event: ListedEvent): Pick<ListedEventJson, "released_by" | "released_from" | "dismissed"> {
  const released = event.released === null ? null : (JSON.parse(event.released) as Released);
  const dismissed = event.dismissed === null ? null : (JSON.parse(event.dismissed) as Dismissed);
  return {
    released_by: released?.by ?? null,
    released_from: released?.from ?? null,
    dismissed: dismissed && { by: dismissed.by, at: instantOf(dismissed.at), reason: dismissed.why },
  };
}

/** Redacted as it would be for the CRM; without the source's configuration nobody knows what to redact. */
function callbackView(stored: StoredCallback, source: Source | undefined): EventDetailJson["callback"] {
  const { method, kind, contentType, query } = stored;
  const bytes = fromBase64(stored.body) ?? new Uint8Array();
  const body = source ? (redact({ bytes, contentType }, source.redact)?.text ?? null) : null;
  return {
    method,
    kind,
    content_type: contentType,
    content_encoding: stored.contentEncoding ?? null,
    query,
    cut: stored.isCut ?? false,
    body,
  };
}

export function instantOf(ms: number): string {
  return new Date(ms).toISOString();
}
