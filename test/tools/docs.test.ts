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

  it("names commands that package.json has", () => {
    const named = [...text(document).matchAll(/npm run ([\w-]+(?::[\w-]+)*)/g)].map(([, name = ""]) => name);
    expect(named.filter((name) => !scripts.includes(name))).toEqual([]);
  });
});
