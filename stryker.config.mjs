/** One part of `npm run mutate` (tools/mutate.ts), which names it in MUTATION_PART. */
import process from "node:process";
import { partOf } from "./tools/lib/mutation-parts.ts";

const name = process.env.MUTATION_PART;

/** @type {import("@stryker-mutator/api/core").PartialStrykerOptions} */
export default {
  testRunner: "vitest",
  vitest: { configFile: "vitest.mutate.config.ts", related: true },
  coverageAnalysis: "perTest",
  mutate: [...partOf(process.env).mutate],
  // There is no such file: Stryker would rewrite the real one with an API that TypeScript 7 does not have.
  tsconfigFile: "tsconfig.stryker.json",
  // A machine that is busy must not look like a change that hangs; one that loops is stopped by its count of turns.
  timeoutMS: 30_000,
  incremental: true,
  incrementalFile: `.stryker-tmp/${name}.incremental.json`,
  reporters: ["clear-text", "json", "progress-append-only"],
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false },
  jsonReporter: { fileName: `.stryker-tmp/${name}.json` },
  // The exit code is that of all parts together.
  thresholds: { high: 95, low: 90, break: null },
  ignorePatterns: ["dist", ".wrangler"],
  tempDirName: ".stryker-tmp",
};
