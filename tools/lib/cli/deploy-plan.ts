/**
 * What has to be done on an account for a configuration to run there, as wrangler's commands in their order. Pure.
 *
 * Queues come first, since a Worker cannot be deployed without its queues. A KV namespace without an id wrangler
 * makes by itself. Secrets go with the version that needs them (`--secrets-file`): no version ever runs without,
 * also not the first one, before which there is no Worker to put a secret to.
 */

/** What a configuration needs. */
export interface Needs {
  readonly worker: string;
  readonly queues: readonly string[];
  /** Names of secrets, `ADMIN_TOKEN` among them. */
  readonly secrets: readonly string[];
}

/** What an account has. */
export interface AccountState {
  readonly queues: ReadonlySet<string>;
  /** Names of the Worker's secrets; null: there is no such Worker yet. */
  readonly secrets: ReadonlySet<string> | null;
}

export interface Step {
  readonly what: string;
  /** Arguments of wrangler. `SECRETS_FILE` stands for a file with the secrets of this step. */
  readonly args: readonly string[];
  /** Secrets that are uploaded with this step. */
  readonly secrets: readonly string[];
}

export const SECRETS_FILE = "<secrets-file>";

export interface PlanOptions {
  readonly retentionSeconds: number;
  /** Arguments that name the configuration: `--config …`. */
  readonly configArgs: readonly string[];
  /** Names that are at hand. */
  readonly available: ReadonlySet<string>;
  /** Upload also what is there already: after a rotation. */
  readonly allSecrets: boolean;
}

export type DeployPlan =
  | { readonly ok: true; readonly steps: readonly Step[] }
  | { readonly ok: false; readonly missing: readonly string[] };

/** The steps, or the secrets that are neither there nor at hand. */
export function deployPlan(needs: Needs, state: AccountState, options: PlanOptions): DeployPlan {
  const isThere = (name: string) => state.secrets?.has(name) ?? false;
  const missing = needs.secrets.filter((name) => !isThere(name) && !options.available.has(name));
  if (missing.length > 0) return { ok: false, missing };
  const uploaded = needs.secrets.filter(
    (name) => options.available.has(name) && (options.allSecrets || !isThere(name)),
  );
  const retention = ["--message-retention-period-secs", String(options.retentionSeconds)];
  const steps: Step[] = needs.queues.map((queue) => {
    const isKnown = state.queues.has(queue);
    return {
      // Wrangler does not tell a queue's retention, and to set it again changes nothing.
      what: isKnown ? `hold messages of the queue ${queue} long enough` : `create the queue ${queue}`,
      args: ["queues", isKnown ? "update" : "create", queue, ...retention],
      secrets: [],
    };
  });
  const upload = uploaded.length === 0 ? [] : ["--secrets-file", SECRETS_FILE];
  const withSecrets = uploaded.length === 0 ? "" : `, with ${uploaded.length} secrets`;
  steps.push({
    what: `${state.secrets === null ? "deploy the Worker for the first time" : "deploy"}${withSecrets}`,
    args: ["deploy", ...options.configArgs, ...upload],
    secrets: uploaded,
  });
  return { ok: true, steps };
}
