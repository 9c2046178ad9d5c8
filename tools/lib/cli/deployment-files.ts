/** A deployment's files as the checks need them: its `RELAY`, its secrets, and the line of everything. */
import { existsSync, readFileSync } from "node:fs";
import { relative } from "node:path";
import { isTable } from "../../../src/config/table.ts";
import { deployments } from "../deployment/files.ts";
import { type Deployment, readDeployment } from "../deployment/make.ts";
import { parseSecrets, type Secrets } from "../secrets.ts";
import { checkFiles, type Finding } from "./check-files.ts";
import { CliError, EXIT } from "./exit-codes.ts";
import type { Io } from "./io.ts";
import { readToml, TomlError } from "./toml-lines.ts";

/** The project's own sample, which is nobody's deployment. */
const SAMPLE = "example";

/** The deployment that is meant: the one that is named, else the only one there is. */
export function deploymentName(io: Io, given: string | undefined): string {
  if (given !== undefined) return given;
  const own = deployments(io.project).filter((name) => name !== SAMPLE);
  const [only] = own;
  if (only !== undefined && own.length === 1) return only;
  throw new CliError(
    EXIT.usage,
    own.length === 0
      ? "there is no deployment yet: relay init makes one"
      : `which deployment? There are ${own.join(", ")}`,
  );
}

export interface CheckedDeployment {
  readonly deployment: Deployment;
  readonly secrets: Secrets;
  readonly findings: readonly Finding[];
}

/** The deployment with everything that is wrong about it; only findings, if its file cannot be read at all. */
export function checkDeployment(
  io: Io,
  name: string,
): CheckedDeployment | { readonly findings: readonly Finding[] } {
  const shown = (path: string) => relative(io.project, path);
  let deployment: Deployment;
  try {
    deployment = readDeployment(io.project, name);
  } catch (error) {
    const file = `deployments/${name}/relay.toml`;
    if (error instanceof Error && "lineNumber" in error) {
      const { lineNumber, message } = error as Error & { lineNumber: number };
      return { findings: [notToml(file, new TomlError(lineNumber, message))] };
    }
    throw new CliError(EXIT.usage, (error as Error).message);
  }
  const { own, localSecrets } = deployment.files;
  const toml = readToml(deployment.text);
  const secretsText = existsSync(localSecrets) ? readFileSync(localSecrets, "utf8") : "";
  const secrets = parseSecrets(secretsText);
  const { vars } = deployment.own as { readonly vars?: { readonly RELAY?: unknown } };
  const relay = vars?.RELAY;
  const settings = deployment.problems.map(({ path, message }): Finding => {
    const place = { file: shown(own), line: toml.lineOf(path) };
    return { ...place, kind: "problem", path: path.join("."), message, stops: "the deployment" };
  });
  const meant = isTable(relay)
    ? checkFiles({
        relay,
        secrets,
        placeOf: (path) => ({ file: shown(own), line: toml.lineOf(["vars", "RELAY", ...path]) }),
        placeOfSecret: (name) => ({ file: shown(localSecrets), line: lineOfSecret(secretsText, name) }),
      })
    : [];
  return { deployment, secrets, findings: [...settings, ...meant] };
}

function notToml(file: string, { line, message }: TomlError): Finding {
  return {
    file,
    line,
    kind: "problem",
    path: "",
    message: `is not TOML: ${message}`,
    stops: "the deployment",
  };
}

/** From 1; null when no line sets it. */
export function lineOfSecret(text: string, name: string): number | null {
  const at = text.split(/\r?\n/).findIndex((line) => name in parseSecrets(line));
  return at < 0 ? null : at + 1;
}
