/**
 * CPU time of a process group, from /proc: what the kernel charged to every process of the system under
 * test, whichever thread did the work. Linux only.
 */
import { readFileSync } from "node:fs";
import { groupMembers } from "../../tools/lib/process-groups.ts";

/** `USER_HZ`, the unit of times in /proc/<pid>/stat; 100 on every architecture Node runs on. */
const TICKS_PER_SECOND = 100;
const MICROS_PER_TICK = 1_000_000 / TICKS_PER_SECOND;

/** Places after the name of the process, which may hold spaces and brackets itself (proc(5): fields 14 and 15). */
const UTIME_AT = 11;
const STIME_AT = 12;

/** User and system time of a line of /proc/<pid>/stat, in µs; null if it is no such line. */
export function cpuMicrosOfStat(stat: string): number | null {
  const end = stat.lastIndexOf(")");
  if (end < 0) return null;
  const fields = stat.slice(end + 2).split(" ");
  const ticks = Number(fields[UTIME_AT]) + Number(fields[STIME_AT]);
  return Number.isFinite(ticks) ? ticks * MICROS_PER_TICK : null;
}

/** CPU time of all living processes of the group so far, in µs. */
export function cpuMicrosOf(group: number): number {
  let sum = 0;
  for (const pid of groupMembers(group)) {
    try {
      sum += cpuMicrosOfStat(readFileSync(`/proc/${pid}/stat`, "utf8")) ?? 0;
    } catch {
      // It ended while we looked.
    }
  }
  return sum;
}
