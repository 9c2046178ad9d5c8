/**
 * The relay asked by what its description says of it: Schemathesis makes valid and invalid requests of every operation
 * and holds each answer against the description (status, media type, schema; what is wrong is refused, what is right is
 * not). The requests are the same each time. Where Python or its packages are not to be had, it is skipped with that
 * reason.
 */
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { demoSteps } from "../../tools/lib/demo-steps.ts";
import { fetchBy, fetched, lacks } from "../../tools/lib/fetched.ts";
import { System } from "./support/system.ts";

const FOLDER = join(import.meta.dirname, "openapi");
const REQUIREMENTS = join(FOLDER, "requirements.txt");
/** A minute on two quiet cores. */
const DEADLINE_MS = 600_000;

const scratch = mkdtempSync(join(tmpdir(), "psp-relay-openapi-"));
let system: System;

beforeAll(async () => {
  system = await System.open();
});
afterAll(async () => {
  await system.close();
  rmSync(scratch, { recursive: true, force: true });
});

it("Schemathesis finds nothing", { timeout: DEADLINE_MS }, async ({ skip }) => {
  const missing =
    lacks("python3", "-c", "import sys; assert sys.version_info >= (3, 10)") ??
    lacks("python3", "-m", "pip", "--version");
  if (missing !== null) skip(missing);
  const packages = await libraries().catch((error: unknown) =>
    skip(`its packages cannot be fetched here: ${(error as Error).message}`),
  );
  // Something of each kind to be found: accepted, repeated, refused.
  const ids = [];
  for (const { callback } of demoSteps(system.who, "openapi", new Date()))
    ids.push((await system.send(callback)).eventId);
  const event = ids.find((id) => id !== null) ?? "";
  const found = await system.waitUntil("the event", async () => {
    const response = await asOperator(`/api/events/${event}`);
    return response.ok ? ((await response.json()) as { payment_id: string }) : undefined;
  });
  const said = await schemathesis(packages, { RELAY_EVENT: event, RELAY_PAYMENT: found.payment_id });
  expect(said).toMatch(/\b(\d+) generated, \1 passed\b/);
  expect(said).toMatch(/Selected: (\d+)\/\d+\n\s+Tested: \1\n/);
});

async function asOperator(path: string): Promise<Response> {
  const headers = { authorization: `Bearer ${system.secrets["ADMIN_TOKEN"]}` };
  return await fetch(system.relay.url + path, { headers });
}

async function libraries(): Promise<string> {
  return await fetched("schemathesis", readFileSync(REQUIREMENTS, "utf8"), async (folder) => {
    await fetchBy("python3", ["-m", "pip", "install", "--quiet", "--target", folder, "-r", REQUIREMENTS]);
  });
}

/** What it printed. */
async function schemathesis(packages: string, ids: Readonly<Record<string, string>>): Promise<string> {
  const args = [
    "-m",
    "schemathesis.cli",
    `--config-file=${join(FOLDER, "schemathesis.toml")}`,
    "--no-color",
    "run",
    `${system.relay.url}/api/openapi.json`,
    `--header=Authorization: Bearer ${system.secrets["ADMIN_TOKEN"]}`,
  ];
  const hooks = join(FOLDER, "hooks.py");
  const env = {
    ...process.env,
    ...ids,
    RELAY_HOOKS: hooks,
    PYTHONPATH: packages,
    PYTHONDONTWRITEBYTECODE: "1",
  };
  return await new Promise((resolve) => {
    execFile("python3", args, { cwd: scratch, env, timeout: DEADLINE_MS }, (_, stdout, stderr) =>
      resolve(stdout + stderr),
    );
  });
}
