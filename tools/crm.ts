/**
 * `npm run crm`: a sample CRM that verifies, books each event once and prints a line for each
 * request; with `--fail` it is a CRM that is down.
 */
import { join } from "node:path";
import { crmLine } from "./lib/crm-lines.ts";
import { FAILURES, isFailure, startCrm } from "./lib/crm-server.ts";
import { readSecrets, secretsFile } from "./lib/secrets.ts";
import { giveUp, parseDurationMs, parsePort, readArgs } from "./lib/text.ts";

const USAGE = `Usage: npm run crm -- [options]

  --port <n>       listen on 127.0.0.1:<n> (8788)
  --secret <whsec> verify with this; may be given several times
                   (CRM_SIGNING_SECRET of .dev.vars or .dev.vars.example)
  --fail <mode>    fail on purpose: ${FAILURES.join(", ")}
  --for <time>     fail for so long, then recover: 30s, 2m (for ever)
  --json           print JSON lines

While it runs: GET /received, POST /_fail?mode=503&for=10s, POST /_fail?mode=none`;

const { values } = readArgs(USAGE, {
  options: {
    port: { type: "string", default: "8788" },
    secret: { type: "string", multiple: true },
    fail: { type: "string" },
    for: { type: "string" },
    json: { type: "boolean", default: false },
  },
});

const port = parsePort("port", values.port);
const mode = values.fail;
if (mode !== undefined && !isFailure(mode)) {
  giveUp(`--fail is one of ${FAILURES.join(", ")}, not "${mode}"`);
}
const forMs = values.for === undefined ? undefined : parseDurationMs(values.for);
if (forMs === null) giveUp(`--for is a time like 30s or 2m, not "${values.for}"`);

const sample = readSecrets(secretsFile(join(import.meta.dirname, "..")));
const secrets = values.secret ?? [process.env["CRM_SIGNING_SECRET"] ?? sample["CRM_SIGNING_SECRET"] ?? ""];

try {
  const crm = await startCrm({
    port,
    secrets,
    ...(mode === undefined ? {} : { failure: { mode, ...(forMs === undefined ? {} : { forMs }) } }),
    onHappening: (h) => console.log(values.json ? JSON.stringify(h) : crmLine(h)),
  });
  if (!values.json) {
    const failing = mode === undefined ? "" : `, failing (${mode}) ${values.for ?? "for ever"}`;
    console.log(`sample CRM listens on ${crm.url}${failing}`);
  }
} catch (error) {
  const { code, message } = error as NodeJS.ErrnoException;
  giveUp(
    code === "EADDRINUSE"
      ? `port ${port} is in use by another program: stop it, or choose another with --port`
      : `the sample CRM cannot start: ${message}`,
  );
}
