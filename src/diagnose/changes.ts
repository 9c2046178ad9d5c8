/**
 * What could be otherwise for a callback to verify: at the sender, on the way, or in the configuration. Each change is
 * one assumption that is tried with the relay's own checks; whether it is true, a person has to find out.
 */
import { z } from "zod";
import { configOf } from "../config/load.ts";
import { requestTarget } from "../ingress/request-target.ts";
import { readProviders, shippedProviders } from "../config/providers.ts";
import { tableOf } from "../config/table.ts";
import { SourceFields } from "../providers/settings-fields.ts";
import type { Adapter, Source } from "../providers/source.ts";
import { absoluteUrl, headerOf, withHeader, type Case } from "./captured.ts";
import type { Examination } from "./examine.ts";
import { reEncodings } from "./re-encodings.ts";
import { accountsOf, secretNames, secretsNamedIn, withSettings, type AccountTable } from "./relay-table.ts";

export interface Change {
  /** Of one kind, no two are made at once. */
  readonly kind: string;
  /** In words: what would have to be so. */
  readonly text: string;
  readonly apply: (given: Case) => Case;
}

/** The changes worth trying for a callback that was refused here. */
export function changesFor(given: Case, { stage, outcome, source: name }: Examination): readonly Change[] {
  const { config } = configOf(given.env);
  if (outcome.kind !== "refused") return [];
  if (stage === "address") return addressChanges(given, [...config.sources.values()]);
  const source = config.sources.get(name ?? "");
  const account = accountsOf(given.env).find((one) => `${one.provider}/${one.account}` === name);
  if (!source || !account) return [];
  if (stage === "envelope") return envelopeChanges(given, source, account);
  return [
    ...clockChanges(outcome.skewSeconds),
    ...secretChanges(given, account),
    ...optionChanges(given, account),
    ...headerChanges(given, source),
    ...reEncodings(given.request.body).map(({ text, body }) => ({
      kind: "body",
      text: `the body was changed on its way: ${text}`,
      apply: (to: Case) => ({ ...to, request: { ...to.request, body } }),
    })),
  ];
}

// ---- address -------------------------------------------------------------------------------------------

function addressChanges({ request }: Case, sources: readonly Source[]): Change[] {
  const { path, query } = requestTarget(absoluteUrl(request));
  const to = (changed: string, text: string): Change[] => {
    const url = changed + (query === "" ? "" : `?${query}`);
    const apply = (of: Case) => ({ ...of, request: { ...of.request, url } });
    return changed === path ? [] : [{ kind: "address", text, apply }];
  };
  const [provider, account, ...tail] = path.replace(/^\/in\//, "").split("/");
  return [
    ...to(path.replace(/\/+$/, ""), "the address has a slash at its end that it should not have"),
    ...to(path.replaceAll(/\/{2,}/g, "/"), "the address has a slash too many"),
    ...to(`/in${path}`, "a proxy in front took /in from the path"),
    ...to(path.replace(/^.*?\/in\//, "/in/"), "the address has something in front of /in/"),
    ...sources.flatMap((source) => [
      ...(source.name === `${provider}/${account}`
        ? source.routes.flatMap(({ kind }) =>
            kind === null
              ? []
              : to(
                  `/in/${source.name}/${[kind, ...tail.slice(1)].join("/")}`,
                  `the address is the one of kind ${kind}`,
                ),
          )
        : to(`/in/${[source.name, ...tail].join("/")}`, `the address is meant for ${source.name}`)),
    ]),
  ];
}

// ---- envelope ------------------------------------------------------------------------------------------

const TYPES = {
  json: ["application/json"],
  form: ["application/x-www-form-urlencoded"],
  query: [],
  any: [],
} as const;

function envelopeChanges({ request, env }: Case, source: Source, account: AccountTable): Change[] {
  const header = (name: string, value: string | null, text: string): Change => ({
    kind: name,
    text,
    apply: (to) => ({ ...to, request: withHeader(to.request, name, value) }),
  });
  const methods = [...new Set(source.routes.flatMap(({ methods: taken }) => taken))];
  const types = source.routes.flatMap(({ body, contentTypes }) => contentTypes ?? TYPES[body]);
  const sender = headerOf(request, "cf-connecting-ip");
  const listed = Array.isArray(account.settings.allow_ips) ? account.settings.allow_ips : [];
  return [
    ...methods.map((method) => ({
      kind: "method",
      text: `the provider is told to send ${method}, not ${request.method}`,
      apply: (to: Case) => ({ ...to, request: { ...to.request, method } }),
    })),
    ...types.map((type) => header("content-type", type, `the content type is ${type}`)),
    ...(headerOf(request, "content-encoding") === null
      ? []
      : [header("content-encoding", null, "the body is sent as it is, without a content encoding")]),
    ...(sender === null || listed.length === 0
      ? []
      : [
          {
            kind: "sender",
            text: `${sender} is one of the provider's addresses and is added to allow_ips`,
            apply: (to: Case) => ({
              ...to,
              env: withSettings(env, account, { allow_ips: [...(listed as unknown[]), sender] }),
            }),
          },
        ]),
  ];
}

// ---- proof ---------------------------------------------------------------------------------------------

/** The time that was signed instead of the time now. */
function clockChanges(skewSeconds: number | undefined): Change[] {
  if (skewSeconds === undefined) return [];
  const off = skewSeconds > 0 ? `${skewSeconds} s old` : `${-skewSeconds} s ahead`;
  const apply = (to: Case) => ({ ...to, nowMs: to.nowMs - skewSeconds * 1_000 });
  return [{ kind: "clock", text: `it is judged at the time that it was signed: it is ${off}`, apply }];
}

/** Any other secret of the environment, alone. */
function secretChanges({ env }: Case, account: AccountTable): Change[] {
  if (!("secrets" in account.settings)) return [];
  const own = new Set(secretsNamedIn(account.settings));
  const others = secretNames(env).filter((name) => !own.has(name));
  return others.map((name) => ({
    kind: "secret",
    text: `the secret is ${name}, which is not one of this account's`,
    apply: (to) => ({ ...to, env: changed(to, account, { secrets: [name] }) }),
  }));
}

interface Choice {
  readonly option: string;
  readonly values: readonly unknown[];
  readonly otherwise: unknown;
}

/** By provider: a schema is described once, and asked for with every step of a search. */
const choices = new Map<string, readonly Choice[]>();

/** Options of a provider that are a choice between values; those that all sources have prove nothing. */
function choicesOf(name: string, env: Case["env"]): readonly Choice[] {
  const shipped = shippedProviders.get(name);
  if (shipped === undefined) return choicesOfDeclared(name, env);
  const known = choices.get(name) ?? describedChoices(shipped);
  choices.set(name, known);
  return known;
}

/** Of one that this configuration declares: its other schemes. */
function choicesOfDeclared(name: string, env: Case["env"]): readonly Choice[] {
  const declared = tableOf(tableOf(env.RELAY)?.providers) ?? {};
  const provider = readProviders(declared, []).adapters.get(name);
  return provider === undefined ? [] : describedChoices(provider);
}

function describedChoices(provider: Adapter): readonly Choice[] {
  const fields = new SourceFields({ secret: () => undefined, destinations: [], development: true });
  const schema = provider.account(fields, "any");
  const { properties = {} } = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" });
  const common = fields.common();
  return Object.entries(properties).flatMap(([option, property]) =>
    typeof property !== "object" || !property.enum || option in common
      ? []
      : [{ option, values: property.enum, otherwise: property.default }],
  );
}

/** Every other value of every option of the provider that is a choice. */
function optionChanges({ env }: Case, account: AccountTable): Change[] {
  return choicesOf(account.provider, env).flatMap(({ option, values, otherwise }) => {
    const configured = account.settings[option] ?? otherwise;
    return values
      .filter((value) => value !== configured)
      .map((value) => ({
        kind: option,
        text: `${option} = ${JSON.stringify(value)}, not ${JSON.stringify(configured)}`,
        apply: (to: Case) => ({ ...to, env: changed(to, account, { [option]: value }) }),
      }));
  });
}

/** Settings of the account, those that an earlier change gave it included. */
function changed({ env }: Case, { provider, account }: AccountTable, change: Record<string, unknown>) {
  const now = accountsOf(env).find((one) => one.provider === provider && one.account === account);
  return now ? withSettings(env, now, change) : env;
}

/** Headers that every request has, whoever sends it. */
const ORDINARY =
  /^(?:accept.*|cf-.*|x-forwarded-.*|x-real-ip|user-agent|host|connection|content-.*|via|forwarded)$/i;

/** What the provider is known by came under another name, or with a word in front. */
function headerChanges({ request }: Case, source: Source): Change[] {
  return source.headers.flatMap((expected): Change[] => {
    const set = (value: string, text: string): Change => ({
      kind: `header ${expected}`,
      text,
      apply: (to) => ({ ...to, request: withHeader(to.request, expected, value) }),
    });
    const value = headerOf(request, expected);
    if (value !== null) {
      const [, word, rest] = /^(Bearer\s+|sha256=)(.+)$/i.exec(value) ?? [];
      return rest === undefined ? [] : [set(rest, `${expected} has no "${word?.trim()}" in front`)];
    }
    return request.headers.flatMap(([name, given]) =>
      ORDINARY.test(name) ? [] : [set(given, `${name} is called ${expected}`)],
    );
  });
}
