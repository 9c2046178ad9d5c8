/**
 * Reads a deployment and makes its configuration for wrangler, `deployments/<name>/wrangler.jsonc`.
 *
 * For the command line: `readDeployment` gives the merchant's file as a table with its problems and what it needs on an
 * account; `makeDeployment` writes the file. What is wrong with `[vars.RELAY]` is the Worker's to say: give
 * `loadConfig` of `src/config/schema.ts` the table and the secrets.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { getStaticTOMLValue, parseTOML } from "toml-eslint-parser";
import type { Table } from "../../../src/config/table.ts";
import { deploymentFiles, type DeploymentFiles } from "./files.ts";
import { mergeDeployment, queueNames } from "./merge.ts";
import { ownProblems, secretsNeeded, type OwnProblem } from "./own.ts";

export interface Deployment {
  readonly files: DeploymentFiles;
  /** `relay.toml`, as it stands. */
  readonly text: string;
  readonly own: Table;
  readonly problems: readonly OwnProblem[];
  /** Names of the Worker secrets it needs. */
  readonly secrets: readonly string[];
  /** Names of its queues. */
  readonly queues: readonly string[];
  /** What wrangler is given. */
  readonly config: Table;
}

const parse = (text: string) => getStaticTOMLValue(parseTOML(text)) as Table;

/** @throws an Error in words for a file that is not there, `ParseError` for one that is not TOML */
export function readDeployment(project: string, name: string): Deployment {
  const files = deploymentFiles(project, name);
  if (!existsSync(files.own)) throw new Error(`${relative(project, files.own)} is not there`);
  const text = readFileSync(files.own, "utf8");
  const own = parse(text);
  const ours = parse(readFileSync(join(project, "wrangler.toml"), "utf8"));
  const config = mergeDeployment(ours, own, relative(files.folder, project).replaceAll("\\", "/"));
  return {
    files,
    text,
    own,
    problems: ownProblems(own, ours),
    secrets: secretsNeeded(own),
    queues: queueNames(config),
    config,
  };
}

/** Writes the configuration; answers its path. */
export function makeDeployment({ files, config }: Deployment): string {
  const head =
    "// Made of relay.toml and of the project's wrangler.toml (npm run deployment): changes here are lost.";
  writeFileSync(files.made, `${head}\n${JSON.stringify(config, null, 2)}\n`);
  return files.made;
}
