/** Every command line of `relay` that a document shows is one that the program takes: the command, and its options. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { run } from "./support.ts";

const root = join(import.meta.dirname, "../../..");
const pages = ["README.md", "CONTRIBUTING.md", "SECURITY.md"].concat(
  readdirSync(join(root, "docs"))
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`),
);
/** In a block, to the end of the line or its comment, continued lines joined; or in the text, by its short name. */
const SHOWN = /npm run (?:relay|(simulate|crm|verifier)) -- ([a-z-][^\n#`|>]*)|`relay ([a-z][^`]*)`/g;

const shown = pages.flatMap((page) => {
  const text = readFileSync(join(root, page), "utf8").replaceAll(/\\\n\s*/g, "");
  return [...text.matchAll(SHOWN)].map(([, short = "", line, inText]) => {
    const words = `${short} ${line ?? inText ?? ""}`.trim().split(/\s+/);
    return { page, command: words[0] ?? "", options: words.filter((word) => /^--[a-z]/.test(word)) };
  });
});

it("finds them", () => {
  expect(shown.length).toBeGreaterThan(40);
});

it.each(Object.entries(Object.groupBy(shown, ({ command }) => command)))(
  "relay %s",
  async (command, uses = []) => {
    const { exitCode, out } = await run([command, "--help"]);
    expect(exitCode, `shown in ${uses[0]?.page}`).toBe(0);
    expect(out).toContain(`Usage: relay ${command}`);
    const wrong = uses.flatMap(({ page, options }) =>
      options.filter((option) => !new RegExp(`${option}\\b`).test(out)).map((option) => `${page}: ${option}`),
    );
    expect(wrong).toEqual([]);
  },
);
