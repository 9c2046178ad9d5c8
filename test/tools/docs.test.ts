/** The documents: every link leads to a file, every command they name exists. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "..", "..");
const documents = [
  ...readdirSync(root).filter((name) => name.endsWith(".md")),
  ...readdirSync(join(root, "docs"))
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`),
];
const text = (path: string) => readFileSync(join(root, path), "utf8");
const scripts = Object.keys((JSON.parse(text("package.json")) as { scripts: object }).scripts);
/** Wrangler's own table of its commands, as it is bundled. */
const wrangler = readFileSync(join(root, "node_modules/wrangler/wrangler-dist/cli.js"), "utf8");
const wranglerCommands = new Set(
  [...wrangler.matchAll(/command: "wrangler ([a-z -]+)"/g)].map(([, name = ""]) => name),
);

describe.each(documents)("%s", (document) => {
  it("links to files that exist", () => {
    const links = [...text(document).matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)].map(([, link = ""]) => link);
    const missing = links.filter((link) => !existsSync(join(root, dirname(document), link)));
    expect(missing).toEqual([]);
  });

  it("names test files that exist", () => {
    const named = [
      ...text(document).matchAll(/`((?:test|src|tools|bench|docs)\/[\w./-]+\.(?:ts|mjs|json|md))`/g),
    ];
    const missing = named.map(([, path = ""]) => path).filter((path) => !existsSync(join(root, path)));
    expect(missing).toEqual([]);
  });

  it("names commands that wrangler has", () => {
    // `$W` is what docs/deploy.md calls it; the words after a command are its arguments.
    const named = [...text(document).matchAll(/(?:npx wrangler|\$W|`wrangler) ([a-z][a-z -]*)/g)].map(
      ([, line = ""]) => line.trim().split(" "),
    );
    const isCommand = (words: readonly string[]) =>
      words.some((_, at) => wranglerCommands.has(words.slice(0, at + 1).join(" ")));
    expect(named.filter((words) => !isCommand(words)).map((words) => words.join(" "))).toEqual([]);
  });

  it("names commands that package.json has", () => {
    const named = [...text(document).matchAll(/npm run ([\w-]+(?::[\w-]+)*)/g)].map(([, name = ""]) => name);
    expect(named.filter((name) => !scripts.includes(name))).toEqual([]);
  });
});
