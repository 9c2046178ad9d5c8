/**
 * Alerts to operators: which are worth a message, and what it says. The log has every one of them;
 * a message is sent once per thing and quarter of an hour, and a shard in trouble does not flood a channel.
 */
import { endedBy, SEVERITIES, subjectOf, type AlertMessage, type AlertName } from "../alert.ts";
import type { RelayConfig } from "../config/schema.ts";
import { ALERT_REPEAT_MS, MAX_ALERTS_PER_MINUTE } from "../limits.ts";
import type { LogFields } from "../log.ts";

const MINUTE_MS = 60_000;

/** An alert as a shard raises it. */
export interface Raised {
  readonly about: AlertName;
  readonly fields: LogFields;
  readonly shard: string;
}

/** Lets an alert through or holds it back. In memory: after an eviction one may be repeated early. */
export class AlertGate {
  readonly #last = new Map<string, { atMs: number; held: number }>();
  #recent: number[] = [];

  /** How many like it were held back since the last one, or null to hold this one back too. */
  admit(about: AlertName, fields: LogFields, nowMs: number): number | null {
    // There are no more of them than of what they end, and each of those has to end.
    if (endedBy(about, fields) !== undefined) return 0;
    const key = `${about}|${subjectOf(fields)}`;
    const last = this.#last.get(key);
    this.#recent = this.#recent.filter((atMs) => atMs > nowMs - MINUTE_MS);
    const tooSoon = last !== undefined && nowMs - last.atMs < ALERT_REPEAT_MS;
    if (tooSoon || this.#recent.length >= MAX_ALERTS_PER_MINUTE) {
      this.#last.set(key, { atMs: last?.atMs ?? Number.NEGATIVE_INFINITY, held: (last?.held ?? 0) + 1 });
      return null;
    }
    this.#recent.push(nowMs);
    this.#last.set(key, { atMs: nowMs, held: 0 });
    return last?.held ?? 0;
  }
}

/** What a message is made of. */
export interface Told {
  readonly about: AlertName;
  readonly fields: LogFields;
  /** The merchant's own id of the payment it is about; left out: it is about none, or none is known. */
  readonly merchantReference?: string | null;
  /** How many like it were held back since the last message. */
  readonly held: number;
  /** Epoch ms. */
  readonly atMs: number;
}

/** Without what a channel may take for markup, a mention or another line: a merchant's reference can be anybody's text. */
function plain(text: string): string {
  return text.replaceAll(/[<>&@\p{Cc}]/gu, "_");
}

/** A message for programs and, by its `text`, for a Slack-compatible channel. */
export function alertBody(
  { about, fields, merchantReference, held, atMs }: Told,
  { environment, consoleUrl }: Pick<RelayConfig, "environment" | "consoleUrl">,
): string {
  const all: LogFields = { ...fields, merchant_reference: merchantReference };
  const particulars = Object.entries(all).flatMap(([name, value]) =>
    value === undefined || value === null ? [] : [[name, value] as const],
  );
  const said = particulars.map(([name, value]) =>
    name === "merchant_reference" ? `${name} ${plain(String(value))}` : `${name} ${String(value)}`,
  );
  const more = held > 0 ? [`and ${held} more like it since the last message`] : [];
  const message: AlertMessage = {
    type: "relay.alert",
    about,
    at: new Date(atMs).toISOString(),
    severity: SEVERITIES[about],
    environment,
    text: `psp-relay (${environment}): ${[about.replaceAll("_", " "), ...said, ...more].join(", ")}`,
    held,
    ...(consoleUrl === null ? {} : { link: new URL(pageOf(about, fields), consoleUrl).href }),
    ...Object.fromEntries(particulars),
  };
  return JSON.stringify(message);
}

/** The page of the console that shows what it is about. */
function pageOf(about: AlertName, { event, destination }: LogFields): string {
  if (typeof event === "string" && event.startsWith("evt_")) return `/events/${encodeURIComponent(event)}`;
  if (destination !== undefined) return "/destinations";
  return about === "refused_surge" ? "/refused" : "/";
}
