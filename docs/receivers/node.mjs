// A receiver in Node 22.16 or later, with the SQLite that it brings:
//   npm install standardwebhooks && CRM_SIGNING_SECRETS=whsec_… node node.mjs
import { createServer } from "node:http";
import { DatabaseSync } from "node:sqlite";
import { Webhook } from "standardwebhooks";

// One secret, or two separated by a space while they are being changed: any of them may have signed.
const webhooks = process.env.CRM_SIGNING_SECRETS.split(" ").map((secret) => new Webhook(secret));
const MAX_BODY_BYTES = 1_000_000;
// A database that is locked for longer than this is answered 500: the relay comes again, and does not wait 15 s.
const database = new DatabaseSync(process.env.DATABASE ?? "events.sqlite", { timeout: 2_000 });
database.exec(`
  CREATE TABLE IF NOT EXISTS events (id TEXT PRIMARY KEY, payment_id TEXT NOT NULL, body TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS payments (id TEXT PRIMARY KEY, sequence INTEGER NOT NULL);
  CREATE TABLE IF NOT EXISTS credits
    (event_id TEXT PRIMARY KEY, type TEXT NOT NULL, reference TEXT, amount TEXT, currency TEXT, decision TEXT NOT NULL);
`);
const addEvent = database.prepare("INSERT INTO events VALUES (?, ?, ?) ON CONFLICT (id) DO NOTHING");
const advance = database.prepare(
  "INSERT INTO payments VALUES (?, ?) " +
    "ON CONFLICT (id) DO UPDATE SET sequence = excluded.sequence WHERE excluded.sequence > payments.sequence",
);
// What moves money. All but a proven confirmation is for a person: money taken back, or a confirmation that was missed.
const STATES = ["confirmed", "partially_refunded", "refunded", "reversed", "disputed"];
const MONEY = new Set(STATES.map((state) => `payment.${state}`));
const addCredit = database.prepare("INSERT INTO credits VALUES (?, ?, ?, ?, ?, ?)");

/** The event if these very bytes are signed by one of our secrets within the last five minutes, else null. */
function verifiedEvent(rawBody, headers) {
  for (const webhook of webhooks) {
    try {
      return webhook.verify(rawBody, headers);
    } catch {
      // Not this one.
    }
  }
  return null;
}

/** One transaction: that we have the event, where its payment stands, and what is credited. */
function book(event, rawBody) {
  database.exec("BEGIN IMMEDIATE");
  try {
    credit(event, rawBody);
    database.exec("COMMIT");
  } catch (error) {
    if (database.isTransaction) database.exec("ROLLBACK");
    throw error;
  }
}

function credit({ id, type, data }, rawBody) {
  if (addEvent.run(id, data.payment_id, rawBody).changes === 0) return; // we have it already
  if (advance.run(data.payment_id, data.sequence).changes === 0) return; // an older state, replayed
  if (!MONEY.has(type)) return;
  const proven = ["signed", "confirmed"].includes(data.verification.assurance);
  const automatic =
    type === "payment.confirmed" && proven && data.amount !== null && data.warnings.length === 0;
  // The value stays the decimal string it is; in your tables it is a NUMERIC, never a float.
  const { value = null, currency = null } = data.amount ?? {};
  addCredit.run(id, type, data.merchant_reference, value, currency, automatic ? "automatic" : "review");
}

async function receive(request) {
  const chunks = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) return 413;
    chunks.push(chunk);
  }
  const rawBody = Buffer.concat(chunks).toString("utf8");
  const event = verifiedEvent(rawBody, request.headers);
  if (event === null) return 400;
  book(event, rawBody);
  return 204;
}

createServer((request, response) => {
  void receive(request)
    .catch((error) => {
      console.error(error);
      return 500; // nothing was committed: the relay comes again
    })
    .then((status) => response.writeHead(status).end());
}).listen(Number(process.env.PORT ?? 8080), "127.0.0.1");
