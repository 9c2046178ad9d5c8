/**
 * For `npm run mutate`: properties draw the same examples in every run, and few of them, since a change that
 * only one example in a thousand shows must not be found today and missed tomorrow.
 */
import fc from "fast-check";

/** What a property may take of a run that is repeated for every change. */
const PROPERTY_MS = 1_000;

fc.configureGlobal({ seed: 1, interruptAfterTimeLimit: PROPERTY_MS });
