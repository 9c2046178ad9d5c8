/**
 * Every check of the project, one after another: lint, format, types, tests, build. Runs all of
 * them, and fails at the end if one failed. The last line of the output is always `N passed, N failed`.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { run } from "./lib/run.ts";
import { readTestReport, tally, type Step, type StepResult } from "./lib/tally.ts";
import { readArgs, table } from "./lib/text.ts";
import { wranglerEnvironment } from "./lib/wrangler-env.ts";

const USAGE = `Usage: npm test [-- --fast]

  --fast   leave out the end-to-end tests, which start and kill real relays`;

/** Each takes seconds; one that needs longer than this hangs. */
const STEP_DEADLINE_MS = 180_000;
/** About ten minutes on two quiet cores; machines are shared, and this only ends what hangs. */
const TESTS_DEADLINE_MS = 1_800_000;

const { values } = readArgs(USAGE, { options: { fast: { type: "boolean", default: false } } });

const project = join(import.meta.dirname, "..");
const scratch = mkdtempSync(join(tmpdir(), "psp-relay-checks-"));
const report = join(scratch, "tests.json");

const steps: readonly Step[] = [
  { name: "lint", command: ["oxlint", "--type-aware"] },
  { name: "format", command: ["oxfmt", "--check", "."] },
  { name: "types of the Worker", command: ["tsc", "-p", "tsconfig.json"] },
  { name: "types of the tools", command: ["tsc", "-p", "tsconfig.node.json"] },
  { name: "types of the console's script", command: ["tsc", "-p", "tsconfig.browser.json"] },
  {
    name: values.fast ? "tests (not end to end)" : "tests",
    command: [
      "vitest",
      "run",
      // By default one core is left free, and most tests wait: on two cores that is twice the time.
      "--maxWorkers=100%",
      "--reporter=default",
      "--reporter=json",
      `--outputFile.json=${report}`,
      ...(values.fast ? ["--project=!e2e"] : []),
    ],
    report,
  },
  { name: "build", command: ["wrangler", "deploy", "--dry-run", "--outdir", "dist"] },
];

const env = wranglerEnvironment(scratch);
const path = [join(project, "node_modules", "node", "bin"), join(project, "node_modules", ".bin")];
env["PATH"] = [...path, env["PATH"]].join(delimiter);

const stop = new AbortController();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => stop.abort());
// check.mjs has ended, so nobody reads the result any more.
process.on("disconnect", () => stop.abort());
process.stdout.on("error", () => stop.abort());

const results: StepResult[] = [];
for (const step of steps) {
  if (stop.signal.aborted) break;
  const [command = "", ...args] = step.command;
  console.log(`\n── ${step.name}: ${[command, ...args].join(" ")}\n`);
  const startedAt = performance.now();
  const wrong = await run(command, args, {
    cwd: project,
    env,
    signal: stop.signal,
    deadlineMs: step.report === undefined ? STEP_DEADLINE_MS : TESTS_DEADLINE_MS,
  });
  const seconds = (performance.now() - startedAt) / 1_000;
  const tests = step.report === undefined ? null : readTestReport(step.report);
  const unread = step.report !== undefined && tests === null ? "left no report" : null;
  results.push({ name: step.name, seconds, wrong: wrong ?? unread, tests });
}
rmSync(scratch, { recursive: true, force: true });

const rows = results.map(({ name, seconds, wrong, tests }) => [
  name,
  wrong === null ? "passed" : `FAILED: ${wrong}`,
  seconds.toFixed(1).padStart(7),
  tests === null ? "" : `${tests.passed} passed, ${tests.failed} failed, ${tests.skipped} skipped`,
]);
const { passed, failed } = tally(results);
console.log(`\n${table(["check", "result", "seconds", "tests"], rows)}\n`);
console.log(`${passed} passed, ${failed} failed`);
process.exit(stop.signal.aborted ? 130 : failed > 0 ? 1 : 0);
