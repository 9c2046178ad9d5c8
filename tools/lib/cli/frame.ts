/** What all commands of `relay` share: `--json`, the relay's address, examples in the help, and how they end. */
import { Command, CommanderError } from "commander";
import { CliError, EXIT } from "./exit-codes.ts";
import { type Io, paint } from "./io.ts";
import type { Connection } from "./relay-api.ts";

export interface Common {
  readonly json: boolean;
}

/** A command with its options read. What it gives is its exit code; nothing: 0. */
type Action<O> = (options: O & Common, ...args: string[]) => Promise<number | void>;

export class Frame {
  readonly io: Io;
  readonly program = new Command("relay");
  exitCode: number = EXIT.ok;
  #isJson = false;

  constructor(io: Io) {
    this.io = io;
    this.program
      .description("Set up, inspect, operate and try out psp-relay")
      .exitOverride()
      .configureOutput({
        writeOut: (text) => io.out(text.trimEnd()),
        // Said once, by `run`, in the form that was asked for.
        writeErr: () => undefined,
      });
  }

  /** A new command. `usage` is its name and arguments; each example is a command line without `npm run`. */
  add<O extends object>(
    usage: string,
    summary: string,
    options: (command: Command) => Command,
    action: Action<O>,
    examples: readonly string[],
  ): void {
    const command = this.program.command(usage).description(summary).exitOverride();
    options(command).option("--json", "print the result as JSON", false);
    command.configureOutput(this.program.configureOutput());
    const lines = examples.map((example) => `  npm run relay -- ${example}`);
    command.addHelpText("after", `\nExamples:\n${lines.join("\n")}\n\nExit codes: docs/cli.md`);
    command.action(async (...given: unknown[]) => {
      const args = given.slice(0, -2).filter((arg) => arg !== undefined) as string[];
      const read = given.at(-2) as O & Common;
      this.#isJson = read.json;
      this.exitCode = (await action(read, ...args)) ?? EXIT.ok;
    });
  }

  /** Runs one command line (without node and the program's name). Never throws for what a user did. */
  async run(argv: readonly string[]): Promise<number> {
    this.#isJson = argv.includes("--json");
    try {
      await this.program.parseAsync([...argv], { from: "user" });
      return this.exitCode;
    } catch (error) {
      return this.#end(error);
    } finally {
      this.io.progress(null);
    }
  }

  #end(error: unknown): number {
    if (error instanceof CommanderError) {
      // Help and version end so as well; a bare `relay` prints its help and has done nothing.
      if (error.exitCode === 0) return EXIT.ok;
      const message = error.message.replace(/^error: /, "");
      if (error.code === "commander.help") {
        this.io.err(this.program.helpInformation());
        return EXIT.usage;
      }
      return this.#fail(new CliError(EXIT.usage, message, ["--help says what there is"]));
    }
    if (error instanceof CliError) return this.#fail(error);
    throw error;
  }

  #fail({ exitCode, message, problems }: CliError): number {
    if (this.#isJson) {
      this.io.out(JSON.stringify({ error: message, problems, exit_code: exitCode }, null, 2));
    } else {
      this.io.err(paint(this.io, "red", message));
      for (const problem of problems) this.io.err(`  ${problem}`);
    }
    return exitCode;
  }
}

/** Options of a command that talks to a relay. */
export function connecting(command: Command): Command {
  return command
    .option("--url <url>", "the relay (RELAY_URL, else http://127.0.0.1:8787)")
    .option("--token <token>", "its ADMIN_TOKEN (better in RELAY_TOKEN: other users see command lines)");
}

export type Connected<O = object> = O & Connection;
