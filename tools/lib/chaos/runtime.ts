/**
 * The relay as a process that can be killed: the production bundle on workerd, state on disk.
 *
 * A program of its own (`node runtime.ts options.json`), so that Node and workerd are one process group
 * and die together. Prints `ready` when it listens; the rest of its output is the Worker's own log.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";

export interface RuntimeOptions {
  /** Where wrangler.toml is: bindings, queues and the compatibility date are what it says. */
  readonly project: string;
  /** The folder that `wrangler deploy --dry-run --outdir` wrote. */
  readonly bundle: string;
  readonly state: string;
  readonly port: number;
  /** Variables and secrets of the Worker. */
  readonly bindings: Readonly<Record<string, string>>;
  /** Where a profiler may connect; without it, nowhere. */
  readonly inspectorPort?: number;
}

/** The options as this program reads them. */
export interface RuntimeFile extends RuntimeOptions {
  /** What wrangler makes of wrangler.toml: it takes as long to load as all the rest. */
  readonly worker: Readonly<Record<string, object>>;
}

const HOST = "127.0.0.1";
const MAIN = "index.js";
/** wrangler puts the hash of a text's content before its name. */
const TEXT = /^[0-9a-f]{40}-/;

const [file] = process.argv.slice(2);
if (file !== undefined) await run(JSON.parse(readFileSync(file, "utf8")) as RuntimeFile);

/** The Worker's code, and beside it the files that it imports as text (wrangler.toml, `[[rules]]`). */
function modulesOf(bundle: string): object[] {
  const texts = readdirSync(bundle).filter((name) => TEXT.test(name));
  const read = (path: string) => readFileSync(join(bundle, path), "utf8");
  return [
    { type: "ESModule", path: MAIN, contents: read(MAIN) },
    ...texts.map((path) => ({ type: "Text", path, contents: read(path) })),
  ];
}

async function run({ bundle, state, port, bindings, worker, inspectorPort }: RuntimeFile): Promise<void> {
  const options = convertV4MiniflareOptions({
    host: HOST,
    port: 0,
    cf: false,
    logRequests: false,
    ...(inspectorPort === undefined ? {} : { inspectorPort }),
    workers: [
      {
        ...worker,
        name: "psp-relay",
        modules: modulesOf(bundle),
        bindings: { ...worker.bindings, ...bindings },
        // Directly into the Worker: the local proxy in front of it is not part of the test.
        unsafeDirectSockets: [{ host: HOST, port }],
      },
    ],
  } as never);
  const relay = new Miniflare({ ...options, resourcePersistencePath: state });
  await relay.ready;
  console.log("ready");
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.once(signal, () => void relay.dispose().finally(() => process.exit(0)));
  }
}
