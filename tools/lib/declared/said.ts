/** What an event says, in the words of `Expected`. Pure. */
import type { NormalisedEvent } from "../../../src/event.ts";
import type { Expected } from "./samples.ts";

export type Said = Required<Omit<Expected, "refused" | "quarantined" | "aside" | "same_event" | "warnings">>;

export function saidBy({ kind, data }: NormalisedEvent): Said {
  const noun = data.direction === "out" ? "payout" : "payment";
  return {
    type: kind === "provider" ? "provider.event" : `${noun}.${data.status ?? "updated"}`,
    status: data.status,
    direction: data.direction,
    amount: data.amount?.value ?? "",
    currency: data.amount?.currency ?? "",
    network: data.amount?.network ?? "",
    amount_requested: data.amount_requested?.value ?? "",
    amount_net: data.amount_net?.value ?? "",
    amount_refunded: data.amount_refunded?.value ?? "",
    amount_of_refund: data.amount_of_refund?.value ?? "",
    fee: data.fee?.value ?? "",
    merchant_reference: data.merchant_reference,
    occurred_at: data.occurred_at ?? "",
    event_id: data.provider.event_id ?? "",
  };
}
