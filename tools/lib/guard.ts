/**
 * Process groups that must not outlive this process, however it ends: a second process (watchdog.ts)
 * kills those that are still guarded when this one has ended.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";

let watchdog: ChildProcess | undefined;

export function guard(group: number): void {
  tell(`+${group}`);
}

export function unguard(group: number): void {
  tell(`-${group}`);
}

function tell(message: string): void {
  if (watchdog === undefined) {
    watchdog = spawn(process.execPath, [join(import.meta.dirname, "watchdog.ts")], {
      detached: true,
      stdio: ["pipe", "ignore", "ignore"],
    });
    watchdog.on("error", () => {});
    watchdog.stdin?.on("error", () => {});
    // Neither it nor its pipe keeps us running.
    watchdog.unref();
    (watchdog.stdin as unknown as { unref?: () => void } | null)?.unref?.();
  }
  watchdog.stdin?.write(`${message}\n`);
}
