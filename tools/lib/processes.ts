/**
 * Child processes that never outlive this one.
 *
 * Each is started in a process group of its own (wrangler's workerd children would survive the
 * death of wrangler otherwise), and ended as a group: SIGTERM, and after a grace SIGKILL; or by
 * guard.ts, if this process dies without ending them. For Linux and macOS.
 */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { guard, unguard } from "./guard.ts";
import { groupMembers, signalGroup } from "./process-groups.ts";

/** How long a group may take to end after SIGTERM. */
export const GRACE_MS = 5_000;
/** SIGKILL is immediate but for a process in the kernel, which on a busy machine may be there for many seconds. */
const KILL_WAIT_MS = 60_000;
const POLL_MS = 50;
/** Lines of output kept for the error message. */
const KEPT_LINES = 2_000;

export interface Group {
  readonly name: string;
  readonly pid: number;
  /** The output so far, both streams, at most the last 2,000 lines. */
  lines(): readonly string[];
  /** Resolves with a text when the first process of the group has ended, by whatever cause. */
  readonly ended: Promise<string>;
  hasEnded(): boolean;
  /** SIGTERM, and SIGKILL for what is left after the grace. Resolves when no process is left. */
  stop(graceMs?: number): Promise<void>;
  /** SIGKILL to the whole group at once. Resolves when no process is left. */
  kill9(): Promise<void>;
}

export interface SpawnOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly onLine?: (line: string) => void;
}

async function waitUntilGone(group: number, forMs: number): Promise<boolean> {
  const deadline = Date.now() + forMs;
  while (groupMembers(group).length > 0) {
    if (Date.now() > deadline) return false;
    await delay(POLL_MS);
  }
  return true;
}

/** Starts a command as the head of its own process group. */
export async function spawnGroup(
  name: string,
  command: string,
  args: readonly string[],
  options: SpawnOptions = {},
): Promise<Group> {
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: options.env ?? process.env,
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  await new Promise<void>((resolve, reject) => {
    child.once("spawn", resolve);
    child.once("error", (error) => reject(new Error(`cannot start ${name}: ${error.message}`)));
  });
  const pid = child.pid;
  if (pid === undefined) throw new Error(`cannot start ${name}`);
  guard(pid);

  const kept: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on("line", (line) => {
      kept.push(line);
      if (kept.length > KEPT_LINES) kept.shift();
      options.onLine?.(line);
    });
  }
  const ended = new Promise<string>((resolve) => {
    child.once("exit", (code, signal) =>
      resolve(code === null ? `ended by ${signal}` : `ended with exit code ${code}`),
    );
  });

  const gone = (): void => {
    unguard(pid);
    // A grandchild that kept the pipe open must not keep us running.
    child.stdout.destroy();
    child.stderr.destroy();
  };
  const kill9 = async (): Promise<void> => {
    signalGroup(pid, "SIGKILL");
    if (!(await waitUntilGone(pid, KILL_WAIT_MS))) {
      throw new Error(`${name}: processes ${groupMembers(pid).join(", ")} survive SIGKILL`);
    }
    gone();
  };
  return {
    name,
    pid,
    lines: () => kept,
    ended,
    hasEnded: () => child.exitCode !== null || child.signalCode !== null,
    kill9,
    async stop(graceMs = GRACE_MS) {
      signalGroup(pid, "SIGTERM");
      if (await waitUntilGone(pid, graceMs)) gone();
      else await kill9();
    },
  };
}

/** Ends all, the last started first to get the signal; every one is tried even if another fails. */
export async function endAll(groups: readonly Group[], graceMs = GRACE_MS): Promise<void> {
  const results = await Promise.allSettled(groups.toReversed().map((g) => g.stop(graceMs)));
  const failures = results.filter((r) => r.status === "rejected").map((r) => String(r.reason));
  if (failures.length > 0) throw new Error(failures.join("; "));
}

/** The last lines of a group's output, indented, for an error message. */
export function lastLines(group: Group, count = 30): string {
  const lines = group.lines().slice(-count);
  return lines.length === 0 ? "  (it printed nothing)" : lines.map((l) => `  ${l}`).join("\n");
}

export interface Wait {
  readonly deadlineMs: number;
  /** Waiting ends at once, with its output, if this ends. */
  readonly group?: Group;
}

/** Polls `look` until it returns a value; `what` is in the message of the failure. */
export async function waitFor<T>(
  what: string,
  look: () => Promise<T | undefined> | T | undefined,
  wait: Wait,
): Promise<T> {
  const deadline = Date.now() + wait.deadlineMs;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    const { group } = wait;
    const seconds = Math.round(wait.deadlineMs / 1000);
    const why =
      group?.hasEnded() === true
        ? `${group.name} ${await group.ended}`
        : Date.now() > deadline
          ? `nothing within ${seconds} s`
          : undefined;
    if (why !== undefined) {
      const output = group === undefined ? "" : `; ${group.name} said last:\n${lastLines(group)}`;
      throw new Error(`waited for ${what}: ${why}${output}`);
    }
    await delay(POLL_MS);
  }
}

/** The first line of the group's output that matches. */
export function waitForLine(group: Group, pattern: RegExp, deadlineMs: number): Promise<string> {
  return waitFor(`a line ${pattern} of ${group.name}`, () => group.lines().find((l) => pattern.test(l)), {
    deadlineMs,
    group,
  });
}

/**
 * Waits until a GET gets the wanted response: 200 unless `accept` says otherwise. What `accept` throws
 * ends the waiting: a response that will not change.
 */
export async function waitForHttp(
  url: string,
  wait: Wait,
  accept: (status: number, text: string) => boolean = (status) => status === 200,
): Promise<void> {
  let last = "no response";
  const look = async (): Promise<true | undefined> => {
    const response = await get(url);
    if (response === null) return undefined;
    last = `${response.status} ${response.text.slice(0, 2_000)}`;
    return accept(response.status, response.text) ? true : undefined;
  };
  try {
    await waitFor(url, look, wait);
  } catch (error) {
    throw new Error(`${(error as Error).message}\nthe last response of ${url}: ${last}`, {
      cause: error,
    });
  }
}

async function get(url: string): Promise<{ status: number; text: string } | null> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(5_000) });
    return { status: response.status, text: await response.text() };
  } catch {
    return null;
  }
}
