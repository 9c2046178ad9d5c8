/**
 * `npm run cost`: billable operations of an event, counted in workerd by test/cost/cost.test.ts, at list
 * price. `--write` puts the table into docs/performance.md, `--assert` fails where a target is missed.
 */
import { join } from "node:path";
import { startVitest, type TestCase } from "vitest/node";
import { giveUp, readArgs, table } from "../tools/lib/text.ts";
import { billReport, type CostCounts, costReport, missedTargets, monthlyReport } from "./lib/cost-report.ts";
import { writeSection } from "./lib/documents.ts";

const USAGE = `Usage: npm run cost -- [options]

  --assert  exit code 1 if an event costs more than it may (bench/lib/cost-report.ts)
  --write   write the tables into docs/performance.md, docs/scale.md and docs/deploy.md
  --json    the counts as JSON, nothing else`;

const project = join(import.meta.dirname, "..");
const { values } = readArgs(USAGE, {
  options: {
    assert: { type: "boolean", default: false },
    write: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
  },
});

let counted: CostCounts | undefined;
const errors: string[] = [];
const reporter = {
  onTestCaseResult(test: TestCase): void {
    counted ??= (test.meta() as { cost?: CostCounts }).cost;
    errors.push(...(test.result().errors ?? []).map(({ message }) => message));
  },
  onTestRunEnd(_: unknown, unhandled: readonly { message: string }[]): void {
    errors.push(...unhandled.map(({ message }) => message));
  },
};
const vitest = await startVitest("test", ["test/cost/cost.test.ts"], {
  root: project,
  project: ["workerd"],
  watch: false,
  reporters: [reporter],
});
await vitest.close();
// That the document says something else is no error here: writing it is what --write is for.
process.exitCode = 0;
if (counted === undefined) giveUp(`nothing was counted:\n${errors.join("\n")}`);

const report = costReport(counted);
console.log(values.json ? JSON.stringify(counted, null, 2) : report);
if (values.write) {
  writeSection(join(project, "docs/performance.md"), "cost", report);
  writeSection(join(project, "docs/scale.md"), "scale-cost", monthlyReport(counted));
  writeSection(join(project, "docs/deploy.md"), "deploy-cost", billReport(counted));
}
if (values.assert) {
  const missed = missedTargets(counted);
  if (missed.length > 0) {
    const rows = missed.map(({ target, most, counted: is }) => [target, `${most}`, is.toFixed(2)]);
    process.stderr.write(`\n${table(["missed", "at most", "counted"], rows)}\n`);
    process.exitCode = 1;
  }
}
