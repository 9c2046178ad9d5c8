/** The description of the relay's API as a linter of such descriptions judges it: nothing to find. */
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, expect, it } from "vitest";

const project = join(import.meta.dirname, "../..");
/** Loaded at run time: the Worker's modules have their types from its platform, which Node's compiler does not know. */
const load = async (module: string) =>
  (await import(join(project, "src", module))) as Record<string, unknown>;
const scratch = mkdtempSync(join(tmpdir(), "psp-relay-openapi-"));

afterEach(() => {
  rmSync(scratch, { recursive: true, force: true });
});

it("redocly finds nothing", async () => {
  const file = join(scratch, "openapi.json");
  const { ALL_OPERATIONS } = await load("api/table.ts");
  const { openApi } = (await load("api/openapi.ts")) as { openApi: (operations: unknown) => object };
  writeFileSync(file, JSON.stringify(openApi(ALL_OPERATIONS)));
  const redocly = join(project, "node_modules", "@redocly", "cli", "bin", "cli.js");
  const config = join(project, "redocly.yaml");
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [redocly, "lint", file, "--config", config, "--format", "json"],
    // Nothing is asked of anybody outside.
    { env: { ...process.env, REDOCLY_TELEMETRY: "off", REDOCLY_SUPPRESS_UPDATE_NOTICE: "true" } },
  );
  const { problems } = JSON.parse(stdout) as { problems: { ruleId: string; message: string }[] };
  expect(problems.map(({ ruleId, message }) => `${ruleId}: ${message}`)).toEqual([]);
}, 60_000);
