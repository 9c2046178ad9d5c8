/** The program itself, as a shell runs it. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { expect, it } from "vitest";
import { project } from "./support.ts";

// A program that starts on a busy machine takes seconds.
it("whose output nobody reads ends without a stack", { timeout: 60_000 }, async () => {
  const program = spawn(process.execPath, [join(project, "tools/relay.ts"), "simulate", "--list"]);
  // Regression: died of an error event that nobody handled, as in `npm run relay -- events | head -1`.
  program.stdout.destroy();
  const [said, [exitCode]] = await Promise.all([text(program.stderr), once(program, "exit")]);
  expect(said).toBe("");
  expect(exitCode).toBe(141);
});
