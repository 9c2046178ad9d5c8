/**
 * The two floors of the benchmark: the least that keeps a callback, and the least that also delivers it.
 *
 * Accept floor: an HMAC and a timestamp checked, one row inserted in a Durable Object. Pipeline floor: the
 * same, then one POST after the answer, and one update. No normalising, folding, order, retry or ledger,
 * so nobody should run it: it says what the platform itself costs.
 */
import { DurableObject } from "cloudflare:workers";

interface FloorEnv {
  readonly STORE: DurableObjectNamespace<Store>;
  readonly SECRET: string;
  readonly SHARDS: string;
  /** Where to deliver; empty: the accept floor. */
  readonly CRM_URL: string;
}

export class Store extends DurableObject<FloorEnv> {
  constructor(ctx: DurableObjectState, env: FloorEnv) {
    super(ctx, env);
    ctx.storage.sql.exec(
      "CREATE TABLE IF NOT EXISTS events (id TEXT PRIMARY KEY, state TEXT NOT NULL, body TEXT NOT NULL) WITHOUT ROWID",
    );
  }

  /** Is it new? */
  insert(id: string, body: string): boolean {
    const { rowsWritten } = this.ctx.storage.sql.exec(
      "INSERT INTO events (id, state, body) VALUES (?, 'pending', ?) ON CONFLICT (id) DO NOTHING",
      id,
      body,
    );
    return rowsWritten > 0;
  }

  delivered(id: string): void {
    this.ctx.storage.sql.exec("UPDATE events SET state = 'delivered' WHERE id = ?", id);
  }
}

const TOLERANCE_SECONDS = 300;
const utf8 = new TextEncoder();
let key: Promise<CryptoKey> | null = null;

function keyOf(secret: string): Promise<CryptoKey> {
  key ??= crypto.subtle.importKey("raw", utf8.encode(secret), { name: "HMAC", hash: "SHA-256" }, false, [
    "verify",
  ]);
  return key;
}

async function isGenuine(header: string | null, body: string, secret: string): Promise<boolean> {
  const found = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(header ?? "");
  if (found === null) return false;
  const [, at = "", hex = ""] = found;
  if (Math.abs(Date.now() / 1_000 - Number(at)) > TOLERANCE_SECONDS) return false;
  const signature = Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
  return await crypto.subtle.verify("HMAC", await keyOf(secret), signature, utf8.encode(`${at}.${body}`));
}

export default {
  async fetch(request, env, ctx) {
    if (request.method !== "POST") return new Response("ok");
    const body = await request.text();
    if (!(await isGenuine(request.headers.get("x-cryptopay-signature"), body, env.SECRET))) {
      return new Response(null, { status: 401 });
    }
    const { id } = JSON.parse(body) as { id: string };
    // The id is a digest already: its first digits spread evenly.
    const shard = Number.parseInt(id.slice("evt_".length, "evt_".length + 8), 16) % Number(env.SHARDS);
    const stub = env.STORE.getByName(String(shard));
    const isNew = await stub.insert(id, body);
    if (isNew && env.CRM_URL !== "") ctx.waitUntil(deliver(env, shard, id, body));
    return new Response(null, { status: 200, headers: { "relay-event-id": id } });
  },
} satisfies ExportedHandler<FloorEnv>;

async function deliver(env: FloorEnv, shard: number, id: string, body: string): Promise<void> {
  const answer = await fetch(env.CRM_URL, {
    method: "POST",
    headers: { "content-type": "application/json", "webhook-id": id },
    body,
  });
  await answer.body?.cancel();
  if (answer.ok) await env.STORE.getByName(String(shard)).delivered(id);
}
