/**
 * The order of the folders, read from the import lines of src/: a folder imports itself, the ones before
 * it in `FOLDERS`, and the vocabulary at the top of src/, and never one that comes after it.
 *
 * Type imports count: a folder that names another's types has to change with it. A folder that is not
 * listed fails, so that whoever adds one says where it belongs.
 */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { describe, expect, it } from "vitest";

/** Lowest first. */
const FOLDERS = [
  "parse",
  "verify",
  "providers",
  "config",
  "inbox/policy",
  "inbox/store",
  "inbox",
  "delivery",
  "ingress",
  "api",
] as const;

/** Data and `now` in, data out: they know neither the platform, nor the framework, nor a clock. */
const PURE: ReadonlySet<string> = new Set(["parse", "verify", "providers", "config", "inbox/policy"]);

interface Import {
  readonly from: string;
  /** A path below src/, or the name of a package. */
  readonly to: string;
  readonly typeOnly: boolean;
}

const IMPORT = /^(?:import|export)\s+(type\s)?(?:[^;"]*?\sfrom\s+)?"([^"]+)"|\bimport\("([^"]+)"\)/gm;

const src = join(import.meta.dirname, "../src");
const files = readdirSync(src, { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".ts"))
  .map((file) => file.replaceAll("\\", "/"))
  .toSorted();
const textOf = new Map(files.map((file) => [file, readFileSync(join(src, file), "utf8")]));
const imports = files.flatMap(importsOf);

function importsOf(file: string): Import[] {
  return [...(textOf.get(file) ?? "").matchAll(IMPORT)].map(([, type, named, called]) => {
    const name = named ?? called ?? "";
    const to = name.startsWith(".") ? normalize(join(dirname(file), name)).replaceAll("\\", "/") : name;
    return { from: file, to, typeOnly: type !== undefined };
  });
}

const between = imports.filter(({ to }) => textOf.has(to));
/** `inbox/policy` of `inbox/policy/rate.ts`; empty at the top of src/. */
const folderOf = (file: string) => dirname(file).replace(/^\.$/, "");
const rankOf = (file: string) => (FOLDERS as readonly string[]).indexOf(folderOf(file));
const shown = (lines: readonly Import[]) => lines.map(({ from, to }) => `${from} imports ${to}`);

/** At the top of src/: what imports no folder is vocabulary that everybody may use, the rest wires the whole. */
const top = files.filter((file) => folderOf(file) === "");
const importsFolder = (file: string) => between.some(({ from, to }) => from === file && folderOf(to) !== "");
const vocabulary = top.filter((file) => !importsFolder(file));
const shell = top.filter(importsFolder);

it("reads the import lines", () => {
  expect(between.length).toBeGreaterThan(100);
  expect(shown(between)).toContain("index.ts imports app.ts");
  expect(shown(imports)).toContain("inbox/inbox.ts imports cloudflare:workers");
  expect(vocabulary).toContain("limits.ts");
  expect(shell).toContain("index.ts");
});

it("every folder of src has its place in the order, and every place its folder", () => {
  const folders = new Set(files.map(folderOf));
  expect(folders).toEqual(new Set(["", ...FOLDERS]));
});

it("every relative import leads to a file of src", () => {
  const astray = imports.filter(({ to }) => to.endsWith(".ts") && !textOf.has(to));
  expect(shown(astray)).toEqual([]);
});

it("no folder imports upwards", () => {
  const inFolders = between.filter(({ from, to }) => folderOf(from) !== "" && folderOf(to) !== "");
  expect(shown(inFolders.filter(({ from, to }) => rankOf(to) > rankOf(from)))).toEqual([]);
});

it("no folder imports what wires the whole", () => {
  const wired = between.filter(({ from, to }) => folderOf(from) !== "" && shell.includes(to));
  expect(shown(wired)).toEqual([]);
});

describe("the pure folders", () => {
  const worldly = /\bDate\.now\(|\bnew Date\(\)|\bMath\.random\(|(?<![.\w])fetch\(|\bconsole\.|\bscheduler\./;
  const code = (file: string) => (textOf.get(file) ?? "").replaceAll(/\/\*[^]*?\*\/|\/\/.*/g, "");
  const pure = files.filter((file) => PURE.has(folderOf(file)));
  /** They, and whatever vocabulary they use. */
  const reached = new Set([
    ...pure,
    ...between.filter(({ from, typeOnly }) => pure.includes(from) && !typeOnly).map(({ to }) => to),
  ]);

  it("know neither the platform nor the framework", () => {
    const outside = imports.filter(
      ({ from, to }) => reached.has(from) && /^(cloudflare:|node:|hono(\/|$))/.test(to),
    );
    expect(shown(outside)).toEqual([]);
  });

  it("read no clock, draw no random number, open no connection, print nothing", () => {
    expect([...reached].filter((file) => worldly.test(code(file)))).toEqual([]);
  });
});

describe("providers", () => {
  const own = between.filter(({ from }) => folderOf(from) === "providers");
  /** What the registry registers, and no other file of the folder. */
  const providers = own
    .filter(({ from, to }) => from === "providers/registry.ts" && to !== "providers/source.ts")
    .map(({ to }) => to);

  it("are found in the registry", () => {
    expect(providers).toContain("providers/ipay.ts");
  });

  it("do not know each other", () => {
    const related = own.filter(({ from, to }) => providers.includes(to) && from !== "providers/registry.ts");
    expect(shown(related)).toEqual([]);
  });
});

it("no file needs itself to be loaded", () => {
  // Types are erased: env.ts and the Inbox name each other's, and that is no cycle.
  const needs = Map.groupBy(
    between.filter(({ typeOnly }) => !typeOnly),
    ({ from }) => from,
  );
  const cycles: string[] = [];
  const done = new Set<string>();
  const walk = (file: string, path: readonly string[]): void => {
    if (path.includes(file)) {
      cycles.push([...path.slice(path.indexOf(file)), file].join(" → "));
      return;
    }
    if (done.has(file)) return;
    for (const { to } of needs.get(file) ?? []) walk(to, [...path, file]);
    done.add(file);
  };
  for (const file of files) walk(file, []);
  expect(cycles).toEqual([]);
});
