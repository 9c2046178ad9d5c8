/** The first command of the README, as a test: `npm start -- --once`. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { freePort } from "../../tools/lib/ports.ts";
import { groupMembers } from "../../tools/lib/process-groups.ts";
import { lastLines, spawnGroup, waitFor } from "../../tools/lib/processes.ts";

/** Of a start with its installation; a machine that does nothing else needs seconds. */
const LINK_DEADLINE_MS = 120_000;
const project = join(import.meta.dirname, "../..");

async function demo(...options: readonly string[]) {
  const [port, crmPort, verifierPort] = [await freePort(), await freePort(), await freePort()];
  const group = await spawnGroup("npm start", process.execPath, [
    join(project, "tools/start.mjs"),
    ...options,
    `--port=${port}`,
    `--crm-port=${crmPort}`,
    `--verifier-port=${verifierPort}`,
  ]);
  return { group, relay: `http://127.0.0.1:${port}`, crm: `http://127.0.0.1:${crmPort}` };
}

it("the demo shows that all is well, and leaves nothing running", async () => {
  const { group, relay } = await demo("--once");
  try {
    expect(`${await group.ended}\n${lastLines(group)}`).toMatch(/^ended with exit code 0\n/);
    expect(groupMembers(group.pid)).toEqual([]);
    await expect(fetch(`${relay}/healthz`)).rejects.toThrow("fetch failed");
  } finally {
    await group.kill9();
  }
});

it("the console's link is printed when the sample events are on it, and signs in", async () => {
  const state = mkdtempSync(join(tmpdir(), "psp-relay-demo-test-"));
  const { group, relay, crm } = await demo(`--state=${state}`);
  try {
    const link = await waitFor(
      "the console's link",
      () => /Console {2}(http\S+)/.exec(lastLines(group))?.[1],
      { deadlineMs: LINK_DEADLINE_MS, group },
    );
    const signedIn = await fetch(link, { redirect: "manual" });
    expect(signedIn.headers.get("location")).toBe("/");
    const cookie = signedIn.headers.get("set-cookie")?.split(";")[0] ?? "";
    const page = async (path: string) => await (await fetch(relay + path, { headers: { cookie } })).text();
    // At once: nothing is waited for.
    expect(await page("/")).toContain("Newest payments");
    const listed = await page("/payments");
    const received = (await (await fetch(`${crm}/received`)).json()) as { id: string }[];
    expect(received.length).toBeGreaterThan(0);
    // The charts as well, as soon as they are brought up to date.
    await waitFor("the charts", async () => (/\b[1-9]\d*\/h/.test(await page("/")) ? true : undefined), {
      deadlineMs: LINK_DEADLINE_MS,
      group,
    });
    for (const { id } of received) {
      const event = await fetch(`${relay}/events/${id}`, { headers: { cookie }, redirect: "manual" });
      const payment = /pay_[0-9a-f]{32}/.exec(event.headers.get("location") ?? "")?.[0];
      expect(listed).toContain(payment ?? id);
    }
  } finally {
    await group.kill9();
    rmSync(state, { recursive: true, force: true });
  }
});
