/** The Worker's tests in plain Node instead of workerd (`test/support/platform-in-node.ts`), for configurations of Vitest. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Plugin } from "vitest/config";

const platform = join(import.meta.dirname, "../../test/support/platform-in-node.ts");

/** What wrangler gives to the Worker as text (wrangler.toml, `[[rules]]`) is text here too, and is not run. */
const TEXT = /\.(?:css|svg|client\.js|min\.js)$/;

export const asText: Plugin = {
  name: "text-modules",
  enforce: "pre",
  load: (id) => (TEXT.test(id) ? `export default ${JSON.stringify(readFileSync(id, "utf8"))};` : null),
};

export const inPlainNode = { alias: { "cloudflare:workers": platform, "cloudflare:test": platform } };
