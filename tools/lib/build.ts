/** The bundle that would be deployed, written by wrangler itself. */
import { join } from "node:path";
import { run } from "./run.ts";
import { wranglerEnvironment } from "./wrangler-env.ts";

const BUILD_DEADLINE_MS = 120_000;

/** Builds the Worker of `folder` (where its wrangler.toml is) into `bundle`. */
export async function build(project: string, folder: string, bundle: string, scratch: string): Promise<void> {
  const wrangler = join(project, "node_modules/wrangler/bin/wrangler.js");
  const wrong = await run(process.execPath, [wrangler, "deploy", "--dry-run", "--outdir", bundle], {
    cwd: folder,
    env: { ...wranglerEnvironment(scratch), WRANGLER_LOG: "error" },
    deadlineMs: BUILD_DEADLINE_MS,
    signal: new AbortController().signal,
  });
  if (wrong !== null) throw new Error(`the bundle of ${folder} could not be built: ${wrong}`);
}
