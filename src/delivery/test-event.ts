/**
 * An event that says nothing of any payment: whether a receiver is there, knows its key and answers. Everything about
 * it speaks against crediting it: its type, no status, no amount, no reference, not live, a warning.
 */
import type { PaymentEvent } from "../event.ts";

/** Of no payment that there is or was: its ids are random. */
export function testEvent(nowMs: number): PaymentEvent {
  const at = new Date(nowMs).toISOString();
  return {
    id: `evt_${randomHex()}`,
    type: "relay.test",
    schema: "payment-event.v1",
    timestamp: at,
    livemode: false,
    data: {
      payment_id: `pay_${randomHex()}`,
      direction: "in",
      status: null,
      previous_status: null,
      sequence: 1,
      merchant_reference: null,
      amount: null,
      amount_requested: null,
      amount_net: null,
      amount_converted: null,
      fee: null,
      blockchain: null,
      occurred_at: null,
      received_at: at,
      provider: {
        name: "relay",
        account: "test",
        event: "test",
        event_id: null,
        payment_id: null,
        status: null,
      },
      verification: { method: "none", assurance: "network", covers: [], key: null },
      warnings: ["test_event"],
      raw: null,
    },
  };
}

function randomHex(): string {
  return crypto.randomUUID().replaceAll("-", "");
}
