/**
 * What a test needs of other languages: fetched once by their package managers and kept in node_modules/.cache. Whether
 * a program is there is asked of the program itself.
 */
import { execFile, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

const CACHE = join(import.meta.dirname, "../../node_modules/.cache/psp-relay");
/** A compiler's first run compiles an HTTP server and SQLite, beside everything else that is tested. */
const FETCH_DEADLINE_MS = 600_000;

const run = promisify(execFile);

/** Null where the program ends with 0 when it is given this; else what is missing, in words. */
export function lacks(program: string, ...args: string[]): string | null {
  return spawnSync(program, args, { stdio: "ignore" }).status === 0
    ? null
    : `${program} is not installed here`;
}

/** A folder that `fill` has filled once for these contents. Complete or not there: it is renamed when it is full. */
export async function fetched(
  name: string,
  contents: string,
  fill: (folder: string) => Promise<void>,
): Promise<string> {
  const hash = createHash("sha256").update(contents).digest("hex").slice(0, 16);
  const folder = join(CACHE, `${name}-${hash}`);
  if (existsSync(folder)) return folder;
  const partial = `${folder}.${process.pid}`;
  mkdirSync(partial, { recursive: true });
  try {
    await fill(partial);
    renameSync(partial, folder);
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
  return folder;
}

/** Runs a package manager or a compiler. @throws what it printed, if it fails or takes ten minutes */
export async function fetchBy(
  program: string,
  args: readonly string[],
  options: { readonly cwd?: string; readonly env?: NodeJS.ProcessEnv } = {},
): Promise<void> {
  await run(program, args, { ...options, timeout: FETCH_DEADLINE_MS });
}
