/**
 * The `RELAY` variable: data in the configuration file, secrets by name (README.md#configuration). Read once per
 * isolate, part by part: every problem is found before any is reported, and each stops only what it is about
 * (docs/operations.md#problems-of-the-configuration). There is always a configuration to go on with.
 */
import { DEFAULT_INBOX_SHARDS } from "../limits.ts";
import { SourceFields } from "../providers/settings-fields.ts";
import type { Source } from "../providers/source.ts";
import type { Severity } from "../alert.ts";
import { readAlertChannels } from "./alert-channels.ts";
import { readDestinations, type Destination, type HeldDestination } from "./destinations.ts";
import { readLocalUrls } from "./local-only.ts";
import { readOperators, type Access, type ConfiguredOperator } from "./operators.ts";
import { WHOLE, type Problem, type Status } from "./problems.ts";
import { ALERTS, OWN_NAMES } from "./reserved.ts";
import { readProviders } from "./providers.ts";
import { readSettings } from "./settings.ts";
import { severitiesOf } from "./severities.ts";
import { readSources } from "./sources.ts";
import { isTable, tableOf, type Table } from "./table.ts";

export type { Destination, HeldDestination } from "./destinations.ts";

export interface RelayConfig {
  readonly environment: string;
  /** Where operators open the console, for links in alerts; null: alerts have none. */
  readonly consoleUrl: URL | null;
  /** False: the whole has a problem, and nothing is accepted. */
  readonly isAccepting: boolean;
  /** False: what stands for the number of shards is a guess, and the registry has to be asked (`InboxClient.open`). */
  readonly isShardCountKnown: boolean;
  readonly inboxShards: number;
  /** How many there were before they were made more, as long as what they hold may still be asked for; null: as many. */
  readonly inboxShardsBefore: number | null;
  readonly handoverTimeoutMs: number;
  /** How long events and dedupe keys are kept, in days. */
  readonly retentionDays: number;
  /** How long a payment is remembered without its events, in days; not less than `retentionDays`. */
  readonly tombstoneDays: number;
  /** `problems`: no log line for what went as it should. */
  readonly log: "all" | "problems";
  /** By `provider/account`: those without a problem. */
  readonly sources: ReadonlyMap<string, Source>;
  /** Accounts (`provider/account`) and providers (`provider`) that have one. `isBroken` asks both. */
  readonly brokenSources: ReadonlySet<string>;
  /** Receivers of events, and of alerts under a name no receiver of events can have: those without a problem. */
  readonly destinations: ReadonlyMap<string, Destination>;
  /** Destinations that get alerts, with a problem or without, and which of them: by severity. */
  readonly alertChannels: ReadonlyMap<string, readonly Severity[]>;
  /** Those with one: known, owed, and not attempted. */
  readonly heldDestinations: ReadonlyMap<string, HeldDestination>;
  /** Names of the receivers of events, with a problem or without: what a source sends to unless it names some. */
  readonly eventDestinations: readonly string[];
  /** Who may look and give orders: those without a problem. */
  readonly operators: readonly ConfiguredOperator[];
  /** Null: nobody comes by way of Cloudflare Access. */
  readonly access: Access | null;
  /** False: nobody can be let in as an operator, whatever token is given. */
  readonly admitsOperators: boolean;
  /** Nothing is served under a public name: it is a development configuration, or delivers to this machine. */
  readonly isLocalOnly: boolean;
}

/** A configuration that can always be used, and what of it stands still. */
export interface Loaded {
  readonly config: RelayConfig;
  readonly problems: readonly Problem[];
  readonly status: Status;
}

/** Is this account, or all of its provider, stopped by a problem? One that is not configured at all is not. */
export function isBroken(config: RelayConfig, source: string): boolean {
  const [provider = ""] = source.split("/");
  return !config.isAccepting || config.brokenSources.has(source) || config.brokenSources.has(provider);
}

/** Is there a destination of this name, served or held? */
export function isDestination(config: RelayConfig, name: string): boolean {
  return config.destinations.has(name) || config.heldDestinations.has(name);
}

/** Reads `env.RELAY` (an object, or JSON text from `.dev.vars` or the dashboard) and the secrets it names. */
export function loadConfig(env: Readonly<Record<string, unknown>>): Loaded {
  const given = tableOf(env.RELAY);
  const problems: Problem[] = given === null ? [unreadable(env.RELAY)] : [];
  const table = (name: string, about = WHOLE): Table => {
    const value = given?.[name];
    if (isTable(value)) return value;
    if (given !== null) problems.push({ path: ["RELAY", name], message: "must be a table", about });
    return {};
  };
  const optional = (name: string, about = WHOLE): Table =>
    given?.[name] === undefined ? {} : table(name, about);
  const settings = readSettings(given);
  const isDevelopment = settings.environment === "development";

  const receivers = table("destinations");
  const eventDestinations = Object.keys(receivers).filter((name) => !name.startsWith(OWN_NAMES));
  const fields = new SourceFields({
    development: isDevelopment,
    destinations: eventDestinations,
    secret: (name) => (typeof env[name] === "string" ? env[name] : undefined),
  });
  const providers = readProviders(optional("providers"), ["RELAY", "providers"]);
  const sources = readSources(table("sources"), fields, ["RELAY", "sources"], providers);
  const destinations = readDestinations(
    [
      ...eventDestinations.map((name) => ({
        name,
        path: ["RELAY", "destinations", name],
        settings: receivers[name],
      })),
      ...(given?.alerts === undefined
        ? []
        : [{ name: ALERTS, path: ["RELAY", "alerts"], settings: given.alerts }]),
    ],
    fields,
  );
  const channels = readAlertChannels(
    optional("alert_channels", { kind: "setting", name: "alert_channels" }),
    fields,
  );
  const local = readLocalUrls(env.RELAY_LOCAL_URLS, eventDestinations);
  const operators = readOperators(
    { operators: optional("operators", { kind: "operators" }), access: given?.access },
    env.ADMIN_TOKEN,
    fields,
    isDevelopment,
  );
  problems.push(
    ...settings.problems,
    ...unknownSettings(given ?? {}),
    ...reservedNames(receivers),
    ...providers.problems,
    ...sources.problems,
    ...destinations.problems,
    ...channels.problems,
    ...local.problems,
    ...operators.problems,
  );

  const isAccepting = !problems.some(({ about }) => about.kind === "relay");
  const { inboxShards, inboxShardsBefore, retentionDays } = settings;
  const config: RelayConfig = {
    environment: settings.environment,
    consoleUrl: settings.consoleUrl,
    isAccepting,
    isShardCountKnown: inboxShards !== null,
    inboxShards: inboxShards ?? DEFAULT_INBOX_SHARDS,
    inboxShardsBefore: inboxShardsBefore === inboxShards ? null : inboxShardsBefore,
    handoverTimeoutMs: settings.handoverTimeoutMs,
    retentionDays,
    tombstoneDays: Math.max(settings.tombstoneDays, retentionDays),
    log: settings.log,
    sources: sources.served,
    brokenSources: sources.broken,
    destinations: new Map([...pointed(destinations.served, local.urls), ...channels.served]),
    heldDestinations: new Map([...destinations.held, ...channels.held]),
    alertChannels: new Map([
      ...(given?.alerts === undefined ? [] : [[ALERTS, severitiesOf(given.alerts)] as const]),
      ...channels.severities,
    ]),
    eventDestinations,
    operators: operators.operators,
    access: operators.access,
    admitsOperators:
      operators.operators.length > 0 || operators.access !== null || operators.problems.length === 0,
    isLocalOnly: isDevelopment || env.RELAY_LOCAL_URLS !== undefined,
  };
  return { config, problems, status: statusOf(config, problems) };
}

/** What is right by its own address is sent to another one. */
function pointed(
  served: ReadonlyMap<string, Destination>,
  urls: ReadonlyMap<string, URL>,
): ReadonlyMap<string, Destination> {
  return new Map([...served].map(([name, to]) => [name, { ...to, url: urls.get(name) ?? to.url }]));
}

function statusOf(config: RelayConfig, problems: readonly Problem[]): Status {
  if (problems.length === 0) return "ok";
  const allSourcesBroken = config.sources.size === 0 && config.brokenSources.size > 0;
  return !config.isAccepting || allSourcesBroken ? "misconfigured" : "degraded";
}

function unreadable(value: unknown): Problem {
  return {
    path: ["RELAY"],
    message:
      value === undefined
        ? "is not set: [vars.RELAY] of the configuration file is missing"
        : "is no table, and no JSON text of one",
    about: WHOLE,
  };
}

const KNOWN = new Set([
  "environment",
  "inbox_shards",
  "inbox_shards_before",
  "handover_lease_ms",
  "retention_days",
  "tombstone_days",
  "log",
  "providers",
  "sources",
  "destinations",
  "alerts",
  "alert_channels",
  "console_url",
  "operators",
  "access",
]);

/** A name mistyped: what was meant by it may be anything, all sources among it. */
function unknownSettings(given: Table): Problem[] {
  const unknown = Object.keys(given).filter((name) => !KNOWN.has(name));
  return unknown.map((name) => ({ path: ["RELAY", name], message: "is no setting", about: WHOLE }));
}

/** A receiver of this name would get what is meant for operators, or be taken for a verifier. */
function reservedNames(receivers: Table): Problem[] {
  const reserved = Object.keys(receivers).filter((name) => name.startsWith(OWN_NAMES));
  return reserved.map((name) => ({
    path: ["RELAY", "destinations", name],
    message: "is a name of the relay's own",
    about: WHOLE,
  }));
}
