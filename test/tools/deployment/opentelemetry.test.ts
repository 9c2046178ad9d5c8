/**
 * Export of logs and traces as docs/operations.md#opentelemetry says to configure it: wrangler knows each key, and it is
 * in what would be uploaded. What Cloudflare does with it can be seen on Cloudflare only.
 */
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, it } from "vitest";
import { deploymentFiles } from "../../../tools/lib/deployment/files.ts";
import { makeDeployment, readDeployment } from "../../../tools/lib/deployment/make.ts";
import { copyProject } from "../../../tools/lib/outage/copy-project.ts";
import { wranglerEnvironment } from "../../../tools/lib/wrangler-env.ts";

const PROJECT = join(import.meta.dirname, "../../..");
const example = readFileSync(deploymentFiles(PROJECT, "example").own, "utf8");
const [, documented = ""] =
  /^## OpenTelemetry\n[^]*?```toml\n([^]*?)```/m.exec(
    readFileSync(join(PROJECT, "docs/operations.md"), "utf8"),
  ) ?? [];

let folder: string;
beforeEach(() => {
  folder = copyProject(PROJECT, mkdtempSync(join(tmpdir(), "psp-relay-otel-")));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A dry run of wrangler's deployment with these lines behind the example: what it says, and what it would upload. */
async function dryRun(added: string): Promise<{ said: string; observability: unknown }> {
  mkdirSync(join(folder, "deployments/production"), { recursive: true });
  writeFileSync(deploymentFiles(folder, "production").own, `${example}\n${added}`);
  const deployment = readDeployment(folder, "production");
  expect(deployment.problems).toEqual([]);
  const upload = join(folder, "upload");
  const wrangler = join(PROJECT, "node_modules/wrangler/bin/wrangler.js");
  const { stdout, stderr } = await promisify(execFile)(
    process.execPath,
    [wrangler, "deploy", "--dry-run", `--config=${makeDeployment(deployment)}`, `--outfile=${upload}`],
    { cwd: folder, env: wranglerEnvironment(folder) },
  );
  return { said: stdout + stderr, observability: metadataOf(upload)["observability"] };
}

/** A form, whose first part is JSON: all there is of the Worker besides its code. */
function metadataOf(upload: string): Record<string, unknown> {
  const [, metadata = ""] = /name="metadata"\r\n\r\n(.*)\r\n/.exec(readFileSync(upload, "utf8")) ?? [];
  return JSON.parse(metadata) as Record<string, unknown>;
}

it("is what the documented lines configure, beside what keeps secrets out of logs", async () => {
  const { said, observability } = await dryRun(documented);
  expect(said).not.toContain("WARNING");
  expect(observability).toMatchObject({
    redact_query_string: true,
    logs: { invocation_logs: false, destinations: ["the-name-of-the-logs-destination"] },
    traces: {
      enabled: true,
      head_sampling_rate: 0.05,
      destinations: ["the-name-of-the-traces-destination"],
    },
  });
});

it("would be warned of if wrangler did not know a key", async () => {
  const { said } = await dryRun(documented.replaceAll("destinations =", "exporters ="));
  expect(said).toContain("WARNING");
  expect(said).toContain('"exporters"');
});
