/** What an event says of its payment. Pure. */
import type { EventDetailJson } from "../../api/operations/schemas.ts";
import type { Money, Status } from "../../event.ts";

/** What an event says of its payment, forwarded or not; null for a callback that has no event. */
export function statementOf(event: EventDetailJson): Statement | null {
  return event.event?.data ?? (event.stated as { data?: Statement } | null)?.data ?? null;
}

/** The part of an event's data that the console shows; of what was set aside, as it was stated. */
export interface Statement {
  readonly status: Status | null;
  readonly merchant_reference: string | null;
  readonly amount: Money | null;
  readonly amount_requested: Money | null;
  readonly amount_net: Money | null;
  readonly amount_converted: Money | null;
  readonly fee: Money | null;
  readonly blockchain: {
    readonly network: string | null;
    readonly txid: string | null;
    readonly from: string | null;
    readonly to: string | null;
  } | null;
  readonly direction: "in" | "out";
  readonly occurred_at: string | null;
  readonly provider: {
    readonly event: string;
    readonly event_id: string | null;
    readonly payment_id: string | null;
    readonly status: string | null;
  };
  readonly verification: { readonly method: string; readonly assurance: string; readonly key: string | null };
  readonly raw?: { readonly content_type: string | null; readonly body?: string | undefined } | null;
}
