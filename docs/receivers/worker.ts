/**
 * A receiver on Cloudflare Workers, with Hono and a D1 database:
 *
 *   CREATE TABLE events (id TEXT PRIMARY KEY, payment_id TEXT NOT NULL, sequence INTEGER NOT NULL, body TEXT NOT NULL);
 *
 * It keeps the event and answers; crediting is a job of its own over that table, in the order of
 * (payment_id, sequence).
 */
import { Hono } from "hono";
import { Webhook } from "standardwebhooks";

interface Env {
  /** One secret, or two separated by a space while they are being changed. */
  readonly CRM_SIGNING_SECRETS: string;
  readonly DB: D1Database;
}

interface PaymentEvent {
  readonly id: string;
  readonly type: string;
  readonly data: { readonly payment_id: string; readonly sequence: number };
}

const app = new Hono<{ Bindings: Env }>();

app.post("/webhooks/payments", async (c) => {
  // The bytes as they came: JSON that was parsed and written again has another signature.
  const rawBody = await c.req.text();
  const event = verifiedEvent(rawBody, c.req.header(), c.env.CRM_SIGNING_SECRETS.split(" "));
  if (!event) return c.json({ error: "not verified" }, 400);
  await c.env.DB.prepare(
    "INSERT INTO events (id, payment_id, sequence, body) VALUES (?, ?, ?, ?) ON CONFLICT (id) DO NOTHING",
  )
    .bind(event.id, event.data.payment_id, event.data.sequence, rawBody)
    .run();
  return c.body(null, 204);
});

function verifiedEvent(
  rawBody: string,
  headers: Record<string, string>,
  secrets: readonly string[],
): PaymentEvent | null {
  for (const secret of secrets) {
    try {
      return new Webhook(secret).verify(rawBody, headers) as PaymentEvent;
    } catch {
      // Not this one.
    }
  }
  return null;
}

export default app;
