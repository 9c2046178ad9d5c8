/** A wrangler that only writes down what it is told, and answers as a test says. */
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

/** Writes down its arguments, and the contents of the secrets' file while it can; fails or answers as told. */
const FAKE = `#!/usr/bin/env node
const { appendFileSync, readFileSync } = require("node:fs");
const { join } = require("node:path");
const args = process.argv.slice(2);
const line = args.join(" ");
const file = args[args.indexOf("--secrets-file") + 1];
const secrets = args.includes("--secrets-file") ? readFileSync(file, "utf8") : null;
appendFileSync(join(__dirname, "calls"), JSON.stringify({ args, secrets, file }) + "\\n");
const { answers } = JSON.parse(readFileSync(join(__dirname, "answers.json"), "utf8"));
const [, code, text] = answers.find(([start]) => line.startsWith(start)) ?? ["", 0, ""];
process.stdout.write(text);
process.exitCode = code;
`;

export interface Call {
  readonly args: readonly string[];
  readonly secrets: string | null;
  readonly file: string;
}

export interface FakeWrangler {
  /** An environment whose PATH finds it first. */
  readonly env: NodeJS.ProcessEnv;
  /** For command lines that begin so: the exit code and what is printed. Else: 0 and nothing. */
  answer(...answers: readonly (readonly [string, number, string])[]): void;
  calls(): Call[];
  remove(): void;
}

export function fakeWrangler(): FakeWrangler {
  const folder = mkdtempSync(join(tmpdir(), "fake-wrangler-"));
  const program = join(folder, "wrangler");
  writeFileSync(program, FAKE);
  chmodSync(program, 0o755);
  const answer: FakeWrangler["answer"] = (...answers) =>
    writeFileSync(join(folder, "answers.json"), JSON.stringify({ answers }));
  answer();
  return {
    env: { ...process.env, PATH: [folder, process.env["PATH"]].join(delimiter) },
    answer,
    calls: () => {
      const file = join(folder, "calls");
      const lines = existsSync(file) ? readFileSync(file, "utf8").trim().split("\n") : [];
      return lines.map((line) => JSON.parse(line) as Call);
    },
    remove: () => rmSync(folder, { recursive: true }),
  };
}
