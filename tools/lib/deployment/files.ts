/**
 * Where a deployment is: `deployments/<name>/`, the merchant's own folder.
 *
 * | File | Whose | |
 * |---|---|---|
 * | `relay.toml` | the merchant's, kept in version control | name, routes, limits, `[vars.RELAY]` |
 * | `.dev.vars` | the merchant's, never in version control | secrets, for this machine only |
 * | `wrangler.jsonc` | made of `relay.toml` and of ours, never edited | what wrangler is given with `--config` |
 *
 * Upstream has none but `example`, so that an upgrade by `git pull` meets no conflict.
 */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";

export interface DeploymentFiles {
  readonly name: string;
  readonly folder: string;
  readonly own: string;
  readonly localSecrets: string;
  readonly made: string;
}

const FOLDER = "deployments";

/** A plain name: it becomes a folder. */
export const DEPLOYMENT_NAME = /^[a-z0-9][a-z0-9-]*$/;

/** @param project the folder with package.json */
export function deploymentFiles(project: string, name: string): DeploymentFiles {
  if (!DEPLOYMENT_NAME.test(name)) throw new Error(`${name} is no name of a deployment (a-z 0-9 -)`);
  const folder = join(project, FOLDER, name);
  return {
    name,
    folder,
    own: join(folder, "relay.toml"),
    localSecrets: join(folder, ".dev.vars"),
    made: join(folder, "wrangler.jsonc"),
  };
}

/** Names of the deployments there are. */
export function deployments(project: string): string[] {
  const folder = join(project, FOLDER);
  if (!existsSync(folder)) return [];
  return readdirSync(folder).filter((name) => existsSync(join(folder, name, "relay.toml")));
}
