/**
 * `npm run bench`: what a callback costs this machine, beside what the platform itself costs and what the
 * usual way costs (docs/performance.md). The production bundle on workerd, its state on disk, the work
 * fixed, rounds interleaved; load and CRM run in this process and are not counted.
 */
import { join } from "node:path";
import { giveUp, parseCount, readArgs } from "../tools/lib/text.ts";
import { writeSection } from "./lib/documents.ts";
import { withSurroundings } from "./lib/surroundings.ts";
import { machine, machineLine } from "./lib/machine.ts";
import { benchReport } from "./lib/report.ts";
import { expectedSeconds, type Measured, measure, shortfallsOfTheRelay } from "./lib/rounds.ts";
import { findRedis, startSubject, type SubjectName } from "./lib/subjects.ts";
import { WORKLOADS } from "./lib/workloads.ts";

const USAGE = `Usage: npm run bench -- [options]

  --quick            fewer and shorter rounds: an order of magnitude
  --rounds <n>       no more rounds of a workload than these: with 2 a whole run takes half as long
  --only <workload>  one or more of ${WORKLOADS.map(({ name }) => name).join(", ")} (separated by commas)
  --json             the figures of every round as JSON, nothing else
  --write            write the tables into docs/performance.md`;

const project = join(import.meta.dirname, "..");
const { values } = readArgs(USAGE, {
  options: {
    quick: { type: "boolean", default: false },
    rounds: { type: "string" },
    only: { type: "string" },
    json: { type: "boolean", default: false },
    write: { type: "boolean", default: false },
  },
});
const only = values.only?.split(",");
const wanted = WORKLOADS.filter(({ name }) => only === undefined || only.includes(name));
const unknown = only?.filter((name) => !WORKLOADS.some((workload) => workload.name === name)) ?? [];
if (unknown.length > 0) giveUp(`there is no workload ${unknown.join(", ")}\n\n${USAGE}`);
if (process.platform !== "linux") giveUp("CPU time is read from /proc: npm run bench needs Linux");

const mostRounds =
  values.rounds === undefined ? Number.POSITIVE_INFINITY : parseCount("rounds", values.rounds, 1);
const say = values.json ? (line: string) => void process.stderr.write(`${line}\n`) : console.log;
const on = machine(project);
say(machineLine(on));
const redis = findRedis();
const skipped = "missing" in redis ? redis.missing : null;
if (skipped !== null) say(`BullMQ is left out: ${skipped}`);

const minutes = Math.ceil(expectedSeconds(wanted, values.quick, mostRounds) / 60);
say(`about ${minutes} min on a quiet machine, and longer the busier it is`);

const startedMs = performance.now();
const redisServer = "path" in redis ? redis.path : null;
await withSurroundings(project, { hasFloors: true, redisServer }, async (around, ends) => {
  const measured: Measured[] = [];
  for (const workload of wanted) {
    const names = workload.subjects.filter((name) => name !== "BullMQ" || redisServer !== null);
    const start = async (name: SubjectName) => await startSubject(name, around, workload.overrides);
    measured.push(await measure(workload, names, start, { ...ends, quick: values.quick }, say, mostRounds));
  }
  say(`it took ${Math.ceil((performance.now() - startedMs) / 60_000)} min`);
  const omitted = WORKLOADS.filter((workload) => !wanted.includes(workload)).map(({ name }) => name);
  const report = benchReport({ on, quick: values.quick, skipped, omitted, measured });
  if (values.json)
    console.log(JSON.stringify({ machine: on, quick: values.quick, skipped, measured }, null, 2));
  else console.log(`\n${report}`);
  if (values.write) writeSection(join(project, "docs/performance.md"), "bench", report);
  const lost = shortfallsOfTheRelay(measured);
  for (const line of lost) process.stderr.write(`the relay did not deliver everything: ${line}\n`);
  if (lost.length > 0) process.exitCode = 1;
});
