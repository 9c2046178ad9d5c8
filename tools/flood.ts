/**
 * `npm run flood`: strangers send invented tokens from many addresses while the provider goes on posting.
 * Says what the flood cost and whether it reached the provider's callbacks; exit code 1 if it did.
 */
import { cpus } from "node:os";
import { join } from "node:path";
import { flood } from "./lib/flood/run.ts";
import { parseCount, readArgs } from "./lib/text.ts";

const USAGE = `Usage: npm run flood -- [options]

  --rate <n>       invented tokens a second, from all strangers together (57)
  --addresses <n>  strangers (20)
  --genuine <n>    genuine callbacks a second (5)
  --seconds <n>    of each part: no flood, malformed tokens at the same rate, the flood (30)
  --hang           the verifier never answers about an invented token
  --short          10 seconds of each part

Strangers, provider, verifier, CRM and relay share this machine. Malformed tokens cost the relay next to
nothing: what they do to the deliveries' times is what so many requests do to the machine.`;

const SHORT_SECONDS = "10";
const MOST_SHOWN = 20;

const { values } = readArgs(USAGE, {
  options: {
    rate: { type: "string", default: "57" },
    addresses: { type: "string", default: "20" },
    genuine: { type: "string", default: "5" },
    seconds: { type: "string" },
    hang: { type: "boolean", default: false },
    short: { type: "boolean", default: false },
  },
});

console.log(`${new Date().toISOString()}, ${cpus().length} cores, Node ${process.version}`);
const { figures, violations } = await flood({
  project: join(import.meta.dirname, ".."),
  perSecond: parseCount("rate", values.rate, 1),
  addresses: parseCount("addresses", values.addresses, 1),
  genuinePerSecond: parseCount("genuine", values.genuine, 1),
  seconds: parseCount("seconds", values.seconds ?? (values.short ? SHORT_SECONDS : "30"), 1),
  hangs: values.hang,
  onProgress: (line) => console.log(`  ${line}`),
});

const width = Math.max(...Object.keys(figures).map((name) => name.length));
console.log("");
for (const [name, figure] of Object.entries(figures)) console.log(`${name.padEnd(width)}  ${figure}`);
console.log("");
for (const violation of violations.slice(0, MOST_SHOWN)) console.log(`  ${violation}`);
console.log(violations.length === 0 ? "Everything held." : `${violations.length} violations`);
process.exitCode = violations.length === 0 ? 0 : 1;
