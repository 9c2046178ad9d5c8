/**
 * `npm run hang`: a CRM that accepts connections and never answers, with as many first attempts open as may be in
 * flight, while providers go on posting. Reports what it cost their callbacks; exit code 1 if it cost one anything.
 */
import { cpus } from "node:os";
import { join } from "node:path";
import { DEFAULT_INBOX_SHARDS } from "../src/limits.ts";
import { hang } from "./lib/hang/run.ts";
import { parseCount, readArgs } from "./lib/text.ts";

const USAGE = `Usage: npm run hang -- [options]

  --hanging <n>  the CRM's max_in_flight: so many attempts hang at once (1000)
  --rate <n>     callbacks a second that are timed (50)
  --seconds <n>  of each part of a round: beside a CRM that answers, beside one that hangs (5)
  --rounds <n>   of both (3)`;

const MOST_SHOWN = 20;

const { values } = readArgs(USAGE, {
  options: {
    hanging: { type: "string", default: "1000" },
    rate: { type: "string", default: "50" },
    seconds: { type: "string", default: "5" },
    rounds: { type: "string", default: "3" },
  },
});

console.log(`${new Date().toISOString()}, ${cpus().length} cores, Node ${process.version}`);
const { figures, violations } = await hang({
  project: join(import.meta.dirname, ".."),
  hanging: parseCount("hanging", values.hanging, DEFAULT_INBOX_SHARDS),
  shards: DEFAULT_INBOX_SHARDS,
  perSecond: parseCount("rate", values.rate, 1),
  seconds: parseCount("seconds", values.seconds, 1),
  rounds: parseCount("rounds", values.rounds, 1),
  onProgress: (line) => console.log(`  ${line}`),
});

const width = Math.max(...Object.keys(figures).map((name) => name.length));
console.log("");
for (const [name, figure] of Object.entries(figures)) console.log(`${name.padEnd(width)}  ${figure}`);
console.log("");
for (const violation of violations.slice(0, MOST_SHOWN)) console.log(`  ${violation}`);
console.log(violations.length === 0 ? "Everything held." : `${violations.length} violations`);
process.exitCode = violations.length === 0 ? 0 : 1;
