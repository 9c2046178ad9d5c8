/**
 * The layers, read from the import lines of src/: shell → adapters → core → words, and never back.
 *
 * Type imports count: a core that names an adapter's types has to change with it. A file that no line
 * below names fails, so that whoever adds one says where it belongs.
 */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { describe, expect, it } from "vitest";

const LAYERS = ["words", "core", "adapters", "shell"] as const;
type Layer = (typeof LAYERS)[number];

/** A folder stands for all its files, unless a file of it is named as well. */
const LAYER_OF: Readonly<Record<string, Layer>> = {
  // What everybody says.
  "event.ts": "words",
  "limits.ts": "words",
  "reasons.ts": "words",
  "result.ts": "words",

  // Data and `now` in, data out.
  "config/": "core",
  "parse/": "core",
  "providers/": "core",
  "verify/": "core",
  "delivery/breaker.ts": "core",
  "delivery/ed25519.ts": "core",
  "delivery/http-date.ts": "core",
  "delivery/jwks.ts": "core",
  "delivery/outcome.ts": "core",
  "delivery/pace.ts": "core",
  "delivery/reference.ts": "core",
  "delivery/refusals.ts": "core",
  "delivery/schedule.ts": "core",
  "delivery/sign.ts": "core",
  "delivery/together.ts": "core",
  "delivery/turns.ts": "core",
  "inbox/ledger.ts": "core",
  "inbox/lifecycle.ts": "core",
  "inbox/outbox.ts": "core",
  "inbox/pulse.ts": "core",
  "inbox/shard.ts": "core",
  // Memory of its own but nothing of the world: the time is told to it.
  "inbox/tokens.ts": "core",
  // Plain data that Worker, consumer and Inbox exchange; outcome.ts speaks it.
  "inbox/protocol.ts": "core",

  // What touches the world: requests, bindings, the console, a database.
  "api/": "adapters",
  "console/": "adapters",
  "ingress/": "adapters",
  "env.ts": "adapters",
  "counters.ts": "adapters",
  "deadline.ts": "adapters",
  "log.ts": "adapters",
  "delivery/answer.ts": "adapters",
  "delivery/consumer.ts": "adapters",
  "delivery/dead-letters.ts": "adapters",
  "delivery/deliver.ts": "adapters",
  "inbox/inbox.ts": "adapters",
  "inbox/alerts.ts": "adapters",
  "inbox/outgoing.ts": "adapters",
  "inbox/schema.ts": "adapters",
  "inbox/store.ts": "adapters",
  "inbox/archive.ts": "adapters",
  // The desk holds the store, and whoever works at it writes: theirs are decisions and SQL in one
  // transaction. What they decide by is core: lifecycle, ledger, outbox, breaker, schedule.
  "inbox/desk.ts": "adapters",
  "inbox/accepting.ts": "adapters",
  "inbox/delivering.ts": "adapters",
  "inbox/operating.ts": "adapters",
  "inbox/purging.ts": "adapters",
  "inbox/sweeping.ts": "adapters",
  "inbox/verifying.ts": "adapters",

  "app.ts": "shell",
  "index.ts": "shell",
  "watch.ts": "shell",
};

/**
 * Which adapters may use which: the stations of the way do not know each other. They meet in
 * protocol.ts, and in the functions the shell hands them. `env.ts` and `log.ts` are everybody's.
 */
const MAY_USE: Readonly<Record<string, readonly string[]>> = {
  ingress: [],
  inbox: [],
  delivery: [],
  api: ["ingress", "inbox"],
  console: ["api", "ingress", "inbox"],
};

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

function layerOf(file: string): Layer | undefined {
  return LAYER_OF[file] ?? LAYER_OF[file.replace(/\/.*/, "/")];
}

const inLayer = (...layers: Layer[]) => files.filter((file) => layers.includes(layerOf(file) ?? "shell"));
const between = imports.filter(({ to }) => textOf.has(to));
const folderOf = (file: string) => (file.includes("/") ? file.replace(/\/.*/, "") : null);
const shown = (lines: readonly Import[]) => lines.map(({ from, to }) => `${from} imports ${to}`);

it("reads the import lines", () => {
  expect(between.length).toBeGreaterThan(100);
  expect(shown(between)).toContain("index.ts imports app.ts");
  expect(shown(imports)).toContain("inbox/inbox.ts imports cloudflare:workers");
});

it("every file of src has its layer, and every file with a layer is there", () => {
  expect(files.filter((file) => layerOf(file) === undefined)).toEqual([]);
  const named = Object.keys(LAYER_OF).filter((name) => name.endsWith(".ts"));
  expect(named.filter((name) => !files.includes(name))).toEqual([]);
});

it("every relative import leads to a file of src", () => {
  const astray = imports.filter(({ to }) => to.endsWith(".ts") && !textOf.has(to));
  expect(shown(astray)).toEqual([]);
});

it("imports point down only", () => {
  const rank = (file: string) => LAYERS.indexOf(layerOf(file) ?? "shell");
  expect(shown(between.filter(({ from, to }) => rank(from) < rank(to)))).toEqual([]);
});

describe("words and core", () => {
  const pure = inLayer("words", "core");

  it("know neither the platform nor the framework", () => {
    const worldly = imports.filter(
      ({ from, to }) => pure.includes(from) && /^(cloudflare:|node:|hono(\/|$))/.test(to),
    );
    expect(shown(worldly)).toEqual([]);
  });

  it("read no clock, throw no dice, open no connection, print nothing", () => {
    const worldly = /\bDate\.now\(|\bnew Date\(\)|\bMath\.random\(|(?<![.\w])fetch\(|\bconsole\./;
    const code = (file: string) => (textOf.get(file) ?? "").replaceAll(/\/\*[^]*?\*\/|\/\/.*/g, "");
    expect(pure.filter((file) => worldly.test(code(file)))).toEqual([]);
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

  it("know neither the Inbox nor delivery", () => {
    expect(shown(own.filter(({ to }) => ["inbox", "delivery"].includes(folderOf(to) ?? "")))).toEqual([]);
  });

  it("do not know each other", () => {
    const related = own.filter(({ from, to }) => providers.includes(to) && from !== "providers/registry.ts");
    expect(shown(related)).toEqual([]);
  });
});

it("the stations of the way do not know each other", () => {
  const strangers = between.filter(({ from, to }) => {
    const [user, used] = [folderOf(from), folderOf(to)];
    if (layerOf(from) !== "adapters" || layerOf(to) !== "adapters") return false;
    if (user === null || used === null || user === used) return false;
    return !(MAY_USE[user] ?? []).includes(used);
  });
  expect(shown(strangers)).toEqual([]);
});

it("only the shell knows the whole", () => {
  expect(shown(between.filter(({ to }) => to === "index.ts"))).toEqual([]);
  expect(shown(between.filter(({ from, to }) => to === "app.ts" && from !== "index.ts"))).toEqual([]);
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
