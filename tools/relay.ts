/** `npm run relay -- <command>`: the one program for operators and developers (docs/cli.md). */
import { EXIT } from "./lib/cli/exit-codes.ts";
import { terminalIo } from "./lib/cli/io.ts";
import { relay } from "./lib/cli/program.ts";

// `… | head`, or a pager that was left: nobody reads on, so there is nothing to go on for.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit(EXIT.unread);
});

// Not `process.exit`: servers go on, and output that a pipe has not taken yet is not cut off.
process.exitCode = await relay(process.argv.slice(2), terminalIo());
