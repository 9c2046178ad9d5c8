/** The tests that judge one part of `npm run mutate` (docs/reliability.md#mutations), in plain Node. */
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";
import { keptThreads } from "./tools/lib/kept-threads.ts";
import { partOf } from "./tools/lib/mutation-parts.ts";
import { asText, inPlainNode } from "./tools/lib/plain-node.ts";

/** A change is noticed by the first test that fails: those that play whole requests come last. */
class ShortestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const playsRequests = ({ moduleId }: TestSpecification) => /test\/(?:contract|ingress)\//.test(moduleId);
    return [...sorted.filter((file) => !playsRequests(file)), ...sorted.filter(playsRequests)];
  }
}

export default defineConfig({
  plugins: [asText, keptThreads],
  resolve: inPlainNode,
  test: {
    include: [...partOf(process.env).tests],
    sequence: { sequencer: ShortestFirst },
    setupFiles: ["test/support/mutation-setup.ts"],
    // A run that hangs is Stryker's to end; a machine that is busy must not look like a test that fails.
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
