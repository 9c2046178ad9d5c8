/** CPU time as /proc tells it. */
import { expect, it } from "vitest";
import { cpuMicrosOfStat } from "../../bench/lib/proc.ts";

/** proc(5): pid (comm) state ppid pgrp session tty tpgid flags minflt cminflt majflt cmajflt utime stime cutime … */
const stat = (name: string) =>
  `4711 (${name}) S 1 4711 4711 0 -1 4194560 1000 2000 3 4 1234 66 777 888 20 0 11 0 12345 0`;

it("adds user and system time, and leaves out that of children already gone", () => {
  expect(cpuMicrosOfStat(stat("workerd"))).toBe((1234 + 66) * 10_000);
});

it("is not misled by a name with spaces and brackets", () => {
  expect(cpuMicrosOfStat(stat("a) R 1 2 (b c"))).toBe((1234 + 66) * 10_000);
});

it("is null for what is no such line", () => {
  expect(cpuMicrosOfStat("")).toBeNull();
  expect(cpuMicrosOfStat("4711 (cut off) S 1")).toBeNull();
});
