/**
 * One attempt: sign, POST, read a little of the answer, judge. It keeps nothing and never throws for
 * what the receiver does; what it learned goes to the Inbox.
 */
import type { Destination } from "../config/schema.ts";
import type { PaymentEvent } from "../event.ts";
import type { Attempt, Claimed, Outcome } from "../inbox/protocol.ts";
import { MAX_ANSWER_BYTES } from "../limits.ts";
import { judge } from "./outcome.ts";
import { signatureHeaders } from "./sign.ts";

export type Delivery = Extract<Claimed, { kind: "deliver" }>;

const USER_AGENT = "psp-relay/0.1.0";
const SEQUENCE_DIGITS = 20;

/** Sends the frozen body once. */
export async function deliver(
  eventId: string,
  delivery: Delivery,
  destination: Destination,
): Promise<{ attempt: Attempt; outcome: Outcome }> {
  const atMs = Date.now();
  const finish = (status: number | null, error: string | null, answer: string | null, outcome: Outcome) => ({
    attempt: { attempt: delivery.attempt, atMs, durationMs: Date.now() - atMs, status, error, answer },
    outcome,
  });
  const signal = AbortSignal.timeout(destination.timeoutMs);
  try {
    const response = await fetch(destination.url, {
      method: "POST",
      headers: await headersOf(eventId, delivery, destination, atMs),
      body: delivery.body,
      redirect: "manual",
      signal,
    });
    const answer = await readAnswer(response);
    return finish(
      response.status,
      null,
      answer,
      judge(response.status, response.headers.get("retry-after"), Date.now()),
    );
  } catch {
    // Refused, reset, broken TLS, time-out: to the schedule they are one thing, the log tells them apart.
    const error = signal.aborted ? "timeout" : "connection";
    return finish(null, error, null, { kind: "failed", retryAfterSeconds: null });
  }
}

async function headersOf(
  eventId: string,
  delivery: Delivery,
  destination: Destination,
  nowMs: number,
): Promise<Record<string, string>> {
  return {
    ...destination.headers,
    ...(destination.cloudEvents ? cloudEventHeaders(delivery) : {}),
    ...(await signatureHeaders(eventId, delivery.body, destination.secrets, nowMs)),
    "content-type": "application/json",
    "user-agent": USER_AGENT,
    "idempotency-key": eventId,
    "relay-attempt": String(delivery.attempt),
    "relay-sequence": String(delivery.sequence),
    ...(delivery.replay ? { "relay-replay": "true" } : {}),
  };
}

/** CloudEvents 1.0 in HTTP binary mode (event.md 3.1). */
function cloudEventHeaders(delivery: Delivery): Record<string, string> {
  const event = JSON.parse(delivery.body) as PaymentEvent;
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

/**
 * The first 16 KiB as text. A receiver that has answered has answered: one that then breaks off its
 * body, or sends without end, has still said 2xx.
 */
async function readAnswer(response: Response): Promise<string | null> {
  if (response.body === null) return null;
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  let text = "";
  let size = 0;
  try {
    while (size < MAX_ANSWER_BYTES) {
      const { done, value } = await reader.read();
      if (done) break;
      const part = value.subarray(0, MAX_ANSWER_BYTES - size);
      size += part.byteLength;
      text += decoder.decode(part, { stream: true });
    }
    await reader.cancel();
  } catch {
    return text;
  }
  return text;
}
