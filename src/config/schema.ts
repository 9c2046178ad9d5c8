/**
 * The `RELAY` variable: data in `wrangler.toml`, secrets by name (README.md#configuration). Validated once per
 * isolate; every problem is found before any is reported; a wrong configuration accepts nothing.
 */
import { z } from "zod";
import {
  DEFAULT_DELIVERY_TIMEOUT_MS,
  DEFAULT_INBOX_SHARDS,
  DEFAULT_RETENTION_DAYS,
  DEFAULT_SCHEDULE_SECONDS,
  DEFAULT_TOMBSTONE_DAYS,
  HANDOVER_TIMEOUT_MS,
  MAX_DELIVERY_TIMEOUT_MS,
  MAX_HANDOVER_TIMEOUT_MS,
  MAX_INBOX_SHARDS,
  MAX_MAX_IN_FLIGHT,
  MAX_PER_SECOND,
  MAX_RETENTION_DAYS,
  MAX_SCHEDULE_DELAY_SECONDS,
  MAX_SCHEDULE_RETRIES,
  MAX_TOMBSTONE_DAYS,
  MIN_DELIVERY_TIMEOUT_MS,
  MIN_HANDOVER_TIMEOUT_MS,
  MIN_PER_SECOND,
} from "../limits.ts";
import type { Source } from "../providers/source.ts";
import { ALERTS } from "./reserved.ts";
import { ed25519SeedOf, hmacKeyOf } from "../verify/signing-keys.ts";
import type { Secret } from "../verify/secret.ts";
import { SourceFields, type Surroundings } from "../providers/settings-fields.ts";
import { segment } from "./segment.ts";
import { sourcesSchema } from "./sources.ts";

/** A receiver of events. */
export interface Destination {
  readonly name: string;
  readonly url: URL;
  /** Standard Webhooks secrets (`v1`), newest first; every live one signs. */
  readonly secrets: readonly Secret[];
  /** Ed25519 private keys (`v1a`), newest first; every live one signs. */
  readonly signingKeys: readonly Secret[];
  readonly timeoutMs: number;
  /** Delay before retry 1, 2, …; after the last one the delivery is dead. */
  readonly scheduleSeconds: readonly number[];
  /** Events of one payment arrive in `sequence` order. */
  readonly ordered: boolean;
  /** Requests per second over all shards; null: no cap, and drains a backlog at the default rate. */
  readonly maxPerSecond: number | null;
  /** Attempts under way at once over all shards, at least one in each; null: the default. */
  readonly maxInFlight: number | null;
  /** Event types wanted, `payment.*` for a family; null: all. */
  readonly types: readonly string[] | null;
  /** Static headers sent with every delivery. */
  readonly headers: Readonly<Record<string, string>>;
  /** CloudEvents 1.0 headers as well (`ce-id`, `ce-type`, …). */
  readonly cloudEvents: boolean;
}

export interface RelayConfig {
  readonly environment: string;
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
  /** By `provider/account`. */
  readonly sources: ReadonlyMap<string, Source>;
  /** Receivers of events, and of alerts under a name no receiver of events can have. */
  readonly destinations: ReadonlyMap<string, Destination>;
  /** Names of the receivers of events: what a source sends to unless it names some of them. */
  readonly eventDestinations: readonly string[];
}

/** Headers the relay sets itself; a configured one must not replace them. */
const RESERVED_HEADER =
  /^(webhook-|relay-|ce-)|^(content-type|content-length|host|idempotency-key|user-agent|connection|transfer-encoding)$/i;

/** Names of secrets that are keys of a certain form. */
function keys(fields: SourceFields, read: (secret: Secret) => Uint8Array | null, problem: string) {
  return fields.secrets().check((context) => {
    for (const [index, secret] of context.value.entries()) {
      if (read(secret)) continue;
      const message = `secret ${secret.id} ${problem}`;
      context.issues.push({ code: "custom", input: secret.id, path: [index], message });
    }
  });
}

function destinationSchema(fields: SourceFields) {
  const schema = z.strictObject({
    url: fields.outboundUrl(),
    secrets: keys(
      fields,
      hmacKeyOf,
      "is not a Standard Webhooks secret: whsec_ and base64 of 24 to 64 bytes",
    ).optional(),
    signing_keys: keys(
      fields,
      ed25519SeedOf,
      "is not an Ed25519 private key: whsk_ and base64 of its 32-byte seed (or of seed and public key, 64 bytes)",
    ).optional(),
    timeout_ms: z
      .int()
      .min(MIN_DELIVERY_TIMEOUT_MS)
      .max(MAX_DELIVERY_TIMEOUT_MS)
      .default(DEFAULT_DELIVERY_TIMEOUT_MS),
    schedule_seconds: z
      .array(z.number().min(0).max(MAX_SCHEDULE_DELAY_SECONDS))
      .max(MAX_SCHEDULE_RETRIES)
      .default([...DEFAULT_SCHEDULE_SECONDS]),
    ordered: z.boolean().default(true),
    max_per_second: z.number().min(MIN_PER_SECOND).max(MAX_PER_SECOND).nullable().default(null),
    max_in_flight: z.int().min(1).max(MAX_MAX_IN_FLIGHT).nullable().default(null),
    types: z
      .array(z.string().regex(/^[a-z_]+\.([a-z_]+|\*)$/, "must be like payment.confirmed or payment.*"))
      .min(1)
      .nullable()
      .default(null),
    headers: z
      .record(
        z
          .string()
          .regex(/^[A-Za-z0-9-]+$/, "must be a header name")
          .refine((name) => !RESERVED_HEADER.test(name), "is a header the relay sets itself"),
        z.string().regex(/^[\t\x20-\x7e]*$/, "must be printable ASCII"),
      )
      .default({}),
    cloud_events: z.boolean().default(false),
  });
  return schema.refine(
    (given) => given?.secrets !== undefined || given?.signing_keys !== undefined,
    // Also when other fields have problems: all of them come out together.
    {
      when: () => true,
      path: ["secrets"],
      message: "needs secrets (whsec_…), or signing_keys (whsk_…), or both: nothing is sent unsigned",
    },
  );
}

function relaySchema(surroundings: Surroundings) {
  const fields = new SourceFields(surroundings);
  return z.strictObject({
    environment: z.string().min(1).default("production"),
    inbox_shards: z.int().min(1).max(MAX_INBOX_SHARDS).default(DEFAULT_INBOX_SHARDS),
    inbox_shards_before: z.int().min(1).max(MAX_INBOX_SHARDS).optional(),
    handover_lease_ms: z
      .int()
      .min(MIN_HANDOVER_TIMEOUT_MS)
      .max(MAX_HANDOVER_TIMEOUT_MS)
      .default(HANDOVER_TIMEOUT_MS),
    retention_days: z.int().min(1).max(MAX_RETENTION_DAYS).default(DEFAULT_RETENTION_DAYS),
    tombstone_days: z.int().min(1).max(MAX_TOMBSTONE_DAYS).default(DEFAULT_TOMBSTONE_DAYS),
    log: z.enum(["all", "problems"]).optional(),
    sources: sourcesSchema(fields),
    destinations: z.record(segment, destinationSchema(fields)),
    alerts: destinationSchema(fields).optional(),
  });
}

/** The configuration, or every problem with it, each with its path; no value of a secret in it. */
export type Loaded =
  | { readonly ok: true; readonly config: RelayConfig }
  | { readonly ok: false; readonly problems: readonly string[] };

/** Reads `env.RELAY` (an object, or JSON text from `.dev.vars` or the dashboard) and the secrets it names. */
export function loadConfig(env: Readonly<Record<string, unknown>>): Loaded {
  const raw = readVariable(env.RELAY);
  if ("problem" in raw) return { ok: false, problems: [raw.problem] };
  const given = raw.value as { environment?: unknown; destinations?: unknown } | null;
  const parsed = relaySchema({
    development: given?.environment === "development",
    destinations: Object.keys(given?.destinations ?? {}),
    secret: (name) => (typeof env[name] === "string" ? env[name] : undefined),
  }).safeParse(raw.value);
  if (!parsed.success) {
    return { ok: false, problems: parsed.error.issues.map((issue) => describe(issue.path, issue.message)) };
  }
  const config = build(parsed.data);
  const problems = ambiguousKeys(config);
  return problems.length > 0 ? { ok: false, problems } : { ok: true, config };
}

function readVariable(value: unknown): { value: unknown } | { problem: string } {
  if (value === undefined) return { problem: "RELAY: is not set (wrangler.toml [vars.RELAY])" };
  if (typeof value !== "string") return { value };
  try {
    return { value: JSON.parse(value) };
  } catch {
    return { problem: "RELAY: is a string but not JSON" };
  }
}

function describe(path: readonly PropertyKey[], message: string): string {
  return `${["RELAY", ...path.map(String)].join(".")}: ${message}`;
}

function build(input: z.infer<ReturnType<typeof relaySchema>>): RelayConfig {
  return {
    environment: input.environment,
    inboxShards: input.inbox_shards,
    inboxShardsBefore:
      input.inbox_shards_before === input.inbox_shards ? null : (input.inbox_shards_before ?? null),
    handoverTimeoutMs: input.handover_lease_ms,
    retentionDays: input.retention_days,
    tombstoneDays: Math.max(input.tombstone_days, input.retention_days),
    log: input.log ?? (input.environment === "development" ? "all" : "problems"),
    sources: input.sources,
    destinations: new Map(
      Object.entries({ ...input.destinations, ...(input.alerts ? { [ALERTS]: input.alerts } : {}) }).map(
        ([name, given]) => [name, destinationOf(name, given)],
      ),
    ),
    eventDestinations: Object.keys(input.destinations),
  };
}

function destinationOf(name: string, given: z.infer<ReturnType<typeof destinationSchema>>): Destination {
  return {
    name,
    url: given.url,
    secrets: given.secrets ?? [],
    signingKeys: given.signing_keys ?? [],
    timeoutMs: given.timeout_ms,
    scheduleSeconds: given.schedule_seconds,
    ordered: given.ordered,
    maxPerSecond: given.max_per_second,
    maxInFlight: given.max_in_flight,
    types: given.types,
    headers: given.headers,
    cloudEvents: given.cloud_events,
  };
}

/** A receiver finds a public key by its id alone: one id must not name two keys. */
function ambiguousKeys({ destinations }: RelayConfig): string[] {
  const byId = new Map<string, Secret>();
  return [...destinations.values()].flatMap(({ name, signingKeys }) =>
    signingKeys.flatMap((key) => {
      const other = byId.get(key.id) ?? key;
      byId.set(key.id, other);
      return other.value === key.value
        ? []
        : [
            `RELAY.destinations.${name}.signing_keys: ${key.id} names another key elsewhere: give it another id`,
          ];
    }),
  );
}
