/** Counting what was checked: every test counts one, and so does every other check. */
import { readFileSync } from "node:fs";

export interface Step {
  readonly name: string;
  readonly command: readonly string[];
  /** Where a step that runs tests leaves its report. */
  readonly report?: string;
}

export interface Tests {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

export interface StepResult {
  readonly name: string;
  readonly seconds: number;
  /** How it ended; null if well. */
  readonly wrong: string | null;
  /** Null for a step without tests, or one that left no report. */
  readonly tests: Tests | null;
}

/** The counts of vitest's JSON report; null if there is none, or none that can be read. */
export function readTestReport(file: string): Tests | null {
  try {
    const report = JSON.parse(readFileSync(file, "utf8")) as Record<string, number>;
    const { numPassedTests, numFailedTests, numPendingTests, numTodoTests } = report;
    if (numPassedTests === undefined || numFailedTests === undefined) return null;
    const skipped = (numPendingTests ?? 0) + (numTodoTests ?? 0);
    return { passed: numPassedTests, failed: numFailedTests, skipped };
  } catch {
    return null;
  }
}

/**
 * The two numbers of the last line. A step without tests is one that passed or failed. Tests count
 * themselves; that they ended badly though none failed (a file that does not load, an error between
 * tests, no report) counts as one failed.
 */
export function tally(results: readonly StepResult[]): { passed: number; failed: number } {
  let passed = 0;
  let failed = 0;
  for (const { wrong, tests } of results) {
    passed += tests?.passed ?? (wrong === null ? 1 : 0);
    failed += Math.max(tests?.failed ?? 0, wrong === null ? 0 : 1);
  }
  return { passed, failed };
}
