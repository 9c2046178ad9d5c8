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
}

export function event({ payment, assurance, value, sequence = 1, type, reference }: Told): string {
  return JSON.stringify({
    id: `evt_${payment}_${sequence}`,
    type: type ?? "payment.confirmed",
    schema: "payment-event.v1",
    timestamp: "2026-09-21T14:13:20Z",
    livemode: true,
    data: {
      payment_id: `pay_${payment}`,
      direction: "in",
      status: "confirmed",
      sequence,
      merchant_reference: reference ?? `order-${payment}`,
      amount: { value, currency: "USDT", network: "polygon" },
      verification: { method: "hmac-sha256", assurance, covers: ["body"], key: "2026-10" },
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
