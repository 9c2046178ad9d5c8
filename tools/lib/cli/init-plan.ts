/**
 * From what a merchant has said to a configuration, its secrets and what everybody has to be told. Pure but for the
 * random numbers, which come from outside. Which options a provider needs, it says itself, by its schema.
 */
import { z } from "zod";
import { shippedProviders } from "../../../src/config/providers.ts";
import { SourceFields } from "../../../src/providers/settings-fields.ts";

export interface AccountAnswer {
  readonly provider: string;
  readonly account: string;
  /** Names of destinations: always written, so that another one gets nothing unasked. */
  readonly destinations: readonly string[];
  /** Options of the provider, by name. */
  readonly settings: Readonly<Record<string, unknown>>;
}

export interface Answers {
  readonly name: string;
  /** Where the relay will be: `relay.example.com`. */
  readonly host: string;
  readonly accounts: readonly AccountAnswer[];
  readonly destinations: readonly { readonly name: string; readonly url: string }[];
  /** Secrets that providers have issued, by the name they have here. */
  readonly given: Readonly<Record<string, string>>;
}

export interface PlannedSecret {
  readonly name: string;
  /** Empty: the provider issues it, and nobody has said it yet. */
  readonly value: string;
  readonly origin: "generated" | "provider";
  /** Who has to know it, in words. */
  readonly about: string;
}

export interface PlannedAccount {
  readonly source: string;
  readonly settings: Readonly<Record<string, unknown>>;
}

export interface Plan {
  readonly accounts: readonly PlannedAccount[];
  readonly destinations: readonly {
    readonly name: string;
    readonly url: string;
    readonly secrets: readonly string[];
  }[];
  readonly secrets: readonly PlannedSecret[];
}

/** Bytes of entropy in every secret we make. */
const SECRET_BYTES = 32;

/** What a provider's accounts are configured with. */
export interface ProviderNeeds {
  /** Options that have no default and are no secrets. */
  readonly required: readonly string[];
  /** Options that list secrets which the provider issues: `secrets`, `api_secrets`. */
  readonly issued: readonly string[];
  /** Kinds of callbacks with an address each; empty: one address. */
  readonly kinds: readonly string[];
}

export const providerNames: readonly string[] = [...shippedProviders.keys()];

export function needsOf(name: string): ProviderNeeds {
  const provider = shippedProviders.get(name);
  if (!provider) throw new Error(`${name} is not a provider: ${providerNames.join(", ")}`);
  const fields = new SourceFields({ secret: () => undefined, destinations: [], development: true });
  const schema = z.toJSONSchema(provider.account(fields, "any"), { io: "input", unrepresentable: "any" });
  const properties = schema.properties ?? {};
  const required = schema.required ?? [];
  const { kinds } = properties as Record<string, { propertyNames?: { enum?: string[] } } | undefined>;
  return {
    required: required.filter((option) => !/(^|_)secrets$|^kinds$/.test(option)),
    issued: Object.keys(properties).filter(
      (option) => option === "secrets" || (option.endsWith("_secrets") && required.includes(option)),
    ),
    kinds: kinds?.propertyNames?.enum ?? [],
  };
}

/** A name of a Worker secret: `IPAY_SHOP_EU_SECRET`. */
function secretNameOf(...parts: readonly string[]): string {
  return parts.map((part) => part.toUpperCase().replaceAll(/[^A-Z0-9]+/g, "_")).join("_");
}

/** `IPAY_SHOP_SECRET` of `secrets`, `BTCPAY_SHOP_API_SECRET` of `api_secrets`. */
export function issuedSecretName(provider: string, account: string, option: string): string {
  return secretNameOf(provider, account, option.replace(/s$/, ""));
}

/** Without a word about them, an account takes these kinds: what moves money. */
const USUAL_KINDS = ["deposit", "withdrawal"];

export function planOf(answers: Answers, random: (bytes: number) => Buffer): Plan {
  const secrets: PlannedSecret[] = [];
  const generated = (name: string, about: string, prefix = "", encoding: BufferEncoding = "base64url") => {
    const value = answers.given[name] ?? prefix + random(SECRET_BYTES).toString(encoding);
    secrets.push({ name, value, origin: "generated", about });
    return [name];
  };
  const accounts = answers.accounts.map((one): PlannedAccount => {
    const { provider, account } = one;
    const source = `${provider}/${account}`;
    const needs = needsOf(provider);
    const settings: Record<string, unknown> = {};
    for (const option of needs.issued) {
      const name = issuedSecretName(provider, account, option);
      secrets.push({
        name,
        value: answers.given[name] ?? "",
        origin: "provider",
        about: `issued by ${provider}`,
      });
      settings[option] = [name];
    }
    const { kinds: givenKinds, ...given } = one.settings;
    if (needs.kinds.length > 0)
      settings["kinds"] = kindsOf(needs.kinds, givenKinds, (kind) =>
        generated(secretNameOf(provider, account, kind, "path"), `in the address for ${provider}`),
      );
    Object.assign(settings, given, { destinations: one.destinations });
    return { source, settings };
  });
  const destinations = answers.destinations.map(({ name, url }) => ({
    name,
    url,
    secrets: generated(
      secretNameOf(name, "signing_secret"),
      `for the developers of ${name}`,
      "whsec_",
      "base64",
    ),
  }));
  generated("ADMIN_TOKEN", "for operators (RELAY_TOKEN)");
  return { accounts, destinations, secrets };
}

function kindsOf(known: readonly string[], given: unknown, secretsOf: (kind: string) => string[]): object {
  const chosen =
    typeof given === "string" ? given.split(",") : USUAL_KINDS.filter((kind) => known.includes(kind));
  const wrong = chosen.filter((kind) => !known.includes(kind));
  if (wrong.length > 0) throw new Error(`kinds are ${known.join(", ")}, not ${wrong.join(", ")}`);
  return Object.fromEntries(chosen.map((kind) => [kind, { method: "POST", secrets: secretsOf(kind) }]));
}

/** `RELAY` as the Worker gets it. */
export function relayTable({ accounts, destinations }: Plan): Record<string, unknown> {
  const sources: Record<string, Record<string, unknown>> = {};
  for (const { source, settings } of accounts) {
    const [provider = "", account = ""] = source.split("/");
    sources[provider] = { ...sources[provider], [account]: settings };
  }
  const receivers = destinations.map(({ name, url, secrets }) => [name, { url, secrets }] as const);
  return { sources, destinations: Object.fromEntries(receivers) };
}
