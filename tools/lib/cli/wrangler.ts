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
  const queues = new Set<string>();
  for (const queue of needs.queues) {
    io.progress(`asking for the queue ${queue} …`);
    const info = await wrangler(io, ["queues", "info", queue, ...configArgs]);
    if (info.code === 0) queues.add(queue);
    else if (!/does not exist/i.test(info.stdout + info.stderr))
      throw failed(["queues", "info", queue], info);
  }
  io.progress("asking for the Worker's secrets …");
  const list = ["secret", "list", "--name", needs.worker, "--format", "json"];
  const secrets = await wrangler(io, [...list, ...configArgs]);
  io.progress(null);
  if (secrets.code === 0) return { queues, secrets: new Set(namesIn(secrets.stdout)) };
  if (/not found/i.test(secrets.stdout + secrets.stderr)) return { queues, secrets: null };
  throw failed(list, secrets);
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
