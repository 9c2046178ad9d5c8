/** `relay check`: a deployment's files, each problem with its line, and a relay that runs. */
import { checkDeployed, type DeployedFindings } from "./check-deployed.ts";
import type { Finding } from "./check-files.ts";
import { checkDeployment, deploymentName } from "./deployment-files.ts";
import { printable } from "./event-views.ts";
import { EXIT } from "./exit-codes.ts";
import { connecting, type Connected, type Frame } from "./frame.ts";
import { type Io, paint, show } from "./io.ts";
import { connect } from "./relay-api.ts";

export function addCheck(frame: Frame): void {
  const { io } = frame;
  frame.add<Connected>(
    "check [deployment]",
    "Check a deployment's configuration and secrets, offline; with --url a relay that runs",
    connecting,
    async (options, given) => {
      const isRemote = options.url !== undefined;
      // A relay can be checked from a machine that has none of its files.
      const files =
        isRemote && given === undefined ? null : checkDeployment(io, deploymentName(io, given)).findings;
      const deployed = isRemote ? await checkDeployed(connect(io, options), io.now) : null;
      show(io, options.json, { files, deployed }, () =>
        [
          ...(files === null ? [] : [findingsText(io, files)]),
          ...(deployed === null ? [] : [deployedText(io, deployed)]),
        ].join("\n\n"),
      );
      const isWrong =
        (files ?? []).some(({ kind }) => kind === "problem") || (deployed?.problems ?? []).length > 0;
      return isWrong ? EXIT.problems : EXIT.ok;
    },
    ["check", "check staging --json", "check --url https://relay.example.com"],
  );
}

/** One line each, in the form that editors and terminals make links of. */
export function findingsText(io: Pick<Io, "hasColours">, findings: readonly Finding[]): string {
  const problems = findings.filter(({ kind }) => kind === "problem");
  const lines = findings.map(({ file, line, kind, path, message, stops }) => {
    const place = line === null ? file : `${file}:${line}`;
    const what = kind === "problem" ? paint(io, "red", "problem") : paint(io, "yellow", "note");
    const stopped = stops === null ? "" : ` (stops ${stops})`;
    return `${place}: ${what}: ${printable(path === "" ? message : `${path}: ${message}`)}${stopped}`;
  });
  const end =
    problems.length === 0
      ? paint(io, "green", "the configuration has no problem")
      : paint(io, "red", problems.length === 1 ? "1 problem" : `${problems.length} problems`);
  return [...lines, end].join("\n");
}

function deployedText(
  io: Io,
  { url, status, clock_ahead_seconds, problems, notes }: DeployedFindings,
): string {
  const clock = clock_ahead_seconds === null ? "" : `, its clock ${clock_ahead_seconds} s ahead of this one`;
  return [
    `${url}: ${paint(io, problems.length === 0 ? "green" : "red", printable(status))}${clock}`,
    ...problems.map((problem) => `  ${paint(io, "red", "problem")}: ${printable(problem)}`),
    ...notes.map((note) => `  ${paint(io, "yellow", "note")}: ${printable(note)}`),
  ].join("\n");
}
