/** The tests that judge one part of `npm run mutate` (docs/reliability.md#mutations), in plain Node. */
import { defineConfig } from "vitest/config";
import { keptThreads } from "./tools/lib/kept-threads.ts";
import { LikelyFirst } from "./tools/lib/likely-first.ts";
import { partOf } from "./tools/lib/mutation-parts.ts";
import { asText, inPlainNode } from "./tools/lib/plain-node.ts";

export default defineConfig({
  plugins: [asText, keptThreads],
  resolve: inPlainNode,
  test: {
    include: [...partOf(process.env).tests],
    sequence: { sequencer: LikelyFirst },
    setupFiles: ["test/support/mutation-setup.ts"],
    // A run that hangs is Stryker's to end; a machine that is busy must not look like a test that fails.
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
