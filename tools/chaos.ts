/**
 * `npm run chaos`: kills the relay repeatedly under load and reports whether the promises held
 * (docs/reliability.md). Exit code 1 and the seed if one did not.
 */
import { readFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { join } from "node:path";
import { chaos } from "./lib/chaos/run.ts";
import { byKind } from "./lib/chaos/verdict.ts";
import { parseCount, readArgs } from "./lib/text.ts";

const USAGE = `Usage: npm run chaos -- [options]

  --kills <n>      SIGKILLs, at random moments (25)
  --callbacks <n>  genuine callbacks to be accepted, repeats not counted (10000)
  --seed <n>       of all that is random here (the clock's)
  --first-attempts kills between the provider's 2xx and the end of the first attempt, and a CRM that
                   otherwise works
  --short          3 kills and 300 callbacks, and a verifier that does not fail

An interrupt (Ctrl-C) ends the load, and what was run until then is judged.

Meanwhile the CRM fails in one way after another, and so does the token verifier. The exit code is 0 if every
promise held.`;

const { values } = readArgs(USAGE, {
  options: {
    kills: { type: "string" },
    callbacks: { type: "string" },
    seed: { type: "string" },
    "first-attempts": { type: "boolean", default: false },
    short: { type: "boolean", default: false },
  },
});

const MOST_SHOWN = 20;

const project = join(import.meta.dirname, "..");
const workerd = JSON.parse(readFileSync(join(project, "node_modules/workerd/package.json"), "utf8")) as {
  version: string;
};

const seed = values.seed === undefined ? Date.now() % 1_000_000 : parseCount("seed", values.seed, 0);
const kills = parseCount("kills", values.kills ?? (values.short ? "3" : "25"), 0);
const callbacks = parseCount("callbacks", values.callbacks ?? (values.short ? "300" : "10000"), 1);

console.log(
  `${new Date().toISOString()}, seed ${seed}, ${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, ` +
    `Node ${process.version}, workerd ${workerd.version}`,
);
const enough = new AbortController();
// Not `once`: wrangler's own handler ends the process where it finds no other one registered.
process.on("SIGINT", () => enough.abort());
const { violations, figures } = await chaos({
  project,
  kills,
  callbacks,
  seed,
  verifierFails: !values.short,
  firstAttempts: values["first-attempts"],
  enough: enough.signal,
  onProgress: (line) => console.log(line),
});

const width = Math.max(...Object.keys(figures).map((name) => name.length));
console.log("");
for (const [name, figure] of Object.entries(figures)) console.log(`${name.padEnd(width)}  ${figure}`);
console.log("");
const broken = Object.entries(Object.groupBy(violations, ({ promise }) => promise));
for (const [promise, of = []] of broken) {
  console.log(`NOT ${promise}: ${of.length}`);
  for (const [kind, count] of byKind(of).slice(0, MOST_SHOWN)) console.log(`  ${count} × ${kind}`);
  for (const { what } of of.slice(0, MOST_SHOWN)) console.log(`  ${what}`);
}
console.log(
  violations.length === 0
    ? "kept, once, in order, exact, closed, and the ledger adds up without remainder"
    : `seed ${seed}: ${violations.length} violations`,
);
process.exit(violations.length === 0 ? 0 : 1);
