/** Runs a command to its end with our output streams, and never lets it outlive this process. */
import { spawn } from "node:child_process";
import { guard, unguard } from "./guard.ts";
import { signalGroup } from "./process-groups.ts";

/** Between asking a command to end and killing it. */
const GRACE_MS = 5_000;

export interface RunOptions {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly deadlineMs: number;
  /** Ends the command early. */
  readonly signal: AbortSignal;
}

/** Null if it succeeded, else how it ended. */
export async function run(
  command: string,
  args: readonly string[],
  options: RunOptions,
): Promise<string | null> {
  const { cwd, env, deadlineMs } = options;
  // A group of its own, so that its children end with it.
  const child = spawn(command, args, { cwd, env, detached: true, stdio: ["ignore", "inherit", "inherit"] });
  const ended = new Promise<string | null>((resolve) => {
    child.once("error", (error) => resolve(`cannot be run: ${error.message}`));
    child.once("exit", (code, signal) => {
      if (code === 0) resolve(null);
      else resolve(code === null ? `ended by ${signal}` : `exit code ${code}`);
    });
  });
  const { pid } = child;
  if (pid === undefined) return ended;
  guard(pid);

  let early: string | undefined;
  let killing: NodeJS.Timeout | undefined;
  const end = (why: string) => {
    early ??= why;
    signalGroup(pid, "SIGTERM");
    killing ??= setTimeout(() => signalGroup(pid, "SIGKILL"), GRACE_MS);
  };
  const overdue = setTimeout(() => end(`not finished within ${deadlineMs / 1_000} s`), deadlineMs);
  const aborted = () => end("interrupted");
  options.signal.addEventListener("abort", aborted);
  const how = await ended;
  options.signal.removeEventListener("abort", aborted);
  clearTimeout(overdue);
  clearTimeout(killing);
  // Processes it left behind would write into our output after its end.
  signalGroup(pid, "SIGKILL");
  unguard(pid);
  return early ?? how;
}
