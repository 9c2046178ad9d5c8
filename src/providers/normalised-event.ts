/** From what a provider stated to an event that lacks only its payment's history. Pure. */
import type { NormalisedEvent, RawCallback, Verification } from "../event.ts";
import { MAX_EVENT_RAW_BYTES } from "../limits.ts";
import { messageOf, type Callback } from "./callback.ts";
import { eventIdOf, paymentIdOf } from "./ids.ts";
import type { Facts } from "./provider.ts";
import { redact } from "./redact.ts";
import type { Source } from "./source.ts";

/** The event of these facts, without type, sequence and previous status (`inbox/lifecycle.ts` adds them). */
export async function normalisedEventOf(
  source: Source,
  callback: Callback,
  facts: Facts,
  verification: Verification,
): Promise<NormalisedEvent> {
  const [id, paymentId] = await Promise.all([
    eventIdOf(source.provider, source.account, ...facts.eventKey),
    paymentIdOf(source.provider, source.account, ...facts.subjectKey),
  ]);
  return {
    id,
    kind: facts.kind,
    livemode: facts.livemode ?? source.settings.mode !== "test",
    data: {
      payment_id: paymentId,
      direction: facts.direction,
      status: facts.status,
      merchant_reference: facts.merchantReference,
      amount: facts.amount,
      amount_requested: facts.amountRequested,
      amount_net: facts.amountNet,
      amount_converted: facts.amountConverted,
      ...(facts.amountRefunded ? { amount_refunded: facts.amountRefunded } : {}),
      ...(facts.amountOfRefund ? { amount_of_refund: facts.amountOfRefund } : {}),
      fee: facts.fee,
      blockchain: facts.blockchain,
      occurred_at: facts.occurredAt,
      received_at: new Date(callback.receivedAtMs).toISOString(),
      provider: {
        name: source.provider,
        account: source.account,
        event: facts.provider.event,
        event_id: facts.provider.event_id,
        payment_id: facts.provider.payment_id,
        status: facts.provider.status,
      },
      verification,
      warnings: [...facts.warnings, ...(facts.livemode === false ? ["test_event"] : [])],
      raw: rawOf(source, callback),
    },
  };
}

/** The callback as the CRM may see it: redacted, and short enough for an event under 20 KB. */
function rawOf(source: Source, callback: Callback): RawCallback | null {
  if (source.settings.raw === "none") return null;
  const base = { content_type: callback.mediaType, sha256: callback.sha256 };
  if (source.settings.raw === "hash") return base;
  const message = { bytes: messageOf(callback), contentType: callback.contentType };
  const redacted = redact(message, source.redact);
  if (redacted === null) return base;
  const cut = cutOf(redacted.text);
  return {
    ...base,
    body: cut ?? redacted.text,
    redacted: [...redacted.redacted],
    ...(cut === null ? {} : { truncated: true }),
  };
}

/** The beginning of a text that is too long for an event; null for one that is not. */
function cutOf(text: string): string | null {
  // No character of UTF-16 takes more than three bytes: most texts need not be encoded to know.
  if (text.length * 3 <= MAX_EVENT_RAW_BYTES) return null;
  const bytes = new TextEncoder().encode(text);
  return bytes.length <= MAX_EVENT_RAW_BYTES ? null : firstChars(bytes, MAX_EVENT_RAW_BYTES);
}

/** The first `maxBytes` bytes without half a character at the end. */
function firstChars(bytes: Uint8Array, maxBytes: number): string {
  return new TextDecoder().decode(bytes.subarray(0, maxBytes), { stream: true });
}
