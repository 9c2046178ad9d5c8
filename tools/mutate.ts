/**
 * `npm run mutate`: changes the modules that decide about money, one place at a time, and runs their tests:
 * a change that no test notices is a gap (docs/reliability.md#mutations). Exit code 1 below the threshold.
 */
import { existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { spawnSync } from "node:child_process";
import {
  MUTATION_PARTS,
  percentOf,
  remembered,
  scoreOf,
  type Judged,
  type Score,
} from "./lib/mutation-parts.ts";
import { readArgs } from "./lib/text.ts";

const USAGE = `Usage: npm run mutate -- [options] [part …]

  parts: ${Object.keys(MUTATION_PARTS).join(", ")} (all of them)
  --files <pattern>  only these files of the parts, e.g. src/providers/iqpay.ts
  --concurrency <n>  changes judged at once (2)
  --again            also what was judged before and has not changed since
  --quick            without the tests that play whole requests: no score is lower with them

About twenty minutes for all parts with --quick, on two cores.`;

/** Per cent of the changes that the tests must notice over all parts. */
const LEAST_PERCENT = 90;
const DIRECTORY = ".stryker-tmp";

const { values, positionals } = readArgs(USAGE, {
  allowPositionals: true,
  options: {
    files: { type: "string" },
    concurrency: { type: "string", default: "2" },
    again: { type: "boolean", default: false },
    quick: { type: "boolean", default: false },
  },
});
const project = join(import.meta.dirname, "..");
const parts = positionals.length > 0 ? positionals : Object.keys(MUTATION_PARTS);
const unknown = parts.filter((name) => !(name in MUTATION_PARTS));
if (unknown.length > 0) throw new Error(`unknown: ${unknown.join(", ")}\n\n${USAGE}`);
mkdirSync(join(project, DIRECTORY), { recursive: true });

/** Judged anew in every run. */
function forgetWhatMayBeNoticedNow(file: string): void {
  if (!existsSync(file)) return;
  const report = JSON.parse(readFileSync(file, "utf8")) as Judged;
  writeFileSync(file, JSON.stringify(remembered(report)));
}

/** The files of a part that are judged now. */
function filesOf(name: string): string[] {
  const all = globSync(MUTATION_PARTS[name]?.mutate ?? [], { cwd: project });
  if (values.files === undefined) return all;
  const chosen = new Set(globSync(values.files, { cwd: project }));
  return all.filter((file) => chosen.has(file));
}

/** Judges files of a part, and returns what is known of the part since. */
function judge(name: string, files: readonly string[], turn: 1 | 2): Judged {
  forgetWhatMayBeNoticedNow(join(project, DIRECTORY, `${name}.incremental.json`));
  const options = ["--concurrency", values.concurrency, "--mutate", files.join(",")];
  if (values.again && turn === 1) options.push("--force");
  const { status } = spawnSync("stryker", ["run", ...options], {
    cwd: project,
    env: { ...process.env, MUTATION_PART: name, MUTATION_TURN: String(turn) },
    stdio: "inherit",
  });
  if (status !== 0) throw new Error(`${name}: Stryker ended with ${status}`);
  return JSON.parse(readFileSync(join(project, DIRECTORY, `${name}.json`), "utf8")) as Judged;
}

const scores = new Map<string, Score>();
for (const name of parts) {
  const files = filesOf(name);
  if (files.length === 0) continue;
  let score = scoreOf(judge(name, files, 1), files);
  const hasMore = (MUTATION_PARTS[name]?.slowTests ?? []).length > 0;
  if (hasMore && !values.quick && score.survived > 0) score = scoreOf(judge(name, files, 2), files);
  scores.set(name, score);
}
if (scores.size === 0) throw new Error(`no file of these parts is ${values.files}`);

const sum = (of: (score: Score) => number) =>
  [...scores.values()].reduce((total, score) => total + of(score), 0);
const total = { found: sum(({ found }) => found), survived: sum(({ survived }) => survived) };
for (const [name, score] of [...scores, ["all of these", total] as const]) {
  console.log(
    `${name.padEnd(12)} ${percentOf(score).padStart(6)} %  noticed ${score.found}, not ${score.survived}`,
  );
}
process.exitCode = Number(percentOf(total)) >= LEAST_PERCENT ? 0 : 1;
