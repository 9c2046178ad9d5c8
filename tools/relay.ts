/** `npm run relay -- <command>`: the one program for operators and developers (docs/cli.md). */
import { terminalIo } from "./lib/cli/io.ts";
import { relay } from "./lib/cli/program.ts";

// Not `process.exit`: servers go on, and output that a pipe has not taken yet is not cut off.
process.exitCode = await relay(process.argv.slice(2), terminalIo());
