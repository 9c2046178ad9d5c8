/** The first command of the README, as a test: `npm start -- --once`. */
import { join } from "node:path";
import { expect, it } from "vitest";
import { freePort } from "../../tools/lib/ports.ts";
import { groupMembers } from "../../tools/lib/process-groups.ts";
import { lastLines, spawnGroup } from "../../tools/lib/processes.ts";

it("the demo shows that all is well, and leaves nothing running", async () => {
  const project = join(import.meta.dirname, "../..");
  const [port, crmPort, verifierPort] = [await freePort(), await freePort(), await freePort()];
  const demo = await spawnGroup("npm start", process.execPath, [
    join(project, "tools/start.mjs"),
    "--once",
    `--port=${port}`,
    `--crm-port=${crmPort}`,
    `--verifier-port=${verifierPort}`,
  ]);
  try {
    expect(`${await demo.ended}\n${lastLines(demo)}`).toMatch(/^ended with exit code 0\n/);
    expect(groupMembers(demo.pid)).toEqual([]);
    await expect(fetch(`http://127.0.0.1:${port}/healthz`)).rejects.toThrow("fetch failed");
  } finally {
    await demo.kill9();
  }
});
