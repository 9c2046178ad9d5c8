/** The addresses to give to providers, by the relay's own routes. Pure. */
import { loadConfig } from "../../../src/config/schema.ts";
import { type Plan, relayTable } from "./init-plan.ts";

export interface ProviderAddress {
  readonly source: string;
  readonly kind: string | null;
  readonly method: string;
  readonly url: string;
}

/** Long and plain enough to stand for a secret that its provider has still to issue. */
const STAND_IN = "x".repeat(43);

export function addressesOf(plan: Plan, host: string): ProviderAddress[] {
  const secrets = Object.fromEntries(plan.secrets.map(({ name, value }) => [name, value || STAND_IN]));
  const { config } = loadConfig({ ...secrets, RELAY: relayTable(plan) });
  return [...config.sources.values()].flatMap(({ name: source, routes }) =>
    routes.map(({ kind, method, pathSecrets }) => {
      const secret = pathSecrets[0]?.value;
      const path = [
        "in",
        source,
        ...(kind === null ? [] : [kind]),
        ...(secret === undefined ? [] : [secret]),
      ];
      return { source, kind, method, url: `https://${host}/${path.join("/")}` };
    }),
  );
}
