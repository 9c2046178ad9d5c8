/** The `RELAY` variable as it was written, for asking what another configuration would say. Pure. */

import { isTable, tableOf, type Table } from "../config/table.ts";

/** One account as it is configured. */
export interface AccountTable {
  readonly provider: string;
  readonly account: string;
  readonly settings: Table;
}

export function accountsOf(env: Table): AccountTable[] {
  const sources = tableOf(env.RELAY)?.sources;
  return Object.entries(isTable(sources) ? sources : {}).flatMap(([provider, accounts]) =>
    Object.entries(isTable(accounts) ? accounts : {}).flatMap(([account, settings]) =>
      isTable(settings) ? [{ provider, account, settings }] : [],
    ),
  );
}

/** The environment with some settings of one account changed. */
export function withSettings(
  env: Table,
  { provider, account, settings }: AccountTable,
  change: Table,
): Table {
  const relay = tableOf(env.RELAY) ?? {};
  const sources = relay.sources as Table;
  const accounts = sources[provider] as Table;
  const changed = { ...accounts, [account]: { ...settings, ...change } };
  return { ...env, RELAY: { ...relay, sources: { ...sources, [provider]: changed } } };
}

/** Names of the environment's texts that may be secrets of a provider, never the operators' own token. */
export function secretNames(env: Table): string[] {
  return Object.keys(env).filter(
    (name) => name !== "RELAY" && name !== "ADMIN_TOKEN" && typeof env[name] === "string" && env[name] !== "",
  );
}

/** Names of secrets, wherever a table lists them under `secrets`, `path_secrets`, `signing_keys` and the like, each once. */
export function secretsNamedIn(table: Table): string[] {
  const named = Object.entries(table).flatMap(([key, value]): string[] => {
    if (isTable(value)) return secretsNamedIn(value);
    if (!/(^|_)secrets$|^signing_keys$/.test(key) || !Array.isArray(value)) return [];
    return value.flatMap((entry: unknown) => {
      if (typeof entry === "string") return [entry];
      return isTable(entry) && typeof entry.name === "string" ? [entry.name] : [];
    });
  });
  return [...new Set(named)];
}
