/** The configuration that a command works with: the development set-up's, or a deployment's (`--deployment`). */
import { existsSync } from "node:fs";
import type { Command } from "commander";
import { readDeployment } from "../deployment/make.ts";
import { readRelayConfig, type RelayConfig } from "../relay-config.ts";
import { readSecrets, type Secrets, secretsFile } from "../secrets.ts";
import { CliError, EXIT } from "./exit-codes.ts";
import type { Io } from "./io.ts";

export interface Chosen {
  readonly deployment?: string;
}

export function choosing(command: Command): Command {
  return command.option(
    "--deployment <name>",
    "with the configuration and the secrets of deployments/<name> (the development set-up's)",
  );
}

export interface Configuration {
  readonly relay: RelayConfig;
  /** An environment variable of the same name wins. */
  readonly secrets: Secrets;
}

/** @param secretsPath another file of secrets */
export function configurationOf(io: Io, { deployment }: Chosen, secretsPath?: string): Configuration {
  try {
    if (deployment === undefined) {
      const secrets = readSecrets(secretsPath ?? secretsFile(io.project), io.env);
      return { relay: readRelayConfig(io.project, secrets), secrets };
    }
    const { own, files } = readDeployment(io.project, deployment);
    const path = secretsPath ?? files.localSecrets;
    const { vars } = own as { readonly vars?: { readonly RELAY?: RelayConfig } };
    if (vars?.RELAY === undefined)
      throw new Error(`deployments/${deployment}/relay.toml has no [vars.RELAY]`);
    return { relay: vars.RELAY, secrets: existsSync(path) ? readSecrets(path, io.env) : {} };
  } catch (error) {
    throw new CliError(EXIT.usage, (error as Error).message);
  }
}
