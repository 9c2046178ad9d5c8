/** Events as the relay sends them, and keys to sign them with. */

export const NEW = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
export const OLD = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
export const WRONG = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
export const ED25519_KEY = "whsk_VEVTVFNJR05JTkdLRVlET05PVFVTRVRISVNGT1JBTlk=";
/** Its public half, as the relay publishes it. */
export const ED25519_JWK = {
  kty: "OKP",
  crv: "Ed25519",
  kid: "2026-10",
  x: "ZlN4eg7dSSqi0moX9hQUk3orrOouK3QVQSlJa248c_g",
};

interface Told {
  readonly payment: string;
  readonly assurance: string;
  readonly value: string;
  readonly sequence?: number;
  readonly type?: string;
  readonly reference?: string;
  readonly warnings?: readonly string[];
}

/** `name` as 32 hex digits, so that ids are ids. */
function hex(name: string): string {
  const digits = [...name].map((char) => char.charCodeAt(0).toString(16)).join("");
  return digits.padEnd(32, "0").slice(0, 32);
}

/** The id of an event of a payment. */
export const idOf = (payment: string, sequence = 1) => `evt_${hex(`${sequence}/${payment}`)}`;

export function event({ payment, assurance, value, sequence = 1, type, reference, warnings }: Told): string {
  return JSON.stringify({
    id: idOf(payment, sequence),
    type: type ?? "payment.confirmed",
    schema: "payment-event.v1",
    timestamp: "2026-09-21T14:13:20Z",
    livemode: true,
    data: {
      payment_id: `pay_${hex(payment)}`,
      direction: "in",
      status: "confirmed",
      previous_status: null,
      sequence,
      merchant_reference: reference ?? `order-${payment}`,
      amount: { value, currency: "USDT", network: "polygon" },
      amount_requested: null,
      amount_net: null,
      amount_converted: null,
      fee: null,
      blockchain: null,
      occurred_at: null,
      received_at: "2026-09-21T14:13:25.123Z",
      provider: {
        name: "cryptopay",
        account: "broker-eu",
        event: "payment.succeeded",
        event_id: "evt_123",
        payment_id: "pi_10AbCdEf",
        status: "succeeded",
      },
      verification: { method: "hmac-sha256", assurance, covers: ["body"], key: "2026-10" },
      warnings: warnings ?? [],
      raw: null,
    },
  });
}

/** The headers of one attempt. */
export type Sign = (
  body: string,
  secrets: readonly string[],
  nowMs?: number,
  ed25519?: boolean,
) => Promise<Record<string, string>>;
