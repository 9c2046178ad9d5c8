/**
 * Signing by the Standard Webhooks specification: `webhook-id`, `webhook-timestamp`,
 * `webhook-signature`. One `v1` signature per live secret, so that a receiver may hold either while
 * they are rotated. Pure but for Web Crypto.
 */
import { signingKey } from "../config/schema.ts";
import { hmacSha256, toBase64 } from "../verify/hmac.ts";
import { liveSecrets, type Secret } from "../verify/secret.ts";

const utf8 = new TextEncoder();

/** The three headers of one attempt. `nowMs` is the attempt's time, not the event's. */
export async function signatureHeaders(
  eventId: string,
  body: string,
  secrets: readonly Secret[],
  nowMs: number,
): Promise<Record<"webhook-id" | "webhook-timestamp" | "webhook-signature", string>> {
  const timestamp = String(Math.floor(nowMs / 1000));
  const signed = utf8.encode(`${eventId}.${timestamp}.${body}`);
  const keys = liveSecrets(secrets, nowMs).flatMap((secret) => signingKey(secret) ?? []);
  const signatures = await Promise.all(
    keys.map(async (key) => `v1,${toBase64(await hmacSha256(key, signed))}`),
  );
  return {
    "webhook-id": eventId,
    "webhook-timestamp": timestamp,
    "webhook-signature": signatures.join(" "),
  };
}
