/** `relay init`: a deployment of a merchant's own, with generated secrets. */
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { relative } from "node:path";
import { deploymentFiles } from "../deployment/files.ts";
import { table } from "../text.ts";
import { several } from "./arguments.ts";
import { checkDeployment } from "./deployment-files.ts";
import { findingsText } from "./check.ts";
import type { Finding } from "./check-files.ts";
import { CliError, EXIT } from "./exit-codes.ts";
import type { Common, Frame } from "./frame.ts";
import { addressesOf, type ProviderAddress } from "./init-addresses.ts";
import { answersOf, type InitOptions, missingAnswers } from "./init-answers.ts";
import { planOf, type Answers, type Plan, type PlannedSecret } from "./init-plan.ts";
import { askForMissing } from "./init-questions.ts";
import { relayToml, secretsText } from "./init-text.ts";
import { type Io, paint, show } from "./io.ts";

export function addInit(frame: Frame): void {
  const { io } = frame;
  frame.add<InitOptions & Common>(
    "init [deployment]",
    "Write a deployment's configuration with generated secrets; asks for what the options do not say",
    (command) =>
      command
        .option("--name <worker>", "the Worker's name on your account")
        .option("--host <name>", "where it will be: relay.example.com, or <name>.<subdomain>.workers.dev")
        .option(
          "--source <provider/account[=destinations]>",
          "an account, and where its events go; several times",
          several,
        )
        .option("--destination <name=url>", "a receiver of events; several times", several)
        .option("--set <provider/account.option=value>", "an option of an account; several times", several),
    async (options, deployment = "production") => {
      const files = filesOf(io, deployment);
      const answers = await completed(io, answersOf(options, deployment, io.env));
      const plan = planned(answers);
      mkdirSync(files.folder, { recursive: true });
      // `wx`: whatever was written meanwhile stays.
      writeFileSync(files.own, relayToml(answers.name, answers.host, plan), { flag: "wx" });
      writeFileSync(files.localSecrets, secretsText(plan.secrets), { flag: "wx", mode: 0o600 });
      const result: Written = {
        deployment,
        files: [files.own, files.localSecrets].map((file) => relative(io.project, file)),
        addresses: addressesOf(plan, answers.host),
        secrets: plan.secrets,
        findings: checkDeployment(io, deployment).findings,
      };
      show(io, options.json, result, () => writtenText(io, result));
      return EXIT.ok;
    },
    [
      "init",
      "init --host relay.example.com --source ipay/shop --source cryptopay/shop --destination crm=https://crm.example.com/webhooks",
      "init staging --host relay-staging.example.com --source ipay/shop=crm --source tokenpayments/shop=crm,billing --set tokenpayments/shop.merchant_id=M-1001 --destination crm=https://crm.example.com/webhooks --destination billing=https://billing.example.com/events",
    ],
  );
}

function filesOf(io: Io, deployment: string): ReturnType<typeof deploymentFiles> {
  try {
    const files = deploymentFiles(io.project, deployment);
    const there = [files.own, files.localSecrets].filter((file) => existsSync(file));
    if (there.length === 0) return files;
    throw new Error(`${there.map((file) => relative(io.project, file)).join(" and ")} would be overwritten`);
  } catch (error) {
    throw new CliError(EXIT.usage, (error as Error).message);
  }
}

/** The answers with what was asked for, or what is missing where nobody can be asked. */
async function completed(io: Io, given: Answers): Promise<Answers> {
  if (missingAnswers(given).length === 0) return given;
  const answers = io.canAsk ? await askForMissing(given) : given;
  const missing = missingAnswers(answers);
  if (missing.length > 0) throw new CliError(EXIT.usage, "this is still to be said:", missing);
  return answers;
}

function planned(answers: Answers): Plan {
  try {
    return planOf(answers, randomBytes);
  } catch (error) {
    throw new CliError(EXIT.usage, (error as Error).message);
  }
}

interface Written {
  readonly deployment: string;
  readonly files: readonly string[];
  readonly addresses: readonly ProviderAddress[];
  readonly secrets: readonly PlannedSecret[];
  readonly findings: readonly Finding[];
}

function writtenText(io: Io, { deployment, files, addresses, secrets, findings }: Written): string {
  const generated = secrets.filter(({ origin }) => origin === "generated");
  const issued = secrets.filter(({ origin, value }) => origin === "provider" && value === "");
  const shown = generated.filter(({ about }) => !about.startsWith("in the address"));
  const heading = (text: string) => ["", paint(io, "bold", text)];
  return [
    `written: ${files.join(", ")}`,
    ...heading("Addresses for the providers"),
    table(
      ["source", "kind", "method", "address"],
      addresses.map(({ source, kind, method, url }) => [source, kind ?? "-", method, url]),
    ),
    ...heading("Secrets to hand on, shown this once"),
    table(
      ["for whom", "secret", "value"],
      shown.map(({ about, name, value }) => [about.replace(/^for /, ""), name, value]),
    ),
    ...(issued.length === 0
      ? []
      : [
          ...heading(`Issued by the providers: write them into ${files[1] ?? ""}`),
          ...issued.map(({ name, about }) => `  ${name}: ${about}`),
        ]),
    ...heading("What relay check says now"),
    findingsText(io, findings),
    "",
    `Then: npm run relay -- check ${deployment}; npm run relay -- deploy ${deployment} --dry-run`,
  ].join("\n");
}
