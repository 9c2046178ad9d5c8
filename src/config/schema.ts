/**
 * The `RELAY` variable: data in the configuration file, secrets by name (README.md#configuration). Read once per
 * isolate, part by part: every problem is found before any is reported, and each stops only what it is about
 * (docs/operations.md#problems-of-the-configuration). There is always a configuration to go on with.
 */
import { z } from "zod";
import {
  DEFAULT_INBOX_SHARDS,
  DEFAULT_RETENTION_DAYS,
  DEFAULT_TOMBSTONE_DAYS,
  HANDOVER_TIMEOUT_MS,
  MAX_HANDOVER_TIMEOUT_MS,
  MAX_INBOX_SHARDS,
  MAX_RETENTION_DAYS,
  MAX_TOMBSTONE_DAYS,
  MIN_HANDOVER_TIMEOUT_MS,
} from "../limits.ts";
import { SourceFields } from "../providers/settings-fields.ts";
import type { Source } from "../providers/source.ts";
import { readDestinations, type Destination, type HeldDestination } from "./destinations.ts";
import { readLocalUrls } from "./local-only.ts";
import { readOperators, type Access, type ConfiguredOperator } from "./operators.ts";
import { problemsOf, type About, type Problem, type Status } from "./problems.ts";
import { ALERTS, OWN_NAMES } from "./reserved.ts";
import { readProviders } from "./providers.ts";
import { readSources } from "./sources.ts";
import { tableOf, type Table } from "./table.ts";

export type { Destination, HeldDestination } from "./destinations.ts";

export interface RelayConfig {
  readonly environment: string;
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

const RELAY: About = { kind: "relay" };
const anyTable = z.record(z.string(), z.unknown());
const shardCount = z.int().min(1).max(MAX_INBOX_SHARDS);

/** Reads `env.RELAY` (an object, or JSON text from `.dev.vars` or the dashboard) and the secrets it names. */
export function loadConfig(env: Readonly<Record<string, unknown>>): Loaded {
  const raw = readVariable(env.RELAY);
  const problems: Problem[] = "problem" in raw ? [raw.problem] : [];
  const given = "problem" in raw ? {} : raw.table;

  const read = <T>(name: string, schema: z.ZodType<T>, instead: T, about: About): T => {
    const parsed = schema.safeParse(given[name]);
    if (parsed.success) return parsed.data;
    // Of a variable that cannot be read at all its one problem says enough.
    if (!("problem" in raw)) problems.push(...problemsOf(parsed.error.issues, ["RELAY", name], about));
    return instead;
  };
  const setting = <T>(name: string, schema: z.ZodType<T>, instead: T): T =>
    read(name, schema, instead, { kind: "setting", name });
  const table = (name: string): Table => read(name, anyTable, {}, RELAY);

  const environment = read("environment", z.string().min(1).default("production"), "production", RELAY);
  const isReadable = !("problem" in raw);
  const shards = read("inbox_shards", shardCount.default(DEFAULT_INBOX_SHARDS), null, RELAY);
  const shardsBefore = read("inbox_shards_before", shardCount.nullable().default(null), null, RELAY);
  const handoverTimeoutMs = setting(
    "handover_lease_ms",
    z.int().min(MIN_HANDOVER_TIMEOUT_MS).max(MAX_HANDOVER_TIMEOUT_MS).default(HANDOVER_TIMEOUT_MS),
    HANDOVER_TIMEOUT_MS,
  );
  // What was to be kept for longer must not be purged because of a mistake: the longest time stands in.
  const longest = { retention: MAX_RETENTION_DAYS, tombstone: MAX_TOMBSTONE_DAYS };
  const retentionDays = setting(
    "retention_days",
    z
      .int()
      .min(1)
      .max(MAX_RETENTION_DAYS)
      .default(isReadable ? DEFAULT_RETENTION_DAYS : longest.retention),
    longest.retention,
  );
  const tombstoneDays = setting(
    "tombstone_days",
    z
      .int()
      .min(1)
      .max(MAX_TOMBSTONE_DAYS)
      .default(isReadable ? DEFAULT_TOMBSTONE_DAYS : longest.tombstone),
    longest.tombstone,
  );
  const byEnvironment = environment === "development" ? "all" : "problems";
  const log = setting("log", z.enum(["all", "problems"]).default(byEnvironment), byEnvironment);

  const receivers = table("destinations");
  const eventDestinations = Object.keys(receivers).filter((name) => !name.startsWith(OWN_NAMES));
  const fields = new SourceFields({
    development: environment === "development",
    destinations: eventDestinations,
    secret: (name) => (typeof env[name] === "string" ? env[name] : undefined),
  });
  const declared = given.providers === undefined ? {} : table("providers");
  const providers = readProviders(declared, ["RELAY", "providers"]);
  const sources = readSources(table("sources"), fields, ["RELAY", "sources"], providers);
  const destinations = readDestinations(
    [
      ...eventDestinations.map((name) => ({
        name,
        path: ["RELAY", "destinations", name],
        settings: receivers[name],
      })),
      ...(given.alerts === undefined
        ? []
        : [{ name: ALERTS, path: ["RELAY", "alerts"], settings: given.alerts }]),
    ],
    fields,
  );
  const local = readLocalUrls(env.RELAY_LOCAL_URLS, eventDestinations);
  const isDevelopment = environment === "development";
  const operators = readOperators(
    {
      operators: read("operators", anyTable.default({}), {}, { kind: "operators" }),
      access: given.access,
    },
    env.ADMIN_TOKEN,
    fields,
    isDevelopment,
  );
  problems.push(
    ...unknownSettings(given),
    ...reservedNames(receivers),
    ...providers.problems,
    ...sources.problems,
    ...destinations.problems,
    ...local.problems,
    ...operators.problems,
  );

  const isAccepting = !problems.some(({ about }) => about.kind === "relay");
  const config: RelayConfig = {
    environment,
    isAccepting,
    isShardCountKnown: isReadable && shards !== null,
    inboxShards: shards ?? DEFAULT_INBOX_SHARDS,
    inboxShardsBefore: shardsBefore === shards ? null : shardsBefore,
    handoverTimeoutMs,
    retentionDays,
    tombstoneDays: Math.max(tombstoneDays, retentionDays),
    log,
    sources: sources.served,
    brokenSources: sources.broken,
    destinations: pointed(destinations.served, local.urls),
    heldDestinations: destinations.held,
    eventDestinations,
    operators: operators.operators,
    access: operators.access,
    admitsOperators:
      operators.operators.length > 0 || operators.access !== null || operators.problems.length === 0,
    isLocalOnly: environment === "development" || env.RELAY_LOCAL_URLS !== undefined,
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

function readVariable(value: unknown): { readonly table: Table } | { readonly problem: Problem } {
  const table = tableOf(value);
  if (table) return { table };
  const message =
    value === undefined
      ? "is not set: [vars.RELAY] of the configuration file is missing"
      : "is no table, and no JSON text of one";
  return { problem: { path: ["RELAY"], message, about: RELAY } };
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
  "operators",
  "access",
]);

/** A name mistyped: what was meant by it may be anything, all sources among it. */
function unknownSettings(given: Table): Problem[] {
  const unknown = Object.keys(given).filter((name) => !KNOWN.has(name));
  return unknown.map((name) => ({ path: ["RELAY", name], message: "is no setting", about: RELAY }));
}

/** A receiver of this name would get what is meant for operators, or be taken for a verifier. */
function reservedNames(receivers: Table): Problem[] {
  const reserved = Object.keys(receivers).filter((name) => name.startsWith(OWN_NAMES));
  return reserved.map((name) => ({
    path: ["RELAY", "destinations", name],
    message: "is a name of the relay's own",
    about: RELAY,
  }));
}
