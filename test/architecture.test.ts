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
  "verify/spec",
  "providers",
  "providers/declared",
  "providers/presets",
  "config",
  "inbox/policy",
  "inbox/store",
  "inbox",
  "delivery",
  "activity",
  "ingress",
  "contract",
  "diagnose",
  "api/operations",
  "api",
  "console/parts",
  "console/pages",
  "console",
] as const;

/** Data and `now` in, data out: they know neither the platform, nor the framework, nor a clock. */
const PURE: ReadonlySet<string> = new Set([
  "parse",
  "verify",
  "verify/spec",
  "providers",
  "providers/declared",
  "providers/presets",
  "config",
  "inbox/policy",
]);

interface Import {
  readonly from: string;
  /** A path below src/, or the name of a package. */
  readonly to: string;
  readonly typeOnly: boolean;
}

const IMPORT = /^(?:import|export)\s+(type\s)?(?:[^;"]*?\sfrom\s+)?"([^"]+)"|\bimport\("([^"]+)"\)/gm;

const src = join(import.meta.dirname, "../src");
const files = readdirSync(src, { recursive: true, encoding: "utf8" })
  .filter((file) => /\.tsx?$/.test(file) && !file.endsWith(".d.ts"))
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

/** At the top of src/: what imports no folder is vocabulary that all may use, the rest wires the whole. */
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
  const astray = imports.filter(({ to }) => /\.tsx?$/.test(to) && !textOf.has(to));
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

describe("numbers", () => {
  /** Constants of a format or an algorithm, which nobody chooses; everything else belongs into limits.ts. */
  const FORMAT: Readonly<Record<string, string>> = {
    "console/parts/assets.ts HASH_CHARS": "the form of a file's name",
    "console/parts/bits.tsx MAX_ALIGNED_CHARS": "as many classes as the style sheet has",
    "console/parts/filters.tsx HOUR_MS": "a unit",
    "console/parts/text.ts HEAD_CHARS": "how an id is shown",
    "console/parts/text.ts TAIL_CHARS": "how an id is shown",
    "delivery/http-date.ts CENTURY_YEARS": "RFC 9110: two-digit years",
    "delivery/http-date.ts MAX_YEARS_AHEAD": "RFC 9110: two-digit years",
    "inbox/alerts.ts MINUTE_MS": "a unit",
    "inbox/store/postings.ts POSTING_BYTES": "the form of a stored row",
    "inbox/store/event-ids.ts PREFIX_BYTES":
      "the form of a stored row: another length finds nothing in old ones",
    "ingress/caller.ts KEY_CHARS": "the form of a stored key: another length makes every caller unknown",
    "verify/ip.ts V6_NETWORK_BITS": "the network part of an IPv6 address (RFC 4291)",
    "inbox/shard.ts HASH_CHARS": "the shard's name: another length moves every payment",
    "parse/decimal.ts MAX_DECIMAL_INTEGER_DIGITS": "the event's decimal format",
    "parse/decimal.ts MAX_DECIMAL_FRACTION_DIGITS": "the event's decimal format",
    "parse/decimal.ts MAX_DECIMAL_TOKEN_CHARS": "follows from the digits above",
    "parse/encoding.ts BASE64_CHUNK_BYTES": "the argument list of String.fromCharCode",
    "parse/trace-context.ts MAX_MEMBERS": "W3C Trace Context",
    "parse/trace-context.ts LONG_MEMBER_CHARS": "W3C Trace Context",
    "parse/time.ts MAX_UNIX_SECONDS_DIGITS": "the format of Unix seconds",
    "parse/time.ts MAX_EPOCH_MS": "the last year of four digits",
    "providers/ids.ts ID_HEX_CHARS": "the format of an id",
    "delivery/deliver.ts SEQUENCE_DIGITS": "CloudEvents: sequences that compare as text",
    "verify/ip.ts V4_BITS": "an address",
    "verify/ip.ts V6_BITS": "an address",
    "verify/ip.ts MAPPED_PREFIX_BITS": "an address",
    "verify/signing-keys.ts MIN_HMAC_KEY_BYTES": "Standard Webhooks",
    "verify/signing-keys.ts MAX_HMAC_KEY_BYTES": "Standard Webhooks",
    "verify/signing-keys.ts SEED_BYTES": "Ed25519",
    "verify/signing-keys.ts SEED_AND_PUBLIC_BYTES": "Ed25519",
    "verify/spec/spec.ts ED25519_PUBLIC_BYTES": "Ed25519",
  };
  /** A constant whose name has a unit, a bound or a default, and whose value is written as a number. */
  const NAMED =
    /\bconst ((?:MAX|MIN|DEFAULT)_[A-Z0-9_]+|[A-Z][A-Z0-9_]*_(?:MS|SECONDS|DAYS|YEARS|BYTES|CHARS|BITS|DIGITS|RATIO|FACTOR|EVENTS|ENTRIES|PER_SECOND|PER_MINUTE|DOUBLINGS|FAILURES|ALERT))\b[^=\n]*=\s*\[?-?\d/g;
  /** A bound written into a schema: 0 and 1 say "none" and "at least one", and are no policy. */
  const IN_SCHEMA = /\.(?:min|max|gte|lte)\((\d[\d_.]*)\)/g;
  const namesIn = (text: string) => [...text.matchAll(NAMED)].map(([, name]) => name ?? "");
  const boundsIn = (text: string) =>
    [...text.matchAll(IN_SCHEMA)].map(([, value]) => value ?? "").filter((value) => !/^[01]$/.test(value));
  const elsewhere = files.filter((file) => file !== "limits.ts");

  it("of policy are in limits.ts and nowhere else", () => {
    const found = elsewhere.flatMap((file) =>
      namesIn(textOf.get(file) ?? "").map((name) => `${file} ${name}`),
    );
    expect(found.filter((one) => !(one in FORMAT))).toEqual([]);
    expect(Object.keys(FORMAT).filter((one) => !found.includes(one))).toEqual([]);
  });

  it("that bound a setting have a name", () => {
    expect(elsewhere.flatMap((file) => boundsIn(textOf.get(file) ?? "").map((n) => `${file} ${n}`))).toEqual(
      [],
    );
  });

  it("in limits.ts have a reason each", () => {
    const lines = (textOf.get("limits.ts") ?? "").split("\n");
    const numbers = lines.flatMap((line, at) => (line.startsWith("export const ") ? [at] : []));
    expect(numbers.length).toBeGreaterThan(50);
    const explained = (at: number) => /^(?:\/\*\* .*| )\*\/$|^export const /.test(lines[at - 1] ?? "");
    expect(numbers.filter((at) => !explained(at)).map((at) => lines[at])).toEqual([]);
  });

  it("are found where they are written again", () => {
    expect(namesIn("const POLL_MS = 5;\nexport const MAX_THINGS: number = 3;\nconst WAIT = 5;")).toEqual([
      "POLL_MS",
      "MAX_THINGS",
    ]);
    expect(boundsIn("z.int().min(1).max(60_000)")).toEqual(["60_000"]);
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
