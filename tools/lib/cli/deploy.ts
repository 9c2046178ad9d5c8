/** `relay deploy`: what a deployment lacks on the account, in order, through wrangler. */
import { relative } from "node:path";
import { makeDeployment } from "../deployment/make.ts";
import { wholeNumber } from "./arguments.ts";
import { agree } from "./bulk.ts";
import { carryOut, commandLines } from "./carry-out.ts";
import { findingsText } from "./check.ts";
import { checkDeployment, deploymentName } from "./deployment-files.ts";
import { deployPlan, type AccountState, type Needs } from "./deploy-plan.ts";
import { CliError, EXIT } from "./exit-codes.ts";
import type { Common, Frame } from "./frame.ts";
import { show } from "./io.ts";
import { accountState } from "./wrangler.ts";

interface Options extends Common {
  readonly dryRun: boolean;
  readonly yes: boolean;
  readonly allSecrets: boolean;
  readonly retentionDays: number;
}

const A_DAY_SECONDS = 86_400;
/** The longest that Cloudflare keeps a message: what was not delivered by then, the sweep hands over again. */
const LONGEST_RETENTION_DAYS = 14;

/** A dry run asks no account: it shows the first deployment. */
const NOTHING_YET: AccountState = { queues: new Set(), secrets: null };

export function addDeploy(frame: Frame): void {
  const { io } = frame;
  frame.add<Options>(
    "deploy [deployment]",
    "Make what a deployment lacks on your Cloudflare account (queues, namespace, secrets), and deploy it",
    (command) =>
      command
        .option("--dry-run", "print the commands of a first deployment; needs no account", false)
        .option("--yes", "do not ask", false)
        .option("--all-secrets", "upload every secret of .dev.vars, not only those the Worker lacks", false)
        .option(
          "--retention-days <n>",
          "how long queues keep messages; 1 on the free plan",
          wholeNumber(1, LONGEST_RETENTION_DAYS),
          LONGEST_RETENTION_DAYS,
        ),
    async (options, given) => {
      const checked = checkDeployment(io, deploymentName(io, given));
      const problems = problemsBefore(checked.findings);
      if (!("deployment" in checked) || problems.length > 0) {
        throw new CliError(
          EXIT.problems,
          "nothing is deployed with these problems (relay check)",
          findingsText({ hasColours: false }, problems).split("\n"),
        );
      }
      const { deployment, secrets } = checked;
      const made = relative(io.project, makeDeployment(deployment));
      const needs: Needs = {
        worker: String(deployment.own["name"]),
        queues: deployment.queues,
        secrets: deployment.secrets,
      };
      const configArgs = ["--config", made];
      const state = options.dryRun ? NOTHING_YET : await accountState(io, needs, configArgs);
      const available = new Set(Object.keys(secrets).filter((name) => secrets[name] !== ""));
      const plan = deployPlan(needs, state, {
        retentionSeconds: options.retentionDays * A_DAY_SECONDS,
        configArgs,
        available: options.dryRun ? new Set(needs.secrets) : available,
        allSecrets: options.allSecrets,
      });
      const where = relative(io.project, deployment.files.localSecrets);
      if (!plan.ok) {
        throw new CliError(
          EXIT.problems,
          `secrets that are neither on the account nor in ${where}`,
          plan.missing,
        );
      }
      const lines = commandLines(plan.steps, where);
      if (options.dryRun) {
        const missing = needs.secrets.filter((name) => !available.has(name));
        const lacking =
          missing.length === 0 ? [] : ["", `# not deployed yet: no value for ${missing.join(", ")}`];
        show(io, options.json, { made, steps: plan.steps, missing }, () =>
          [`# made: ${made}`, ...lines, ...lacking].join("\n"),
        );
        return missing.length === 0 ? EXIT.ok : EXIT.problems;
      }
      if (!options.json) io.out(lines.join("\n"));
      await agree(io, `These commands are run for the Worker ${needs.worker}. Go on?`, options.yes);
      await carryOut(io, plan.steps, secrets);
      show(
        io,
        options.json,
        { made, steps: plan.steps },
        () => "deployed; now: relay check --url <its address>",
      );
      return EXIT.ok;
    },
    ["deploy --dry-run", "deploy production", "deploy staging --yes --json"],
  );
}

/**
 * What keeps from deploying: every problem but a secret that is not at hand. That the account may have, and the plan
 * looks there.
 */
function problemsBefore<F extends { readonly kind: string; readonly message: string }>(
  findings: readonly F[],
): F[] {
  return findings.filter(({ kind, message }) => kind === "problem" && !/\bis not set\b/.test(message));
}
