/**
 * `RELAY.alert_channels`: Slack, Telegram, PagerDuty and e-mail, each told of alerts of some severities. A channel is a
 * destination under a name of the relay's own (`@alerts.<name>`): owed, retried, paused and shown as any other.
 * Only what is sent differs (src/delivery/channel-request.ts, src/delivery/alert-email.ts).
 */
import { z } from "zod";
import type { Severity } from "../alert.ts";
import {
  ALERT_CHANNEL_PER_SECOND,
  DEFAULT_DELIVERY_TIMEOUT_MS,
  DEFAULT_SCHEDULE_SECONDS,
  MAX_EMAIL_RECIPIENTS,
} from "../limits.ts";
import type { SourceFields } from "../providers/settings-fields.ts";
import type { Destination, HeldDestination } from "./destinations.ts";
import { problemsOf, textOf, type About, type Problem } from "./problems.ts";
import { ALERT_CHANNEL_PREFIX } from "./reserved.ts";
import { segment } from "./segment.ts";
import { severities, severitiesOf } from "./severities.ts";
import type { Table } from "./table.ts";

/** The form in which a channel takes alerts. */
export type AlertChannel =
  /** An incoming webhook; its secret is the whole address. */
  | { readonly kind: "slack" }
  /** A bot's `sendMessage`; its secret is the bot's token. */
  | { readonly kind: "telegram"; readonly chat: string }
  /** Events API v2; its secret is the integration's routing key. */
  | { readonly kind: "pagerduty" }
  /** Cloudflare's `send_email` binding; it has no secret. */
  | { readonly kind: "email"; readonly from: string; readonly to: readonly string[] };

export interface AlertChannels {
  readonly served: ReadonlyMap<string, Destination>;
  readonly held: ReadonlyMap<string, HeldDestination>;
  /** Of each, served or held: of which alerts it is told. */
  readonly severities: ReadonlyMap<string, readonly Severity[]>;
  readonly problems: readonly Problem[];
}

/** Secrets of a form, said by their names alone. */
function secretsLike(fields: SourceFields, isRight: (value: string) => boolean, problem: string) {
  return fields.secrets().check((context) => {
    for (const [index, { id, value }] of context.value.entries())
      if (!isRight(value))
        context.issues.push({
          code: "custom",
          input: undefined,
          path: [index],
          message: `secret ${id} ${problem}`,
        });
  });
}

function channelSchema(fields: SourceFields) {
  const url = fields.outboundUrl();
  return z.discriminatedUnion("kind", [
    z.strictObject({
      kind: z.literal("slack"),
      secrets: secretsLike(
        fields,
        (value) => url.safeParse(value).success,
        "is not the https: address of an incoming webhook",
      ),
      severities,
    }),
    z.strictObject({
      kind: z.literal("telegram"),
      secrets: secretsLike(
        fields,
        (value) => /^\d+:[A-Za-z0-9_-]+$/.test(value),
        "is not a bot's token: a number, a colon and letters",
      ),
      chat: z.string().regex(/^(-?\d+|@\w+)$/, "must be a chat's number, as text, or @name of a channel"),
      url: url.default(new URL("https://api.telegram.org")),
      severities,
    }),
    z.strictObject({
      kind: z.literal("pagerduty"),
      secrets: secretsLike(
        fields,
        (value) => /^[A-Za-z0-9]{32}$/.test(value),
        "is not a routing key of Events API v2: 32 letters and digits",
      ),
      url: url.default(new URL("https://events.pagerduty.com")),
      severities,
    }),
    z.strictObject({
      kind: z.literal("email"),
      from: z.email(),
      to: z.array(z.email()).min(1).max(MAX_EMAIL_RECIPIENTS),
      severities,
    }),
  ]);
}

/** @param given `RELAY.alert_channels` */
export function readAlertChannels(given: Table, fields: SourceFields): AlertChannels {
  const schema = channelSchema(fields);
  const served = new Map<string, Destination>();
  const held = new Map<string, HeldDestination>();
  const wanted = new Map<string, readonly Severity[]>();
  const all: Problem[] = [];
  for (const [key, settings] of Object.entries(given)) {
    const name = ALERT_CHANNEL_PREFIX + key;
    const about: About = { kind: "destination", name };
    const parsed = schema.safeParse(settings);
    const issues = [...(segment.safeParse(key).error?.issues ?? []), ...(parsed.error?.issues ?? [])];
    const problems = problemsOf(issues, ["RELAY", "alert_channels", key], about);
    wanted.set(name, severitiesOf(settings));
    if (parsed.success && problems.length === 0) served.set(name, destinationOf(name, parsed.data));
    else held.set(name, { name, why: problems.map(textOf).join("; "), types: null, signingKeys: [] });
    all.push(...problems);
  }
  return { served, held, severities: wanted, problems: all };
}

function destinationOf(name: string, given: Given): Destination {
  return {
    name,
    url: shownUrlOf(given),
    secrets: given.kind === "email" ? [] : given.secrets,
    signingKeys: [],
    timeoutMs: DEFAULT_DELIVERY_TIMEOUT_MS,
    scheduleSeconds: [...DEFAULT_SCHEDULE_SECONDS],
    ordered: true,
    maxPerSecond: ALERT_CHANNEL_PER_SECOND,
    maxInFlight: null,
    types: null,
    headers: {},
    cloudEvents: false,
    channel: channelOf(given),
  };
}

type Given = z.infer<ReturnType<typeof channelSchema>>;

function channelOf(given: Given): AlertChannel {
  const { kind } = given;
  if (kind === "telegram") return { kind, chat: given.chat };
  return kind === "email" ? { kind, from: given.from, to: given.to } : { kind };
}

/** Where it goes, or what may be shown of an address that is a secret. */
function shownUrlOf(given: Given): URL {
  if (given.kind === "email") return new URL(`mailto:${given.to.join(",")}`);
  return given.kind === "slack" ? new URL("/", given.secrets[0]?.value) : given.url;
}
