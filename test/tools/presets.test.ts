/** The table of the presets in docs/providers.md is the one their declarations make. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { sectionOf } from "../../bench/lib/sections.ts";
import { presets } from "../../src/providers/presets/index.ts";
import { presetDocument } from "../../tools/lib/declared/table.ts";

const document = readFileSync(join(import.meta.dirname, "../../docs/providers.md"), "utf8");

describe("docs/providers.md", () => {
  it("has the presets as they are declared (npm run presets -- --write)", () => {
    expect(sectionOf(document, "presets")).toBe(presetDocument(presets));
  });

  it("says of each what it was tested against", () => {
    const rows = document.split("\n");
    const untrue = presets.filter(
      ({ name, tested }) =>
        !rows.some((row) => row.startsWith(`| \`${name}\` (`) && row.endsWith(`| ${tested} |`)),
    );
    expect(untrue).toEqual([]);
  });
});
