/** The tests that judge one part of `npm run mutate` (docs/reliability.md#mutations), in plain Node. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";
import { keptThreads } from "./tools/lib/kept-threads.ts";
import { partOf } from "./tools/lib/mutation-parts.ts";

const platform = join(import.meta.dirname, "test/support/platform-in-node.ts");

/** A change is noticed by the first test that fails: those that play whole requests come last. */
class ShortestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const playsRequests = ({ moduleId }: TestSpecification) => /test\/(?:contract|ingress)\//.test(moduleId);
    return [...sorted.filter((file) => !playsRequests(file)), ...sorted.filter(playsRequests)];
  }
}

/** What wrangler gives to the Worker as text (wrangler.toml, `[[rules]]`) is text here too, and is not run. */
const TEXT = /\.(?:css|svg|client\.js|min\.js)$/;
const asText = {
  name: "text-modules",
  enforce: "pre" as const,
  load: (id: string) =>
    TEXT.test(id) ? `export default ${JSON.stringify(readFileSync(id, "utf8"))};` : null,
};

export default defineConfig({
  plugins: [asText, keptThreads],
  resolve: { alias: { "cloudflare:workers": platform, "cloudflare:test": platform } },
  test: {
    include: [...partOf(process.env).tests],
    sequence: { sequencer: ShortestFirst },
    setupFiles: ["test/support/mutation-setup.ts"],
    // A run that hangs is Stryker's to end; a machine that is busy must not look like a test that fails.
    testTimeout: 60_000,
  },
});
