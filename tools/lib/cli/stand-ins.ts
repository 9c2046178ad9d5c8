/**
 * `relay crm` and `relay verifier`: a sample CRM that verifies, books each event once and prints a line for each
 * request (with `--fail` a CRM that is down), and a stand-in for TokenPayments' verifier, right or wrong by its mode.
 */
import { crmLine } from "../crm-lines.ts";
import { FAILURES, isFailure, startCrm } from "../crm-server.ts";
import { isVerifierMode, startVerifier, VERIFIER_MODES } from "../verifier-server.ts";
import { duration, portNumber, several } from "./arguments.ts";
import { choosing, type Chosen, configurationOf } from "./configuration.ts";
import { CliError, EXIT } from "./exit-codes.ts";
import type { Common, Frame } from "./frame.ts";

/** Why a server could not start: another program has its port, or what the system says. */
function cannotStart(what: string, port: number, error: unknown): CliError {
  const { code, message } = error as NodeJS.ErrnoException;
  return new CliError(
    EXIT.unreachable,
    code === "EADDRINUSE"
      ? `port ${port} is in use by another program: stop it, or choose another with --port`
      : `${what} cannot start: ${message}`,
  );
}

interface CrmOptions extends Common, Chosen {
  readonly port: number;
  readonly secret?: readonly string[];
  readonly fail?: string;
  readonly for?: number;
}

function addCrm(frame: Frame): void {
  const { io } = frame;
  frame.add<CrmOptions>(
    "crm",
    "A sample CRM; while it runs: GET /received, POST /_fail?mode=503&for=10s, POST /_fail?mode=none",
    (command) =>
      choosing(command)
        .option("--port <n>", "listen on 127.0.0.1:<n>", portNumber, 8788)
        .option(
          "--secret <whsec>",
          "verify with this; may be given several times (CRM_SIGNING_SECRET)",
          several,
        )
        .option("--fail <mode>", `fail on purpose: ${FAILURES.join(", ")}`)
        .option("--for <time>", "fail for so long, then recover: 30s, 2m", duration),
    async (options) => {
      const { port, secret, fail: mode, for: forMs, json } = options;
      if (mode !== undefined && !isFailure(mode)) {
        throw new CliError(EXIT.usage, `--fail is one of ${FAILURES.join(", ")}, not "${mode}"`);
      }
      const name = "CRM_SIGNING_SECRET";
      const secrets = secret ?? [configurationOf(io, options).secrets[name] ?? ""];
      const crm = await startCrm({
        port,
        secrets,
        ...(mode === undefined ? {} : { failure: { mode, ...(forMs === undefined ? {} : { forMs }) } }),
        onHappening: (h) => io.out(json ? JSON.stringify(h) : crmLine(h)),
      }).catch((error: unknown) => {
        throw cannotStart("the sample CRM", port, error);
      });
      if (json) return;
      const failing =
        mode === undefined
          ? ""
          : `, failing (${mode})${forMs === undefined ? "" : ` for ${forMs / 1_000} s`}`;
      io.out(`sample CRM listens on ${crm.url}${failing}`);
    },
    ["crm", "crm --fail 503 --for 60s", "crm --port 9000 --secret whsec_… --json"],
  );
}

function addVerifier(frame: Frame): void {
  const { io } = frame;
  frame.add<Common & { readonly port: number; readonly mode: string }>(
    "verifier",
    'A token verifier; "auto": tokens that begin with "tkn" are valid. While it runs: POST /_mode?mode=503, GET /asked',
    (command) =>
      command
        .option("--port <n>", "listen on 127.0.0.1:<n>", portNumber, 8789)
        .option("--mode <mode>", VERIFIER_MODES.join(", "), "auto"),
    async ({ port, mode, json }) => {
      if (!isVerifierMode(mode)) {
        throw new CliError(EXIT.usage, `--mode is one of ${VERIFIER_MODES.join(", ")}, not "${mode}"`);
      }
      const verifier = await startVerifier({
        port,
        mode,
        onAsked: (token, now) => {
          const shown = `${token.slice(0, 12)}…`;
          io.out(json ? JSON.stringify({ token: shown, mode: now }) : `asked about ${shown} (mode ${now})`);
        },
      }).catch((error: unknown) => {
        throw cannotStart("the verifier's stand-in", port, error);
      });
      if (!json) io.out(`token verifier listens on ${verifier.url}`);
    },
    ["verifier", "verifier --mode timeout"],
  );
}

export function addStandIns(frame: Frame): void {
  addCrm(frame);
  addVerifier(frame);
}
