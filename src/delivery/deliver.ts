/**
 * One attempt: sign, POST, read an excerpt of the response, judge. It stores nothing. Nothing a receiver
 * does makes it throw; what it throws is our own failure and counts as no attempt.
 */
import type { AlertMessage } from "../alert.ts";
import type { Destination } from "../config/schema.ts";
import type { PaymentEvent } from "../event.ts";
import type { Attempt, Leased, Outcome } from "../inbox/protocol.ts";
import { VERSION } from "../version.ts";
import { liveSecrets } from "../verify/secret.ts";
import { sendAlertEmail, type EmailBindings, type EmailChannel } from "./alert-email.ts";
import { channelRequest, type PostedChannel } from "./channel-request.ts";
import { readResponseExcerpt } from "./response-excerpt.ts";
import { judge } from "./outcome.ts";
import { signatureHeaders, type SignatureHeaders } from "./sign.ts";

export type Delivery = Extract<Leased, { kind: "deliver" }>;

export type Delivered =
  | { readonly kind: "attempted"; readonly attempt: Attempt; readonly outcome: Outcome }
  /** Every key of the destination has expired: nothing was sent. */
  | { readonly kind: "unsigned" };

const USER_AGENT = `psp-relay/${VERSION}`;
const SEQUENCE_DIGITS = 20;

/**
 * Sends the frozen body once.
 *
 * @param EMAIL what e-mails are sent by: of events there are none
 */
export async function deliver(
  eventId: string,
  delivery: Delivery,
  destination: Destination,
  { EMAIL }: EmailBindings = {},
): Promise<Delivered> {
  if (destination.channel?.kind === "email")
    return await emailed(delivery, destination, destination.channel, EMAIL);
  const atMs = Date.now();
  // Outside the try: a request that cannot be constructed is our failure, not the receiver's.
  const request = destination.channel
    ? requestOfChannel(delivery, destination, destination.channel, atMs)
    : await signedRequest(eventId, delivery, destination, atMs);
  if (!request) return { kind: "unsigned" };
  const finish = (answered: Pick<Attempt, "status" | "error" | "answer">, outcome: Outcome): Delivered => ({
    kind: "attempted",
    attempt: { attempt: delivery.attempt, atMs, durationMs: Date.now() - atMs, ...answered },
    outcome,
  });
  const signal = AbortSignal.timeout(destination.timeoutMs);
  try {
    const response = await fetch(request, { signal });
    const outcome = judge(response.status, response.headers.get("retry-after"), Date.now());
    const isEmpty = response.headers.get("content-length") === "0";
    const excerpt = isEmpty ? "" : await readResponseExcerpt(response.body);
    const answer = destination.channel && excerpt !== null ? withoutSecrets(excerpt, destination) : excerpt;
    return finish({ status: response.status, error: null, answer }, outcome);
  } catch (error) {
    if (isOurs(error)) throw error;
    // The schedule treats all of these alike; the log names them.
    const failed = { status: null, error: signal.aborted ? "timeout" : failureOf(error), answer: null };
    return finish(failed, { kind: "failed", retryAfterSeconds: null });
  }
}

async function emailed(
  { body, attempt }: Delivery,
  { timeoutMs }: Destination,
  channel: EmailChannel,
  binding: SendEmail | undefined,
): Promise<Delivered> {
  const atMs = Date.now();
  const sent = await sendAlertEmail(JSON.parse(body) as AlertMessage, channel, binding, timeoutMs);
  return {
    kind: "attempted",
    attempt: { attempt, atMs, durationMs: Date.now() - atMs, status: null, ...sent },
    outcome: sent.error === null ? { kind: "delivered" } : { kind: "failed", retryAfterSeconds: null },
  };
}

async function signedRequest(
  eventId: string,
  delivery: Delivery,
  destination: Destination,
  atMs: number,
): Promise<Request | null> {
  const signature = await signatureHeaders(eventId, delivery.body, destination, atMs);
  if (!signature) return null;
  return new Request(destination.url, {
    method: "POST",
    headers: headersOf(eventId, delivery, destination, signature),
    body: delivery.body,
    redirect: "manual",
  });
}

/** An alert by the newest secret that is in force; null: none is. */
function requestOfChannel(
  delivery: Delivery,
  { url, secrets }: Destination,
  channel: PostedChannel,
  atMs: number,
): Request | null {
  const [secret] = liveSecrets(secrets, atMs);
  if (!secret) return null;
  const alert = JSON.parse(delivery.body) as AlertMessage;
  const request = channelRequest(alert, { channel, url, secret: secret.value });
  return new Request(request.url, {
    method: "POST",
    headers: { "content-type": "application/json", "user-agent": USER_AGENT },
    body: request.body,
    redirect: "manual",
  });
}

/** A channel's address is its secret, or has it in it, and servers repeat in their answers what they were asked. */
function withoutSecrets(answer: string, { secrets }: Destination): string {
  const hidden = secrets.flatMap(({ value }) => [value, URL.parse(value)?.pathname ?? value]);
  return hidden
    .filter((text) => text !== "/")
    .reduce((text, secret) => text.replaceAll(secret, "[secret]"), answer);
}

/** The platform refuses to send: more requests than one invocation may make. */
function isOurs(error: unknown): boolean {
  return error instanceof Error && /too many subrequests/i.test(error.message);
}

/**
 * `connection`: refused, reset, or not HTTP. `dns_or_tls`: no such name, or no certificate to trust; the
 * runtime says `internal error` to both. On Cloudflare's network these come as statuses 52x and 530.
 */
function failureOf(error: unknown): "connection" | "dns_or_tls" {
  return error instanceof Error && error.message.startsWith("internal error") ? "dns_or_tls" : "connection";
}

function headersOf(
  eventId: string,
  delivery: Delivery,
  destination: Destination,
  signature: SignatureHeaders,
): Record<string, string> {
  return {
    ...destination.headers,
    ...(destination.cloudEvents ? cloudEventHeaders(delivery) : {}),
    ...signature,
    "content-type": "application/json",
    "user-agent": USER_AGENT,
    "idempotency-key": eventId,
    "relay-attempt": String(delivery.attempt),
    "relay-sequence": String(delivery.sequence),
    ...(delivery.replay ? { "relay-replay": "true" } : {}),
    ...(delivery.traceparent ? { traceparent: delivery.traceparent } : {}),
    ...(delivery.tracestate ? { tracestate: delivery.tracestate } : {}),
  };
}

/** CloudEvents 1.0 in HTTP binary mode (docs/delivery.md#what-is-sent). An alert is no payment event and has none. */
function cloudEventHeaders(delivery: Delivery): Record<string, string> {
  const event = JSON.parse(delivery.body) as PaymentEvent | { data?: undefined };
  if (event.data === undefined) return {};
  return {
    "ce-specversion": "1.0",
    "ce-id": event.id,
    "ce-source": `/relay/${event.data.provider.name}/${event.data.provider.account}`,
    "ce-type": event.type,
    "ce-subject": event.data.payment_id,
    "ce-time": event.timestamp,
    "ce-sequence": String(event.data.sequence).padStart(SEQUENCE_DIGITS, "0"),
    "ce-partitionkey": event.data.payment_id,
    "ce-recordedtime": event.data.received_at,
  };
}
