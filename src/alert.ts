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
  "second_payment",
  "shard_unreachable",
  "shards_changed",
  "silence",
] as const;

export type AlertName = (typeof ALERT_NAMES)[number];

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
    text: z.string().describe("The same in words, for a channel that shows text."),
    held: z.int().nonnegative().describe("How many like it were held back since the last message."),
    source: z.string().optional().describe("The source, `provider/account`."),
    destination: z.string().optional().describe("The destination's name."),
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
