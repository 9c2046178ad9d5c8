/** Who sends as a declared provider: the account's declaration, secrets and address, from the configuration. */
import { declarationOf } from "../../../src/config/providers.ts";
import type { Declaration } from "../../../src/providers/declared/declaration.ts";
import type { VerifySpec } from "../../../src/verify/spec/spec.ts";
import type { RelayConfig } from "../relay-config.ts";
import type { Secrets } from "../secrets.ts";

export interface Sender {
  readonly name: string;
  readonly declared: Declaration;
  /** How the account's callbacks are proved; null: they are hints. */
  readonly scheme: VerifySpec | null;
  readonly settings: Readonly<Record<string, unknown>>;
  /** The newest. */
  readonly secret: string | null;
  readonly path: string;
}

/** @throws where the account is not configured, or its secret is not set */
export function senderOf(
  { relay, secrets }: { readonly relay: RelayConfig; readonly secrets: Secrets },
  name: string,
  account: string,
): Sender {
  const declared = declarationOf(name, (relay["providers"] ?? {}) as Readonly<Record<string, unknown>>);
  if (declared === null)
    throw new Error(`a provider is one in code, a preset, or a declared one, not "${name}"`);
  const source = relay.sources[name]?.[account];
  if (source === undefined) throw new Error(`no account "${account}" of ${name} is configured`);
  const secret = (names: unknown): string | null => {
    const first = Array.isArray(names) ? (names as unknown[])[0] : undefined;
    if (typeof first !== "string") return null;
    const value = secrets[first];
    if (!value) throw new Error(`the secret ${first} is in no .dev.vars`);
    return value;
  };
  const pathSecret = secret(source["path_secrets"]);
  return {
    name,
    declared,
    scheme: declared.schemes.get(source.scheme ?? "") ?? declared.verify,
    settings: source,
    secret: secret(source.secrets),
    path: `/in/${name}/${account}${pathSecret === null ? "" : `/${pathSecret}`}`,
  };
}
