/** `npm run presets`: prints the table of the presets, or with --write puts it into docs/providers.md. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { withSection } from "../bench/lib/sections.ts";
import { presets } from "../src/providers/presets/index.ts";
import { presetDocument } from "./lib/declared/table.ts";
import { readArgs } from "./lib/text.ts";

const { values } = readArgs("Usage: npm run presets -- [--write]", {
  options: { write: { type: "boolean", default: false } },
});
const text = presetDocument(presets);
if (values.write) {
  const file = join(import.meta.dirname, "..", "docs", "providers.md");
  writeFileSync(file, withSection(readFileSync(file, "utf8"), "presets", text));
} else console.log(text);
