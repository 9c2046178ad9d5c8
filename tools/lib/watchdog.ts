/**
 * The last resort against orphans: a process that outlives its parent by a moment.
 *
 * The parent writes the process groups it starts (`+123`) and ends (`-123`) to this program's
 * standard input. When the pipe closes, the parent is gone, however it died (even by SIGKILL): what
 * it left is killed. Started by processes.ts, never by hand.
 */
import { createInterface } from "node:readline";
import { signalGroup } from "./process-groups.ts";

const groups = new Set<number>();
const lines = createInterface({ input: process.stdin });
lines.on("line", (line) => {
  const group = Number(line.slice(1));
  if (line.startsWith("+")) groups.add(group);
  else groups.delete(group);
});
lines.on("close", () => {
  for (const group of groups) signalGroup(group, "SIGKILL");
  process.exit(0);
});
// The parent decides when this ends, not the terminal.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => {});
