/**
 * For `npm run mutate`: a run that is repeated for every change draws the same examples each time, and few of
 * them, and does not wait out whole time-outs. What only one example in a thousand shows must not be found
 * today and missed tomorrow.
 */
import fc from "fast-check";
import { afterAll, vi } from "vitest";

/** Of a property that does not say how many: a limit of time would be another one on a busy machine. */
const EXAMPLES = 20;
/** What is meant to time out does so after this, also when it is meant to wait for longer. */
const LONGEST_WAIT_MS = 250;

fc.configureGlobal({ seed: 1, numRuns: EXAMPLES });

const timeout = AbortSignal.timeout.bind(AbortSignal);
AbortSignal.timeout = (ms: number) => timeout(Math.min(ms, LONGEST_WAIT_MS));

// The thread goes on to the next file (tools/lib/kept-threads.ts).
afterAll(() => {
  vi.useRealTimers();
});
