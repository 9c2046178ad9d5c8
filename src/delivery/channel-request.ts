/**
 * An alert in the form that a channel takes: Slack's incoming webhooks, Telegram's `sendMessage`, PagerDuty's Events
 * API v2. Pure. All of them say with their status what became of it, as a receiver of events does.
 */
import { endedBy, subjectOf, type AlertMessage, type Severity } from "../alert.ts";
import type { AlertChannel } from "../config/alert-channels.ts";
import { MAX_ALERT_TEXT_CHARS, MAX_PAGER_KEY_CHARS, MAX_PAGER_SUMMARY_CHARS } from "../limits.ts";

/** A channel that takes alerts over HTTP. */
export type PostedChannel = Exclude<AlertChannel, { kind: "email" }>;

/** Where an alert goes in a channel. */
export interface ChannelAddress {
  readonly channel: PostedChannel;
  /** Of the channel's API; of Slack the secret is the whole address. */
  readonly url: URL;
  /** The channel's secret that is in force. */
  readonly secret: string;
}

export interface ChannelRequest {
  /** May contain the secret: not to be shown. */
  readonly url: URL;
  /** JSON; of PagerDuty it contains the secret. */
  readonly body: string;
}

export function channelRequest(
  alert: AlertMessage,
  { channel, url, secret }: ChannelAddress,
): ChannelRequest {
  switch (channel.kind) {
    case "slack":
      return { url: new URL(secret), body: JSON.stringify(slackMessage(alert)) };
    case "telegram":
      return {
        url: below(url, `bot${secret}/sendMessage`),
        body: JSON.stringify(telegramMessage(alert, channel.chat)),
      };
    case "pagerduty":
      return { url: below(url, "v2/enqueue"), body: JSON.stringify(pagerEvent(alert, secret)) };
  }
}

function below(base: URL, path: string): URL {
  return new URL(`${base.href.replace(/\/$/, "")}/${path}`);
}

const MARKS: Readonly<Record<Severity, string>> = { critical: "🔴", warning: "🟡", info: "🔵" };
const OVER = "🟢";

/** Members of the message that have a place of their own in it. */
const PLACED = new Set(["type", "about", "at", "severity", "environment", "text", "held", "link"]);

/** `🔴 breaker open (production)`, and a line for each particular. */
export function linesOf(alert: AlertMessage): string[] {
  const mark = endedBy(alert.about, particularsOf(alert)) ? OVER : MARKS[alert.severity ?? "warning"];
  const particulars = Object.entries(particularsOf(alert)).map(
    // A line break would begin another line.
    ([name, value]) => `${name}: ${String(value).replaceAll(/\p{Cc}/gu, " ")}`,
  );
  const held = alert.held > 0 ? [`and ${alert.held} more like it since the last message`] : [];
  return [
    `${mark} ${alert.about.replaceAll("_", " ")} (${alert.environment ?? ""})`,
    `severity: ${alert.severity ?? "warning"}`,
    ...particulars,
    ...held,
  ];
}

function particularsOf(alert: AlertMessage): Readonly<Record<string, string | number | boolean | null>> {
  const entries = Object.entries(alert).flatMap(([name, value]) =>
    PLACED.has(name) || value === undefined ? [] : [[name, value] as const],
  );
  return Object.fromEntries(entries);
}

export function cut(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`;
}

/** https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks */
function slackMessage(alert: AlertMessage): object {
  const text = escaped(cut(linesOf(alert).join("\n"), MAX_ALERT_TEXT_CHARS));
  const link = alert.link === undefined ? "" : `\n<${escaped(alert.link)}|Open the console>`;
  return { text: text + link, unfurl_links: false };
}

/** What Slack takes for markup: a mention of everybody among it. */
function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

/** https://core.telegram.org/bots/api#sendmessage, as plain text: without `parse_mode` nothing in it is markup. */
function telegramMessage(alert: AlertMessage, chat: string): object {
  const text = cut(linesOf(alert).join("\n"), MAX_ALERT_TEXT_CHARS);
  return {
    chat_id: chat,
    text: alert.link === undefined ? text : `${text}\n${alert.link}`,
    link_preview_options: { is_disabled: true },
    disable_notification: alert.severity === "info",
  };
}

/**
 * https://developer.pagerduty.com/docs/events-api-v2-overview: the alert that says it is over resolves what the alert of
 * the same incident has triggered.
 */
function pagerEvent(alert: AlertMessage, routingKey: string): object {
  const fields = particularsOf(alert);
  const ended = endedBy(alert.about, fields);
  const incident = [alert.environment, ended ?? alert.about, subjectOf(fields)].join("|");
  const named = { routing_key: routingKey, dedup_key: incident.slice(-MAX_PAGER_KEY_CHARS) };
  if (ended !== undefined) return { ...named, event_action: "resolve" };
  return {
    ...named,
    event_action: "trigger",
    payload: {
      summary: cut(alert.text, MAX_PAGER_SUMMARY_CHARS),
      source: `psp-relay (${alert.environment ?? ""})`,
      severity: alert.severity ?? "warning",
      timestamp: alert.at,
      component: subjectOf(fields),
      class: alert.about,
      custom_details: fields,
    },
    ...(alert.link === undefined ? {} : { links: [{ href: alert.link, text: "Open the console" }] }),
  };
}
