/** What a figure was measured on: without it a figure says nothing. */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { cpus, loadavg, release, totalmem } from "node:os";
import { join } from "node:path";

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGib: number;
  readonly kernel: string;
  readonly node: string;
  readonly workerd: string;
  readonly commit: string;
  readonly date: string;
  /** Runnable processes over the last minute, before the run: above 0.2 or so, others were at work. */
  readonly load: number;
}

export function machine(project: string): Machine {
  return {
    cpu: cpuModel(),
    cores: cpus().length,
    memoryGib: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    node: process.version,
    workerd: versionOf(project, "workerd"),
    commit: commitOf(project),
    date: new Date().toISOString().slice(0, 10),
    load: loadavg()[0] ?? 0,
  };
}

/** In one line. */
export function machineLine(m: Machine): string {
  return (
    `${m.cpu}, ${m.cores} cores, ${m.memoryGib} GiB, Linux ${m.kernel}, Node ${m.node}, ` +
    `workerd ${m.workerd}, commit ${m.commit}, ${m.date}, load before the run ${m.load.toFixed(2)}`
  );
}

function cpuModel(): string {
  const model = cpus()[0]?.model ?? "";
  if (model !== "" && model !== "unknown") return model;
  // Arm has no model name: the numbers of implementer and part stand for it.
  if (!existsSync("/proc/cpuinfo")) return process.arch;
  const field = (name: string) =>
    new RegExp(`^${name}\\s*:\\s*(.*)$`, "m").exec(readFileSync("/proc/cpuinfo", "utf8"))?.[1] ?? "?";
  return `${process.arch} implementer ${field("CPU implementer")} part ${field("CPU part")}`;
}

function versionOf(project: string, name: string): string {
  const file = join(project, "node_modules", name, "package.json");
  return (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version;
}

function commitOf(project: string): string {
  const git = (...args: string[]) =>
    execFileSync("git", args, { cwd: project, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
  try {
    const changed = git("status", "--porcelain", "--", "src", "bench", "wrangler.toml", "package.json");
    return git("rev-parse", "--short=10", "HEAD") + (changed === "" ? "" : " with changes");
  } catch {
    return "unknown";
  }
}
