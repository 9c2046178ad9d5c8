/** Secrets and configuration of the test Worker: those of the shared cases (test/cases), under their own ids. */

export const secrets = {
  IPAY_TOKEN: "tok_live_B",
  IPAY_TOKEN_OLD: "tok_prev_A",
  CRYPTOPAY_SECRET: "whsec_demo_secret",
  CRYPTOPAY_SECRET_OLD: "whsec_old_secret",
  IQPAY_DEPOSIT_PATH: "s3cr3t_dep",
  IQPAY_WITHDRAWAL_PATH: "s3cr3t_wd",
  IQPAY_CONFIRMATIONS_PATH: "s3cr3t_cf",
  IQPAY_GET_PATH: "s3cr3t_get",
  CRM_SIGNING_SECRET: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
  ADMIN_TOKEN: "a-token-of-the-tests-with-32-chars",
} as const;

const key = (name: string) => ({ id: "2026-10", name });

export const relay = {
  environment: "development",
  sources: {
    ipay: { "broker-eu": { secrets: [key("IPAY_TOKEN"), "IPAY_TOKEN_OLD"], token_at: "body:/token" } },
    cryptopay: { "broker-eu": { secrets: [key("CRYPTOPAY_SECRET"), "CRYPTOPAY_SECRET_OLD"] } },
    iqpay: {
      "broker-eu": {
        allow_ips: ["198.51.100.7"],
        kinds: {
          deposit: { method: "POST", secrets: [key("IQPAY_DEPOSIT_PATH")] },
          withdrawal: { method: "POST", secrets: [key("IQPAY_WITHDRAWAL_PATH")] },
          confirmations: { method: "PUT", secrets: ["IQPAY_CONFIRMATIONS_PATH"] },
        },
      },
      "broker-get": {
        allow_ips: ["198.51.100.7"],
        kinds: { deposit: { method: "GET", secrets: ["IQPAY_GET_PATH"] } },
      },
    },
    tokenpayments: { "broker-eu": { merchant_id: "M-1001" } },
  },
  destinations: { crm: { url: "http://crm.test/webhooks", secrets: ["CRM_SIGNING_SECRET"] } },
} as const;

/** The accounts of the test Worker, each naming these destinations, as they have to where there are several. */
export function sourcesTo(destinations: readonly string[]): object {
  return Object.fromEntries(
    Object.entries(relay.sources).map(([provider, accounts]) => [
      provider,
      Object.fromEntries(
        Object.entries(accounts).map(([name, settings]) => [name, { ...settings, destinations }]),
      ),
    ]),
  );
}

export const testBindings = { ...secrets, RELAY: JSON.stringify(relay) };
