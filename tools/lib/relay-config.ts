/**
 * The relay's configuration as the developer's programs use it: read, pointed at the local stand-ins,
 * and searched for the credentials of a provider's account.
 *
 * `wrangler.toml` is read by wrangler's own reader, so these programs read what the Worker
 * gets. Validation is the Worker's: `GET /healthz` lists every problem.
 */
import { join } from "node:path";
import { unstable_readConfig as readWranglerConfig } from "wrangler";
import type { Credentials, ProviderName } from "./callbacks.ts";
import type { Secrets } from "./secrets.ts";

export interface SourceConfig {
  secrets?: string[];
  token_at?: string;
  scheme?: "t-v1" | "raw";
  merchant_id?: string;
  verifier_url?: string;
  allow_ips?: string[];
  kinds?: Record<string, { method?: string; secrets?: string[] }>;
  destinations?: string[];
  [key: string]: unknown;
}

export interface DestinationConfig {
  url: string;
  secrets: string[];
  [key: string]: unknown;
}

export interface RelayConfig {
  environment?: string;
  sources: Record<string, Record<string, SourceConfig>>;
  destinations: Record<string, DestinationConfig>;
  [key: string]: unknown;
}

/** `[vars.RELAY]` of wrangler.toml; a RELAY among the local secrets overrides it, as for the Worker. */
export function readRelayConfig(project: string, secrets: Secrets = {}): RelayConfig {
  const override = secrets["RELAY"];
  if (override !== undefined) return JSON.parse(override) as RelayConfig;
  const file = join(project, "wrangler.toml");
  const { vars } = readWranglerConfig({ config: file }, { hideWarnings: true });
  const relay = vars["RELAY"] as RelayConfig | undefined;
  if (relay === undefined) throw new Error(`${file} has no [vars.RELAY]: nothing to relay`);
  return relay;
}

/** A copy that delivers to `crmUrl` only and asks `verifierUrl` only: nothing leaves this machine. */
export function pointAt(
  relay: RelayConfig,
  local: { readonly crmUrl: string; readonly verifierUrl: string },
): RelayConfig {
  const copy = structuredClone(relay);
  copy.environment = "development";
  for (const destination of Object.values(copy.destinations)) destination.url = local.crmUrl;
  for (const source of Object.values(copy.sources["tokenpayments"] ?? {})) {
    source.verifier_url = local.verifierUrl;
  }
  return copy;
}

/** What is needed to act as the provider towards that account. */
export function credentials<P extends ProviderName>(
  relay: RelayConfig,
  secrets: Secrets,
  provider: P,
  account: string,
): Credentials[P] {
  const source = relay.sources[provider]?.[account];
  if (source === undefined) {
    const known = Object.keys(relay.sources[provider] ?? {}).join(", ") || "none";
    throw new Error(`no account "${account}" of ${provider} is configured (configured: ${known})`);
  }
  const secret = (names: readonly string[] | undefined): string | undefined => {
    const name = names?.[0];
    if (name === undefined) return undefined;
    const value = secrets[name];
    if (value === undefined) throw new Error(`the secret ${name} is in no .dev.vars`);
    return value;
  };
  const found: { [Q in ProviderName]: () => Credentials[Q] } = {
    ipay: () => ({
      account,
      token: secret(source.secrets),
      tokenAt: source.token_at ?? "body:/token",
    }),
    cryptopay: () => ({
      account,
      secret: secret(source.secrets) ?? "",
      scheme: source.scheme ?? "t-v1",
    }),
    iqpay: () => ({
      account,
      paths: Object.fromEntries(
        Object.entries(source.kinds ?? {}).map(([kind, c]) => [kind, secret(c.secrets) ?? ""]),
      ),
      ip: source.allow_ips?.[0] ?? "127.0.0.1",
    }),
    tokenpayments: () => ({ account, merchantId: source.merchant_id ?? "" }),
  };
  return found[provider]();
}
