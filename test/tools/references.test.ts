/** Comments and documents refer only to what is in the repository, and every such reference resolves. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { brokenReferences, slugsOf } from "./references.ts";

const ROOT = join(import.meta.dirname, "../..");
const FOLDERS = ["src", "test", "tools", "bench", "docs", "deployments"];
const TEXT = /\.(?:ts|mjs|js|md|toml|go|php|py)$/;
/** The checker and its test, which quote references that are wrong. */
const OWN = /^test\/tools\/references\./;

const inFolders = FOLDERS.flatMap((folder) =>
  readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(ROOT.length + 1)
        .replaceAll("\\", "/"),
    ),
);
const atTop = readdirSync(ROOT, { withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map(({ name }) => name);
const repository = new Map(
  [...inFolders, ...atTop].map((path) => [
    path,
    TEXT.test(path) ? readFileSync(join(ROOT, path), "utf8") : "",
  ]),
);

const checked = [...repository].filter(([path, text]) => text !== "" && !OWN.test(path));

it("reads more than a hundred files, the documents among them", () => {
  expect(checked.length).toBeGreaterThan(100);
  expect(checked.map(([path]) => path)).toEqual(
    expect.arrayContaining(["README.md", "docs/architecture.md"]),
  );
});

it.each([...FOLDERS, "."])("every reference in %s resolves", (folder) => {
  const here = checked.filter(([path]) => (path.includes("/") ? path.split("/")[0] : ".") === folder);
  expect(here).not.toEqual([]);
  const broken = here.flatMap(([path, text]) =>
    brokenReferences(path, text, repository).map((reference) => `${path}: ${reference}`),
  );
  expect(broken).toEqual([]);
});

describe("the checker", () => {
  const there = new Map([
    ["README.md", "# Read `me`, twice\n## Same\n## Same\n"],
    ["docs/storage.md", "# Storage\n## What an event costs\n```\n# not a heading\n```\n"],
    ["src/a.ts", ""],
  ]);

  it.each([
    ["a document that is nowhere", "src/a.ts", "// (event.md 3.2)", ["event.md 3.2", "event.md"]],
    ["a document below a folder", "src/a.ts", "// docs/gone.md", ["docs/gone.md"]],
    ["a heading that is not there", "src/a.ts", "// docs/storage.md#gone", ["docs/storage.md#gone"]],
    [
      "a quoted heading that is not there",
      "src/a.ts",
      '// (docs/storage.md, "Gone")',
      ['docs/storage.md, "Gone"'],
    ],
    ["a numbered threat", "src/a.ts", "// (threats 4, 5)", ["threats 4"]],
    ["a numbered rule", "src/a.ts", "// by rule 9", ["rule 9"]],
    ["a section of a page that exists", "src/a.ts", "// storage.md 2.1", ["storage.md 2.1"]],
    ["a section sign", "src/a.ts", "// see §3", ["§3"]],
    ["a link to a file that is nowhere", "docs/storage.md", "[x](../src/b.ts)", ["](../src/b.ts)"]],
    [
      "a link to a heading that is not there",
      "docs/storage.md",
      "[x](../README.md#no)",
      ["](../README.md#no)"],
    ],
    ["a link within the page", "docs/storage.md", "[x](#no)", ["](#no)"]],
    ["a heading inside a code block", "docs/storage.md", "[x](#not-a-heading)", ["](#not-a-heading)"]],
  ])("names %s", (_, path, text, expected) => {
    expect(brokenReferences(path, text, there)).toEqual(expected);
  });

  it.each([
    [
      "src/a.ts",
      '// docs/storage.md#what-an-event-costs, README.md, "Same", storage.md and RFC 8259 section 6',
    ],
    [
      "docs/storage.md",
      "[a](../README.md#same-1) [b](../src/a.ts) [c](#storage) [d](../src) [e](https://x.y/z.md)",
    ],
    ["src/a.ts", "const files = names.filter((name) => name.endsWith('.md'));"],
  ])("has nothing against what resolves in %s", (path, text) => {
    expect(brokenReferences(path, text, there)).toEqual([]);
  });

  it("knows the anchors GitHub gives", () => {
    expect([...slugsOf(there.get("README.md") ?? "")]).toEqual(["read-me-twice", "same", "same-1"]);
    expect([...slugsOf("## `events`: one row per callback\n## Order & time")]).toEqual([
      "events-one-row-per-callback",
      "order--time",
    ]);
  });
});
