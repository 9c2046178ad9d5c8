/**
 * `RELAY.destinations` and `RELAY.alerts`, each read by itself: one with a problem is known by its name and held,
 * the others are served.
 */
import { z } from "zod";
import {
  DEFAULT_DELIVERY_TIMEOUT_MS,
  DEFAULT_SCHEDULE_SECONDS,
  MAX_DELIVERY_TIMEOUT_MS,
  MAX_MAX_IN_FLIGHT,
  MAX_PER_SECOND,
  MAX_SCHEDULE_DELAY_SECONDS,
  MAX_SCHEDULE_RETRIES,
  MIN_DELIVERY_TIMEOUT_MS,
  MIN_PER_SECOND,
} from "../limits.ts";
import type { SourceFields } from "../providers/settings-fields.ts";
import type { Secret } from "../verify/secret.ts";
import { ed25519SeedOf, hmacKeyOf } from "../verify/signing-keys.ts";
import type { AlertChannel } from "./alert-channels.ts";
import { problemsOf, textOf, type About, type Problem } from "./problems.ts";
import { isOfAlerts } from "./reserved.ts";
import { segment } from "./segment.ts";
import { severities } from "./severities.ts";
import { isTable } from "./table.ts";

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
  /** Of a destination of alerts that takes them in a form of its own; left out: the signed message. */
  readonly channel?: AlertChannel;
}

/** A receiver whose configuration has a problem: it is owed what it wants, and nothing is sent. */
export interface HeldDestination {
  readonly name: string;
  /** Its problems in words. */
  readonly why: string;
  /** Event types wanted, as far as they can be read; null: all. */
  readonly types: readonly string[] | null;
  /** As far as they can be read: published still, for what is on its way or kept. */
  readonly signingKeys: readonly Secret[];
}

/** Headers the relay sets itself; a configured one must not replace them. */
const RESERVED_HEADER =
  /^(webhook-|relay-|ce-)|^(content-type|content-length|host|idempotency-key|user-agent|connection|transfer-encoding|traceparent|tracestate)$/i;

const wantedTypes = z
  .array(z.string().regex(/^[a-z_]+\.([a-z_]+|\*)$/, "must be like payment.confirmed or payment.*"))
  .min(1)
  .nullable()
  .default(null);

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

function signingKeys(fields: SourceFields) {
  return keys(
    fields,
    ed25519SeedOf,
    "is not an Ed25519 private key: whsk_ and base64 of its 32-byte seed (or of seed and public key, 64 bytes)",
  );
}

function destinationSchema(fields: SourceFields, ofAlerts = false) {
  const schema = z.strictObject({
    url: fields.outboundUrl(),
    secrets: keys(
      fields,
      hmacKeyOf,
      "is not a Standard Webhooks secret: whsec_ and base64 of 24 to 64 bytes",
    ).optional(),
    signing_keys: signingKeys(fields).optional(),
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
    types: wantedTypes,
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
    ...(ofAlerts ? { severities } : {}),
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

export interface Destinations {
  readonly served: ReadonlyMap<string, Destination>;
  readonly held: ReadonlyMap<string, HeldDestination>;
  readonly problems: readonly Problem[];
}

/** @param given every destination by its name, and where it stands in the configuration */
export function readDestinations(
  given: readonly { readonly name: string; readonly path: readonly string[]; readonly settings: unknown }[],
  fields: SourceFields,
): Destinations {
  const schemas = { events: destinationSchema(fields), alerts: destinationSchema(fields, true) };
  const served = new Map<string, Destination>();
  const held = new Map<string, HeldDestination>();
  const keyOfId = new Map<string, Secret>();
  const all: Problem[] = [];
  for (const { name, path, settings } of given) {
    const about: About = { kind: "destination", name };
    const parsed = schemas[isOfAlerts(name) ? "alerts" : "events"].safeParse(settings);
    // The alerts' own name is ours, and none that a destination could have.
    const named = path.includes(name) ? segment.safeParse(name).error : undefined;
    const problems = [
      ...problemsOf(named?.issues ?? [], path, about),
      ...problemsOf(parsed.error?.issues ?? [], path, about),
      ...ambiguousKeys(parsed.data?.signing_keys ?? [], keyOfId, path, about),
    ];
    if (parsed.success && problems.length === 0) served.set(name, destinationOf(name, parsed.data));
    else held.set(name, heldDestination(name, problems, settings, fields));
    all.push(...problems);
  }
  return { served, held, problems: all };
}

function heldDestination(
  name: string,
  problems: readonly Problem[],
  settings: unknown,
  fields: SourceFields,
): HeldDestination {
  const given = isTable(settings) ? settings : {};
  return {
    name,
    why: problems.map(textOf).join("; "),
    types: wantedTypes.safeParse(given.types).data ?? null,
    signingKeys: signingKeys(fields).safeParse(given.signing_keys).data ?? [],
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
function ambiguousKeys(
  signingKeys: readonly Secret[],
  keyOfId: Map<string, Secret>,
  path: readonly string[],
  about: About,
): Problem[] {
  return signingKeys.flatMap((key): Problem[] => {
    const other = keyOfId.get(key.id) ?? key;
    keyOfId.set(key.id, other);
    if (other.value === key.value) return [];
    const message = `${key.id} names another key elsewhere: give it another id`;
    return [{ path: [...path, "signing_keys"], message, about }];
  });
}
