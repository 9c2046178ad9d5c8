/** Wrangler as a program: what an account has, and one command after the other. */
import { spawn } from "node:child_process";
import type { AccountState, Needs } from "./deploy-plan.ts";
import { CliError, EXIT } from "./exit-codes.ts";
import type { Io } from "./io.ts";

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs wrangler (the one of the PATH: `npm run` puts the project's first) to its end. */
export async function wrangler(
  io: Io,
  args: readonly string[],
  onOutput?: (text: string) => void,
): Promise<Ran> {
  const env = { ...io.env, WRANGLER_HIDE_BANNER: "true", WRANGLER_SEND_METRICS: "false", NO_COLOR: "1" };
  const child = spawn("wrangler", args, { cwd: io.project, env, stdio: ["ignore", "pipe", "pipe"] });
  const texts = { stdout: "", stderr: "" };
  for (const stream of ["stdout", "stderr"] as const) {
    child[stream].setEncoding("utf8").on("data", (text: string) => {
      texts[stream] += text;
      onOutput?.(text);
    });
  }
  const code = await new Promise<number>((resolve, reject) => {
    child.once("error", (error) =>
      reject(new CliError(EXIT.unreachable, `wrangler cannot be run: ${error.message}`)),
    );
    child.once("close", (exitCode) => resolve(exitCode ?? 1));
  });
  return { code, ...texts };
}

/** What the account has of what is needed. Asks only, changes nothing. */
export async function accountState(
  io: Io,
  needs: Needs,
  configArgs: readonly string[],
): Promise<AccountState> {
  const who = await wrangler(io, ["whoami", "--json"]);
  if (who.code !== 0) {
    throw new CliError(
      EXIT.unreachable,
      "wrangler is not logged in: npx wrangler login, or CLOUDFLARE_API_TOKEN and CLOUDFLARE_ACCOUNT_ID",
      lastLines(who),
    );
  }
  io.progress("asking the account what it has …");
  const [queues, secrets] = await Promise.all([
    Promise.all(needs.queues.map(async (queue) => ((await hasQueue(io, queue, configArgs)) ? [queue] : []))),
    secretsOf(io, needs.worker, configArgs),
  ]);
  io.progress(null);
  return { queues: new Set(queues.flat()), secrets };
}

async function hasQueue(io: Io, queue: string, configArgs: readonly string[]): Promise<boolean> {
  const info = await wrangler(io, ["queues", "info", queue, ...configArgs]);
  if (info.code === 0) return true;
  if (/does not exist/i.test(info.stdout + info.stderr)) return false;
  throw failed(["queues", "info", queue], info);
}

/** Null: there is no such Worker. */
async function secretsOf(
  io: Io,
  worker: string,
  configArgs: readonly string[],
): Promise<ReadonlySet<string> | null> {
  const args = ["secret", "list", "--name", worker, "--format", "json"];
  const list = await wrangler(io, [...args, ...configArgs]);
  if (list.code === 0) return new Set(namesIn(list.stdout));
  if (/not found/i.test(list.stdout + list.stderr)) return null;
  throw failed(args, list);
}

function namesIn(json: string): string[] {
  const start = json.indexOf("[");
  const entries = JSON.parse(start < 0 ? "[]" : json.slice(start)) as { readonly name: string }[];
  return entries.map(({ name }) => name);
}

/** A command that has failed, with what wrangler said last. */
export function failed(args: readonly string[], ran: Ran): CliError {
  return new CliError(EXIT.unreachable, `wrangler ${args.join(" ")} failed (${ran.code})`, lastLines(ran));
}

const SHOWN_LINES = 12;

function lastLines({ stdout, stderr }: Ran): string[] {
  const lines = `${stdout}\n${stderr}`.split("\n").filter((line) => line.trim() !== "");
  return lines.slice(-SHOWN_LINES);
}
