/**
 * Which processes of a group are alive, and a signal for all of them.
 *
 * A killed parent's children may remain as zombies that nobody reaps (containers without an init):
 * they are dead, hold no port, and must not count. On Linux /proc shows it; elsewhere the result of
 * signal 0 has to do.
 */
import { readdirSync, readFileSync } from "node:fs";

/** The group's processes that are neither gone nor zombies, by pid. */
export function groupMembers(group: number): number[] {
  if (process.platform !== "linux") {
    try {
      process.kill(-group, 0);
      return [group];
    } catch {
      return [];
    }
  }
  const members: number[] = [];
  for (const entry of readdirSync("/proc")) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      // "pid (name) state ppid pgrp …": the name may hold spaces and brackets, so from the last one.
      const stat = readFileSync(`/proc/${entry}/stat`, "utf8");
      const [state, , pgrp] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      if (Number(pgrp) === group && !isGone(entry, state)) members.push(Number(entry));
    } catch {
      // It ended while we looked.
    }
  }
  return members;
}

/** A zombie may have threads that still run, and hold locks on files until they are gone too. */
function isGone(pid: string, state: string | undefined): boolean {
  if (state === "Z") return readdirSync(`/proc/${pid}/task`).length <= 1;
  return state === "X";
}

/** False if there is no such group any more. */
export function signalGroup(group: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(-group, signal);
    return true;
  } catch {
    return false;
  }
}
