/** The `RELAY` variable as it was written, for asking what another configuration would say. Pure. */

type Table = Readonly<Record<string, unknown>>;

/** One account as it is configured. */
export interface AccountTable {
  readonly provider: string;
  readonly account: string;
  readonly settings: Table;
}

const isTable = (value: unknown): value is Table =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** `RELAY` of the environment, a table or JSON text; null when it cannot be read. */
function relayOf(env: Table): Table | null {
  const { RELAY: given } = env;
  if (typeof given !== "string") return isTable(given) ? given : null;
  try {
    const parsed: unknown = JSON.parse(given);
    return isTable(parsed) ? parsed : null;
  } catch {
    return null;
  }
}

export function accountsOf(env: Table): AccountTable[] {
  const sources = relayOf(env)?.sources;
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
  const relay = relayOf(env) ?? {};
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

/** Names of secrets, wherever a table lists them under `secrets`, `path_secrets` and the like. */
export function secretsNamedIn(table: Table): string[] {
  return Object.entries(table).flatMap(([key, value]): string[] => {
    if (isTable(value)) return secretsNamedIn(value);
    if (!/(^|_)secrets$/.test(key) || !Array.isArray(value)) return [];
    return value.flatMap((entry: unknown) => {
      if (typeof entry === "string") return [entry];
      return isTable(entry) && typeof entry.name === "string" ? [entry.name] : [];
    });
  });
}
