// A receiver in Node: `npm install standardwebhooks`, then `CRM_SIGNING_SECRETS=whsec_… node node.mjs`.
import { createServer } from "node:http";
import { Webhook } from "standardwebhooks";

// One secret, or two separated by a space while they are being changed: any of them may have signed.
const webhooks = process.env.CRM_SIGNING_SECRETS.split(" ").map((secret) => new Webhook(secret));

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

// Stand-ins for two tables of your database: `events` (primary key: id) and `payments`.
const seen = new Set();
const lastSequence = new Map();

/** In your CRM this is ONE database transaction: answer 2xx only after its commit. */
async function book({ id, type, data }) {
  if (seen.has(id)) return; // INSERT INTO events … ON CONFLICT DO NOTHING wrote no row
  seen.add(id);
  if (data.sequence <= (lastSequence.get(data.payment_id) ?? 0)) return; // an older state, replayed
  lastSequence.set(data.payment_id, data.sequence);
  if (type !== "payment.confirmed") return;
  const { value, currency } = data.amount; // "25.004500000000000001": a decimal string, never a float
  const proven = ["signed", "confirmed"].includes(data.verification.assurance);
  console.log(proven ? "credit" : "review", data.merchant_reference, value, currency);
}

async function receive(request, response) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const event = verifiedEvent(Buffer.concat(chunks).toString("utf8"), request.headers);
  if (event) await book(event);
  response.writeHead(event ? 204 : 400).end();
}

createServer((request, response) => {
  // Whatever goes wrong on our side: the relay comes again.
  receive(request, response).catch(() => response.writeHead(500).end());
}).listen(Number(process.env.PORT ?? 8080), "127.0.0.1");
