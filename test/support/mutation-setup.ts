/**
 * For `npm run mutate`: a run that is repeated for every change draws the same examples each time, and few of
 * them, and does not wait out whole time-outs. What only one example in a thousand shows must not be found
 * today and missed tomorrow.
 */
import fc from "fast-check";
import { afterAll, inject, vi } from "vitest";

/** Of a property that does not say how many: a limit of time would be another one on a busy machine. */
const EXAMPLES = 20;
/** What is meant to time out does so after this, also when it is meant to wait for longer. */
const LONGEST_WAIT_MS = 250;

fc.configureGlobal({ seed: 1, numRuns: EXAMPLES });

const timeout = AbortSignal.timeout.bind(AbortSignal);
AbortSignal.timeout = (ms: number) => timeout(Math.min(ms, LONGEST_WAIT_MS));

// The thread goes on to the next file (tools/lib/kept-threads.ts): in time as it is, and with no change active
// while modules are loaded but one that is judged by loading them. The one before it would spoil what they hold.
afterAll(() => {
  vi.useRealTimers();
});

/** What Stryker's runner tells each file; nothing where Vitest was started by something else. */
export interface RunnerContext {
  hitLimit?: number;
  globalNamespace?: string;
  mutantActivation?: "static" | "runtime";
}

declare module "vitest" {
  interface ProvidedContext extends RunnerContext {}
}

/**
 * Stryker ends a change that is come by a hundred times as often as in all tests together. Of a parser, whose
 * tests come by millions of times, one that loops ran until its time was out: this often, or twice as often as
 * in all tests, is enough to know.
 */
const MANY_HITS = 1_000_000;
const HITS_DIVISOR = 50;

const namespace = inject("globalNamespace");
const hitLimit = inject("hitLimit");
const stryker =
  namespace === undefined
    ? undefined
    : (
        globalThis as unknown as Record<
          string,
          { activeMutant?: string; hitLimit?: number; hitCount?: number } | undefined
        >
      )[namespace];
if (stryker && hitLimit !== undefined) {
  stryker.hitLimit = Math.min(hitLimit, Math.max(hitLimit / HITS_DIVISOR, MANY_HITS));
  // The file before this one has left its own, and what is come by while modules are loaded is counted before any hook.
  stryker.hitCount = 0;
}
if (stryker && inject("mutantActivation") !== "static") delete stryker.activeMutant;
