import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, expect, it } from "vitest";
import { groupMembers } from "../../tools/lib/process-groups.ts";
import { type Group, spawnGroup, waitFor, waitForLine } from "../../tools/lib/processes.ts";

const started: Group[] = [];
afterEach(() => Promise.all(started.splice(0).map((g) => g.kill9())));

/** A process with a child of its own; `deaf` ones ignore SIGTERM. */
function family(deaf: boolean): string {
  const ignore = deaf ? `process.on("SIGTERM", () => {});` : "";
  const child = `${ignore} setInterval(() => {}, 1000); console.log("child is up");`;
  return `${ignore} require("node:child_process").spawn(process.execPath, ["-e", ${JSON.stringify(child)}], { stdio: "inherit" }); setInterval(() => {}, 1000);`;
}

async function start(deaf: boolean): Promise<Group> {
  const group = await spawnGroup("family", process.execPath, ["-e", family(deaf)]);
  started.push(group);
  await waitForLine(group, /child is up/, 10_000);
  expect(groupMembers(group.pid)).toHaveLength(2);
  return group;
}

it("ends a process with its children", async () => {
  const group = await start(false);
  await group.stop();
  expect(groupMembers(group.pid)).toEqual([]);
});

it("kills what does not end in time", async () => {
  const group = await start(true);
  await group.stop(300);
  expect(groupMembers(group.pid)).toEqual([]);
});

it("stops waiting when the process it waits for has ended, and shows what it said", async () => {
  const group = await spawnGroup("short", process.execPath, [
    "-e",
    `console.log("oh no"); process.exitCode = 3`,
  ]);
  const waiting = waitFor("a miracle", () => undefined, { deadlineMs: 10_000, group });
  await expect(waiting).rejects.toThrow(/short ended with exit code 3; short said last:\n {2}oh no/);
});

it("leaves no orphan when the parent is killed", async () => {
  const library = join(import.meta.dirname, "../../tools/lib/processes.ts");
  const parent = `
    const { spawnGroup, waitForLine } = await import(${JSON.stringify(library)});
    const group = await spawnGroup("family", process.execPath, ["-e", ${JSON.stringify(family(true))}]);
    await waitForLine(group, /child is up/, 10_000);
    process.stdout.write(String(group.pid), () => process.kill(process.pid, "SIGKILL"));
  `;
  const node = join(import.meta.dirname, "../../node_modules/node/bin/node");
  const died = await promisify(execFile)(node, ["--input-type=module", "-e", parent]).catch(
    (error: { signal: string; stdout: string }) => error,
  );
  expect(died).toMatchObject({ signal: "SIGKILL" });
  const pid = Number(died.stdout);
  expect(pid).toBeGreaterThan(1);
  await waitFor("the family's end", () => (groupMembers(pid).length === 0 ? true : undefined), {
    deadlineMs: 10_000,
  });
});
