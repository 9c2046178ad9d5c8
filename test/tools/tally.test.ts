import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readTestReport, tally, type StepResult } from "../../tools/lib/tally.ts";

const step = (wrong: string | null, tests: StepResult["tests"] = null): StepResult => ({
  name: "x",
  seconds: 1,
  wrong,
  tests,
});

describe("the last line counts", () => {
  it.each([
    ["a step as one", [step(null), step("exit code 1")], { passed: 1, failed: 1 }],
    ["tests, not their step", [step(null, { passed: 7, failed: 0, skipped: 2 })], { passed: 7, failed: 0 }],
    [
      "failed tests once",
      [step("exit code 1", { passed: 7, failed: 3, skipped: 0 })],
      { passed: 7, failed: 3 },
    ],
    [
      "a failure, though every test that ran passed",
      [step("exit code 1", { passed: 7, failed: 0, skipped: 0 })],
      { passed: 7, failed: 1 },
    ],
    ["tests that left no report as failed", [step("left no report")], { passed: 0, failed: 1 }],
  ])("%s", (_, results, counts) => {
    expect(tally(results)).toEqual(counts);
  });
});

describe("reading the report", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "psp-relay-tally-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const read = (text: string) => {
    const file = join(folder, "report.json");
    writeFileSync(file, text);
    return readTestReport(file);
  };

  it("finds the counts", () => {
    expect(
      read(`{"numPassedTests":3,"numFailedTests":1,"numPendingTests":2,"numTodoTests":4,"testResults":[]}`),
    ).toEqual({ passed: 3, failed: 1, skipped: 6 });
  });

  it("finds nothing in what is no report", () => {
    expect(read(`{"numPassed`)).toBeNull();
    expect(read(`{}`)).toBeNull();
    expect(readTestReport(join(folder, "absent.json"))).toBeNull();
  });
});
