/**
 * `npm run bench:declared`: what a declared provider costs beside the same one in code. CryptoPay's callbacks through
 * `src/providers/cryptopay.ts` and through a declaration of the same scheme, from the request's bytes to the event:
 * all of accepting that differs. In turns in one process, so that the machine is the same for both; the ratio is what
 * counts. Exit code 1 where the declared one costs more than MOST times the other.
 */
import { createHash, createHmac } from "node:crypto";
import { Callback } from "../src/providers/callback.ts";
import { cryptopay } from "../src/providers/cryptopay.ts";
import { declaration } from "../src/providers/declared/declaration.ts";
import { declaredProvider } from "../src/providers/declared/provider.ts";
import { normalisedEventOf } from "../src/providers/normalised-event.ts";
import type { World } from "../src/providers/provider.ts";
import { stripe } from "../src/providers/presets/stripe.ts";
import { SourceFields } from "../src/providers/settings-fields.ts";
import { adapter, type Adapter, type Source } from "../src/providers/source.ts";
import { parseCount, readArgs } from "../tools/lib/text.ts";
import { median } from "./lib/stats.ts";

const { values } = readArgs(`Usage: npm run bench:declared -- [--rounds 15] [--callbacks 2000]`, {
  options: { rounds: { type: "string", default: "15" }, callbacks: { type: "string", default: "2000" } },
});
const rounds = parseCount("rounds", values.rounds, 3);
const callbacks = parseCount("callbacks", values.callbacks, 100);

/** A declared provider costs at most this much of the same one in code. */
const MOST = 1.3;
const NOW_MS = 1_790_000_000_000;
const SECRET = "whsec_bench_secret";
const utf8 = new TextEncoder();

function sourceOf(kind: Adapter): Source {
  const fields = new SourceFields({ secret: () => SECRET, destinations: [], development: true });
  return kind.account(fields, "shop").parse({ secrets: ["SECRET"] });
}

const HEADER = "x-cryptopay-signature";
const declared = declaration.parse({
  ...stripe.written,
  verify: { ...stripe.written.verify, sig: `header:${HEADER}` },
});
const subjects = {
  code: sourceOf(adapter(cryptopay)),
  declared: sourceOf(adapter(declaredProvider("declared", declared))),
};

function callbackOf(number: number): Callback {
  const body = JSON.stringify({
    id: `evt_${number}`,
    type: "payment_intent.succeeded",
    created: 1_790_000_000,
    livemode: true,
    data: {
      object: {
        id: `pi_${number}`,
        object: "payment_intent",
        amount: 2000,
        amount_received: 2000,
        currency: "usd",
        status: "succeeded",
        description: "A deposit as a shop would describe it",
        metadata: { order_id: `order-${number}`, customer_id: "c-1" },
      },
    },
  });
  const t = String(NOW_MS / 1_000);
  const v1 = createHmac("sha256", SECRET).update(`${t}.${body}`).digest("hex");
  return new Callback({
    method: "POST",
    kind: null,
    pathKey: null,
    url: "https://relay.example.com/in/declared/shop",
    query: "",
    contentType: "application/json",
    contentEncoding: null,
    headers: new Map([[HEADER, `t=${t},v1=${v1}`]]),
    body: utf8.encode(body),
    isCut: false,
    receivedAtMs: NOW_MS,
    sha256: createHash("sha256").update(body).digest("hex"),
  });
}

const world = { nowMs: NOW_MS, source: "declared/shop" } as World;

/** Microseconds of CPU a callback, over this many of them. */
async function costOf(source: Source, from: number): Promise<number> {
  const given = Array.from({ length: callbacks }, (_, index) => callbackOf(from + index));
  const before = process.cpuUsage();
  for (const callback of given) {
    const verdict = await source.verify(callback, world);
    if (verdict.kind !== "verified") throw new Error(`not verified: ${JSON.stringify(verdict)}`);
    const reading = await source.normalise(callback);
    if (reading.kind !== "facts") throw new Error(`no facts: ${JSON.stringify(reading)}`);
    await normalisedEventOf(source, callback, reading.facts, verdict.verification);
  }
  const { user, system } = process.cpuUsage(before);
  return (user + system) / callbacks;
}

const costs: Record<keyof typeof subjects, number[]> = { code: [], declared: [] };
const ratios: number[] = [];
// The first round warms up and is not counted.
for (let round = 0; round <= rounds; round += 1) {
  const order = round % 2 === 0 ? (["code", "declared"] as const) : (["declared", "code"] as const);
  const cost: Partial<Record<keyof typeof subjects, number>> = {};
  for (const name of order) cost[name] = await costOf(subjects[name], round * callbacks);
  if (round === 0) continue;
  for (const name of order) costs[name].push(cost[name] ?? 0);
  ratios.push((cost.declared ?? 0) / (cost.code ?? 1));
}
const ratio = median(ratios);
console.log(
  `code      ${median(costs.code).toFixed(1)} µs of CPU a callback (median of ${rounds} rounds of ${callbacks})`,
);
console.log(`declared  ${median(costs.declared).toFixed(1)} µs`);
console.log(
  `ratio     ${ratio.toFixed(2)} (${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)}), at most ${MOST}`,
);
process.exitCode = ratio <= MOST ? 0 : 1;
