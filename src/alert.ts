/**
 * What operators are told: the name of every alert, and the message it is sent as (docs/deploy.md#alerts).
 *
 * The list is closed for our own code, so that an alert nobody has described does not compile; a receiver has to
 * expect names it does not know. Which alerts are worth a message, and how often, is src/inbox/alerts.ts.
 */
import { z } from "zod";
import { instant } from "./event.ts";

/** Each is described in docs/deploy.md: test/tools/runbook.test.ts compares the two. */
export const ALERT_NAMES = [
  "address_refused",
  "breaker_closed",
  "breaker_open",
  "configuration",
  "configuration_mended",
  "confirmed_after_reversed",
  "conflict:amount",
  "conflict:body",
  "conflict:network",
  "dead_letter",
  "dead_letter_queue",
  "deferred",
  "deferred_dead",
  "deferred_full",
  "deferred_long",
  "destination_gone",
  "destination_refuses",
  "failed_after_confirmed",
  "ledger_remainder",
  "logins_failed",
  "new_token_same_order",
  "no_live_key",
  "owed_long",
  "quarantined",
  "queue_message",
  "refused_surge",
  "resolved",
  "second_payment",
  "shard_unreachable",
  "shards_changed",
  "silence",
  "storage",
  "test",
] as const;

export type AlertName = (typeof ALERT_NAMES)[number];

/** How soon somebody has to look: at once, by day, or never. */
export const SEVERITY_NAMES = ["critical", "warning", "info"] as const;
export type Severity = (typeof SEVERITY_NAMES)[number];

/** By this an alert finds its channels (`routingSeverity`). */
export const SEVERITIES: Readonly<Record<AlertName, Severity>> = {
  address_refused: "critical",
  breaker_closed: "info",
  breaker_open: "critical",
  configuration: "critical",
  configuration_mended: "info",
  confirmed_after_reversed: "warning",
  "conflict:amount": "warning",
  "conflict:body": "warning",
  "conflict:network": "warning",
  dead_letter: "warning",
  dead_letter_queue: "warning",
  deferred: "warning",
  deferred_dead: "warning",
  deferred_full: "critical",
  deferred_long: "warning",
  destination_gone: "critical",
  destination_refuses: "critical",
  failed_after_confirmed: "warning",
  ledger_remainder: "warning",
  logins_failed: "critical",
  new_token_same_order: "warning",
  no_live_key: "critical",
  owed_long: "critical",
  quarantined: "warning",
  queue_message: "warning",
  refused_surge: "critical",
  resolved: "info",
  second_payment: "warning",
  shard_unreachable: "critical",
  shards_changed: "critical",
  silence: "critical",
  storage: "warning",
  test: "info",
};

/** What an alert is about, besides its name (`LogFields`). */
type Particulars = Readonly<Record<string, string | number | boolean | null | undefined>>;

/** Alerts that end another one; `resolved` ends the one it names in `was`. */
const ENDS: Readonly<Partial<Record<AlertName, AlertName>>> = {
  breaker_closed: "breaker_open",
  configuration_mended: "configuration",
};

/** The alert that this one says is over; undefined: it says no such thing. */
export function endedBy(about: AlertName, fields: Particulars): AlertName | undefined {
  return about === "resolved" ? ALERT_NAMES.find((name) => name === fields.was) : ENDS[about];
}

/** Whoever was told of a trouble is told that it is over: that has the severity of what it ends. */
export function routingSeverity(about: AlertName, fields: Particulars): Severity {
  return SEVERITIES[endedBy(about, fields) ?? about];
}

/** What an alert is about, besides its name: the same trouble of another destination is another incident. */
export function subjectOf({ destination, source, name, shard }: Particulars): string {
  return String(destination ?? source ?? name ?? shard ?? "");
}

/** What a repeat of an event may say differently; also a warning of the event. */
export type Conflict = Extract<AlertName, `conflict:${string}`>;
/** What a repeat of the same event must say again, by the warning it earns if it does not. */
export type Contents = Readonly<Partial<Record<Conflict, string>>>;

/** What an alert is about, besides its name: ids, counts and names; never a secret, a body or an amount. */
const particular = z.union([z.string(), z.number(), z.boolean(), z.null()]);

export const alertMessage = z
  .object({
    type: z.literal("relay.alert"),
    about: z
      .enum(ALERT_NAMES)
      .meta({ description: "The alert's name; others may be added.", "x-extensible": true }),
    at: instant.describe("When it was raised."),
    severity: z.enum(SEVERITY_NAMES).optional().describe("How soon somebody has to look."),
    environment: z.string().optional().describe("Which relay it is: `RELAY.environment`."),
    text: z.string().describe("The same in words, for a channel that shows text."),
    held: z.int().nonnegative().describe("How many like it were held back since the last message."),
    source: z.string().optional().describe("The source, `provider/account`."),
    destination: z.string().optional().describe("The destination's name."),
    link: z.string().optional().describe("Where the console shows it: below `RELAY.console_url`."),
    payment: z.string().optional().describe("The relay's id of the payment it is about."),
    merchant_reference: z.string().optional().describe("The merchant's own id of that payment."),
    event: z.string().optional().describe("The id of an event or of a callback that was set aside."),
    shard: z.string().optional().describe("The Inbox object, by its name."),
    reason: z.string().optional().describe("Why a callback was set aside."),
  })
  .catchall(particular)
  .meta({
    title: "Alert",
    description: "A message to operators. Its other members are particulars: ids, counts and names.",
  });
export type AlertMessage = z.infer<typeof alertMessage>;
