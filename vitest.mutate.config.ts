/** The tests that judge one part of `npm run mutate` (docs/reliability.md#mutations), in plain Node. */
import { join } from "node:path";
import { defineConfig } from "vitest/config";
import { partOf } from "./tools/lib/mutation-parts.ts";

const platform = join(import.meta.dirname, "test/support/platform-in-node.ts");

export default defineConfig({
  resolve: { alias: { "cloudflare:workers": platform, "cloudflare:test": platform } },
  test: {
    include: [...partOf(process.env).tests],
    setupFiles: ["test/support/mutation-setup.ts"],
    // A run that hangs is Stryker's to end; a machine that is busy must not look like a test that fails.
    testTimeout: 60_000,
  },
});
