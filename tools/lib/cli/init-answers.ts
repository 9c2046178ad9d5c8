/** The options of `relay init` as answers. Pure. */
import { CliError, EXIT } from "./exit-codes.ts";
import { type AccountAnswer, type Answers, needsOf, providerNames } from "./init-plan.ts";

export interface InitOptions {
  readonly name?: string;
  readonly host?: string;
  /** `provider/account`, and where its events go: `ipay/shop=crm,billing`. */
  readonly source?: readonly string[];
  /** `crm=https://…` */
  readonly destination?: readonly string[];
  /** `ipay/shop.token_at=header:authorization` */
  readonly set?: readonly string[];
}

const wrong = (message: string) => new CliError(EXIT.usage, message);
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** Everything that the options say; what is missing is left out. */
export function answersOf(options: InitOptions, deployment: string, env: NodeJS.ProcessEnv): Answers {
  const destinations = (options.destination ?? []).map(destinationOf);
  const settings = settingsOf(options.set ?? []);
  const accounts = (options.source ?? []).map((given) =>
    accountOf(
      given,
      destinations.map(({ name }) => name),
      settings,
    ),
  );
  const left = Object.keys(settings);
  if (left.length > 0) throw wrong(`--set ${left[0]}…: there is no --source ${left[0]}`);
  return {
    name: options.name ?? (deployment === "production" ? "psp-relay" : `psp-relay-${deployment}`),
    host: hostOf(options.host ?? ""),
    accounts,
    destinations,
    given: Object.fromEntries(Object.entries(env).flatMap(([key, value]) => (value ? [[key, value]] : []))),
  };
}

function hostOf(given: string): string {
  const host = given.replace(/^https:\/\//, "").replace(/\/$/, "");
  if (host !== "" && !/^[a-z0-9-]+(\.[a-z0-9-]+)+$/.test(host)) {
    throw wrong(`--host is a name like relay.example.com, not "${given}"`);
  }
  return host;
}

function destinationOf(given: string): Answers["destinations"][number] {
  const [, name = "", url = ""] = /^([^=]+)=(.+)$/.exec(given) ?? [];
  if (!NAME.test(name) || URL.parse(url)?.protocol !== "https:") {
    throw wrong(`--destination is like crm=https://crm.example.com/webhooks, not "${given}"`);
  }
  return { name, url };
}

type Settings = Record<string, Record<string, unknown>>;

/** By source. A value is JSON, or else a text: `[1]`, `true`, `header:authorization`. */
function settingsOf(given: readonly string[]): Settings {
  const settings: Settings = {};
  for (const one of given) {
    const [, source, option, value] = /^([^/=]+\/[^=]+)\.([a-z_]+)=(.*)$/s.exec(one) ?? [];
    if (source === undefined || option === undefined || value === undefined) {
      throw wrong(`--set is like tokenpayments/shop.merchant_id=M-1001, not "${one}"`);
    }
    settings[source] = { ...settings[source], [option]: jsonOr(value) };
  }
  return settings;
}

function jsonOr(value: string): unknown {
  try {
    return JSON.parse(value) as unknown;
  } catch {
    return value;
  }
}

/** Takes the account's settings out of `settings`. */
function accountOf(given: string, known: readonly string[], settings: Settings): AccountAnswer {
  const [, source = "", list] = /^([^=]+)(?:=(.*))?$/.exec(given) ?? [];
  const [provider = "", account = "", ...rest] = source.split("/");
  if (!providerNames.includes(provider) || !NAME.test(account) || rest.length > 0) {
    throw wrong(
      `--source is provider/account, with a provider of ${providerNames.join(", ")}; not "${source}"`,
    );
  }
  const named = list === undefined || list === "" ? null : list.split(",");
  if (named === null && known.length > 1) {
    throw wrong(`where do events of ${source} go? --source ${source}=${known.join(",")}, or some of them`);
  }
  const destinations = named ?? known;
  const unknown = destinations.filter((name) => !known.includes(name));
  if (unknown.length > 0) throw wrong(`${source} goes to ${unknown.join(", ")}, which is no --destination`);
  const own = settings[source] ?? {};
  delete settings[source];
  return { provider, account, destinations, settings: own };
}

/** What is still to be said; empty when it is enough. */
export function missingAnswers({ host, accounts, destinations }: Answers): string[] {
  return [
    ...(host === "" ? ["--host relay.example.com"] : []),
    ...(accounts.length === 0 ? ["--source provider/account"] : []),
    ...(destinations.length === 0 ? ["--destination crm=https://…"] : []),
    ...accounts.flatMap(({ provider, account, settings }) =>
      needsOf(provider)
        .required.filter((option) => !(option in settings))
        .map((option) => `--set ${provider}/${account}.${option}=…`),
    ),
  ];
}
