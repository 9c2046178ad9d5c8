/** The addresses to give to providers, by the relay's own routes. Pure. */
import { loadConfig } from "../../../src/config/schema.ts";
import type { Route } from "../../../src/providers/provider.ts";
import { type Plan, relayTable } from "./init-plan.ts";

export interface ProviderAddress {
  readonly source: string;
  readonly kind: string | null;
  readonly method: string;
  readonly url: string;
}

/** For secrets that their providers have still to issue, of every form that one can have. */
const STAND_INS = ["x".repeat(43), "ab".repeat(32), `whsec_${"A".repeat(43)}=`];

export function addressesOf(plan: Plan, host: string): ProviderAddress[] {
  const routes = new Map<string, readonly Route[]>();
  for (const standIn of STAND_INS) {
    const secrets = Object.fromEntries(plan.secrets.map(({ name, value }) => [name, value || standIn]));
    const { config } = loadConfig({ ...secrets, RELAY: relayTable(plan) });
    for (const source of config.sources.values()) routes.set(source.name, source.routes);
  }
  return plan.accounts.flatMap(({ source }) =>
    (routes.get(source) ?? []).map(({ kind, methods, pathSecrets }) => {
      const secret = pathSecrets[0]?.value;
      const path = [
        "in",
        source,
        ...(kind === null ? [] : [kind]),
        ...(secret === undefined ? [] : [secret]),
      ];
      return { source, kind, method: methods.join(" or "), url: `https://${host}/${path.join("/")}` };
    }),
  );
}
