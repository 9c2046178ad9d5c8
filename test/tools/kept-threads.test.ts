/** Threads that `npm run mutate` keeps: one run must not see anything of the one before it. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { createVitest, type Vitest } from "vitest/node";
import type { RunnerContext } from "../support/mutation-setup.ts";
import { keptThreads } from "../../tools/lib/kept-threads.ts";

const PATIENCE = { timeout: 60_000 };
const root = join(import.meta.dirname, "fixtures/kept-threads");
let directory: string;
let vitest: Vitest;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "kept-threads-"));
  vitest = await createVitest(
    "test",
    {
      config: false,
      root,
      include: ["*.case.ts"],
      setupFiles: [join(import.meta.dirname, "../support/mutation-setup.ts")],
      watch: false,
      maxWorkers: 1,
      reporters: [{}],
    },
    { plugins: [keptThreads] },
  );
  vitest.provide("seen", join(directory, "seen"));
  vitest.provide("globalNamespace", "stryker");
});

afterEach(async () => {
  await vitest.close();
  rmSync(directory, { recursive: true });
});

it(
  "serve file after file, run after run, with modules that are new and no change active",
  PATIENCE,
  async () => {
    vitest.provide("mutantActivation", "runtime");
    await vitest.start();
    await vitest.start();
    const seen = readFileSync(join(directory, "seen"), "utf8").trim().split("\n");
    expect(seen.map((line) => line.split(" ").slice(1))).toEqual(
      Array.from({ length: 4 }, () => ["1", "null", "false"]),
    );
    // One may still be on its way back when the next file begins.
    expect(new Set(seen.map((line) => line.split(" ")[0])).size).toBeLessThanOrEqual(2);
    expect(vitest.state.getCountOfFailedTests()).toBe(0);
  },
);

it("have a change active while modules are loaded if loading them is what it changes", PATIENCE, async () => {
  vitest.provide("mutantActivation", "static");
  await vitest.start();
  await vitest.start();
  const active = readFileSync(join(directory, "seen"), "utf8").match(/null|7/g);
  expect(active?.at(-1)).toBe("7");
});

declare module "vitest" {
  interface ProvidedContext extends RunnerContext {
    /** Where the files of the fixture write what they see. */
    seen: string;
  }
}
