/** Normalised events as a provider would state them, for tests that need no adapter. */
import type { NormalisedEvent, Status } from "../../src/event.ts";
import type { Acceptance, SettingAside, StoredCallback } from "../../src/inbox/protocol.ts";

export interface Stated {
  /** Any text; ids are made of it. */
  readonly payment?: string;
  readonly event?: string;
  readonly status?: Status | null;
  readonly kind?: NormalisedEvent["kind"];
  readonly refunded?: string;
  /** What one refund gives back, where no total is stated. */
  readonly refund?: string;
  readonly fingerprint?: string;
  readonly contents?: Record<string, string>;
  readonly destinations?: readonly string[];
  readonly source?: string;
  readonly instance?: string;
  /** The caller makes the first attempt itself. */
  readonly attemptNow?: boolean;
}

/** `name` as 32 hex digits, so that ids look like ids and stay recognisable. */
function hex(name: string): string {
  const digits = [...name].map((char) => char.charCodeAt(0).toString(16)).join("");
  return digits.padEnd(32, "0").slice(0, 32);
}

export const eventId = (name: string) => `evt_${hex(name)}`;
export const paymentId = (name: string) => `pay_${hex(name)}`;

export function normalisedEvent({
  payment = "p",
  event = "e",
  status = "confirmed",
  kind = "status",
  refunded,
  refund,
}: Stated): NormalisedEvent {
  return {
    id: eventId(event),
    kind,
    livemode: true,
    data: {
      payment_id: paymentId(payment),
      direction: "in",
      status,
      merchant_reference: "order-1",
      amount: { value: "10.00", currency: "EUR" },
      amount_requested: null,
      amount_net: null,
      amount_converted: null,
      ...(refunded === undefined ? {} : { amount_refunded: { value: refunded, currency: "EUR" } }),
      ...(refund === undefined ? {} : { amount_of_refund: { value: refund, currency: "EUR" } }),
      fee: null,
      blockchain: null,
      occurred_at: null,
      received_at: "2026-09-21T14:13:25.123Z",
      provider: {
        name: "ipay",
        account: "broker-eu",
        event: "payment",
        event_id: null,
        payment_id: null,
        status,
      },
      verification: { method: "static_token", assurance: "shared_secret", covers: ["sender"], key: "k" },
      warnings: [],
      raw: null,
    },
  };
}

export function acceptance(stated: Stated = {}): Acceptance {
  return {
    source: stated.source ?? "ipay/broker-eu",
    event: normalisedEvent(stated),
    fingerprint: stated.fingerprint ?? `${stated.event ?? "e"}-bytes`,
    contents: stated.contents ?? {},
    instance: stated.instance ?? null,
    destinations: stated.destinations ?? ["crm"],
    attemptNow: stated.attemptNow ?? false,
    released: null,
  };
}

/** A callback as it is set aside: `name` stands for its bytes. */
export function settingAside(
  name: string,
  why: SettingAside["why"],
  more: Partial<StoredCallback> = {},
): SettingAside {
  return {
    source: "tokenpayments/broker-eu",
    eventId: eventId(name),
    callback: {
      method: "POST",
      kind: null,
      pathKey: null,
      query: "",
      contentType: null,
      body: "",
      receivedAtMs: 0,
      sha256: name,
      verification: null,
      caller: "caller",
      ...more,
    },
    why,
  };
}
