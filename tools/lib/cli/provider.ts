/** `relay provider new` drafts a declared provider from a captured callback; `relay provider test` runs its sample. */
import { appendFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { readProviders } from "../../../src/config/providers.ts";
import { textOf } from "../../../src/config/problems.ts";
import { draftOf, type Draft } from "../declared/draft.ts";
import { judgeSample, type Judged } from "../declared/judge-sample.ts";
import type { Sample } from "../declared/samples.ts";
import { readDeployment } from "../deployment/make.ts";
import type { RelayConfig } from "../relay-config.ts";
import { parseSecrets } from "../secrets.ts";
import { wholeNumber } from "./arguments.ts";
import { findingsText } from "./check.ts";
import { choosing, type Chosen, configurationOf } from "./configuration.ts";
import { checkDeployment, deploymentName } from "./deployment-files.ts";
import { captured } from "./diagnose.ts";
import { CliError, EXIT } from "./exit-codes.ts";
import type { Common, Frame } from "./frame.ts";
import { type Io, paint, show } from "./io.ts";
import { tomlTables } from "./toml-text.ts";

interface Options extends Common, Chosen {
  readonly account: string;
  readonly sample?: string;
  readonly entry?: number;
}

export function addProvider(frame: Frame): void {
  frame.add<Options>(
    "provider <action> <name> [file]",
    "new: draft a provider of your own from a captured callback; test: run its sample and cases, offline",
    (command) =>
      choosing(command)
        .option("--account <name>", "the account in the address", "shop")
        .option("--sample <file>", "test: the sample that `new` wrote, with your cases (its own place)")
        .option("--entry <n>", "new: which entry of a HAR file", wholeNumber(1)),
    async (options, action = "", name = "", file) => {
      if (action === "new") return await draft(frame.io, options, name, file);
      if (action === "test") return await test(frame.io, options, name);
      throw new CliError(EXIT.usage, `relay provider ${action} is nothing: new or test`);
    },
    ["provider new acme callback.http", "provider test acme", "provider test acme --sample acme.json"],
  );
}

const sampleFile = (folder: string, name: string) => join(folder, `${name}.sample.json`);

async function draft(io: Io, options: Options, name: string, file: string | undefined): Promise<number> {
  const deployment = deploymentName(io, options.deployment);
  const { own, files } = deploymentOf(io, deployment);
  const capture = await captured(io, options, file);
  const made = inWords(() => draftOf(capture.request));
  const { problems } = readProviders({ [name]: made.written }, []);
  if (problems.length > 0) throw new CliError(EXIT.usage, `${name} cannot be declared`, problems.map(textOf));
  const relay = (own as { readonly vars?: { readonly RELAY?: RelayConfig } }).vars?.RELAY;
  const isThere = Object.hasOwn(relay?.["providers"] ?? {}, name) || relay?.sources[name];
  const samplePath = sampleFile(files.folder, name);
  if (isThere || existsSync(samplePath)) {
    throw new CliError(EXIT.usage, `${deployment} has a provider ${name} already: nothing was written`);
  }
  const secret = `${name.toUpperCase().replaceAll("-", "_")}_SECRET`;
  appendFileSync(
    files.own,
    tomlOf(name, options.account, secret, made, Object.keys(relay?.destinations ?? {})),
  );
  writeFileSync(samplePath, `${JSON.stringify(made.sample, null, 2)}\n`);
  const secrets = existsSync(files.localSecrets) ? readFileSync(files.localSecrets, "utf8") : "";
  if (!(secret in parseSecrets(secrets))) {
    const line = `# ${name}/${options.account}: issued by the provider\n${secret}=\n`;
    appendFileSync(files.localSecrets, secrets === "" || secrets.endsWith("\n") ? line : `\n${line}`, {
      mode: 0o600,
    });
  }
  const { findings } = checkDeployment(io, deployment);
  const written = [files.own, samplePath, files.localSecrets].map((path) => relative(io.project, path));
  show(io, options.json, { provider: name, files: written, notes: made.notes, findings }, () =>
    [
      `written: ${written.join(", ")}`,
      "",
      paint(
        io,
        "bold",
        "To compare with the provider's document, in the declaration and in the sample's cases",
      ),
      ...made.notes.map((note) => `  - ${note}`),
      `  - ${secret}: write it into ${written[2] ?? ""}`,
      "",
      paint(io, "bold", "What relay check says now"),
      findingsText(io, findings),
      "",
      `Then: npm run relay -- provider test ${name} --deployment ${deployment}; the address is /in/${name}/${options.account}`,
    ].join("\n"),
  );
  return EXIT.ok;
}

function deploymentOf(io: Io, deployment: string) {
  return inWords(() => readDeployment(io.project, deployment));
}

function inWords<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw new CliError(EXIT.usage, (error as Error).message);
  }
}

/** The declaration and its account, to stand at the end of a `relay.toml`. */
function tomlOf(
  name: string,
  account: string,
  secret: string,
  made: Draft,
  destinations: readonly string[],
): string {
  const notes = made.notes.map((note) => `# - ${note}`).join("\n");
  const settings = {
    secrets: [secret],
    ...(destinations.length > 1 ? { destinations: destinations.slice(0, 1) } : {}),
  };
  return `
# ${name}, drafted by \`relay provider new\` from one captured callback (docs/adding-a-provider.md#by-configuration).
# Every line is a guess until it was compared with the provider's document:
${notes}
${tomlTables(["vars", "RELAY", "providers", name], made.written)}
${tomlTables(["vars", "RELAY", "sources", name, account], settings)}`;
}

async function test(io: Io, options: Options, name: string): Promise<number> {
  const configuration = configurationOf(io, { deployment: deploymentName(io, options.deployment) });
  const { files } = deploymentOf(io, deploymentName(io, options.deployment));
  const path =
    options.sample === undefined ? sampleFile(files.folder, name) : resolve(io.cwd, options.sample);
  const sample = inWords(() => JSON.parse(readFileSync(path, "utf8")) as Sample);
  const judged = await judgeSample(configuration, name, options.account, sample, io.now()).catch(
    (error: unknown) => {
      throw new CliError(EXIT.usage, (error as Error).message);
    },
  );
  show(io, options.json, judged, () => judged.map((one) => judgedText(io, one)).join("\n"));
  return judged.every(({ wrong }) => wrong.length === 0) ? EXIT.ok : EXIT.problems;
}

function judgedText(io: Io, { name, wrong }: Judged): string {
  const verdict =
    wrong.length === 0 ? paint(io, "green", "as expected") : paint(io, "red", "not as expected");
  return [`${verdict}  ${name}`, ...wrong.map((one) => `    ${one}`)].join("\n");
}
