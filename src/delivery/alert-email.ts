/**
 * An alert as an e-mail, by Cloudflare's `send_email` binding. What the binding takes counts as delivered: whether it
 * reaches a mailbox, nobody tells the relay.
 *
 * https://developers.cloudflare.com/email-service/api/send-emails/workers-api/
 */
import { subjectOf, type AlertMessage } from "../alert.ts";
import type { AlertChannel } from "../config/alert-channels.ts";
import { withDeadline } from "../deadline.ts";
import { MAX_ALERT_TEXT_CHARS, MAX_EMAIL_SUBJECT_CHARS } from "../limits.ts";
import { cut, linesOf } from "./channel-request.ts";

export interface EmailBindings {
  /** There is one where a channel of alerts is of the kind `email` (tools/lib/deployment/merge.ts). */
  readonly EMAIL?: SendEmail;
}

export type EmailChannel = Extract<AlertChannel, { kind: "email" }>;

/** Taken, with the message's id; else a class of failure, and what the binding said. */
export type EmailSent = { readonly error: "email" | "no_binding" | null; readonly answer: string | null };

export async function sendAlertEmail(
  alert: AlertMessage,
  channel: EmailChannel,
  binding: SendEmail | undefined,
  timeoutMs: number,
): Promise<EmailSent> {
  if (binding === undefined) return { error: "no_binding", answer: null };
  try {
    const { messageId } = await withDeadline(binding.send(emailOf(alert, channel)), timeoutMs);
    return { error: null, answer: messageId };
  } catch (error) {
    return { error: "email", answer: error instanceof Error ? error.message : String(error) };
  }
}

/** As plain text: nothing in it is markup. */
export function emailOf(alert: AlertMessage, { from, to }: EmailChannel) {
  const [headline = "", ...lines] = linesOf(alert);
  const about = subjectOf(alert);
  const link = alert.link === undefined ? [] : ["", alert.link];
  return {
    from,
    to: [...to],
    // A line break would begin a header.
    subject: cut(about === "" ? headline : `${headline}: ${about}`, MAX_EMAIL_SUBJECT_CHARS).replaceAll(
      /\p{Cc}/gu,
      " ",
    ),
    text: [cut([headline, ...lines].join("\n"), MAX_ALERT_TEXT_CHARS), ...link].join("\n"),
  };
}
