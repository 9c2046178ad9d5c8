/** Everything a command has of the world around it, so that tests can stand in for the terminal. */
import { join } from "node:path";
import { styleText } from "node:util";
import { confirm, isCancel } from "@clack/prompts";

export type Style = Parameters<typeof styleText>[0];

export interface Io {
  /** A line of the result (standard output). */
  readonly out: (text: string) => void;
  /** A line about the work (standard error). */
  readonly err: (text: string) => void;
  /** Replaces the last line of progress on a terminal; elsewhere nothing. Null takes it away. */
  readonly progress: (text: string | null) => void;
  /** Standard output shows colours. */
  readonly hasColours: boolean;
  /** Somebody is there to answer a question. */
  readonly canAsk: boolean;
  readonly confirm: (question: string) => Promise<boolean>;
  readonly env: NodeJS.ProcessEnv;
  /** The folder of the project. */
  readonly project: string;
  /** The folder that file names of the command line are relative to. */
  readonly cwd: string;
  readonly now: () => number;
  readonly stdin: () => Promise<Uint8Array>;
}

export function terminalIo(): Io {
  const { stdout, stderr, stdin, env } = process;
  const clear = "\r\u001B[2K";
  return {
    out: (text) => void stdout.write(`${text}\n`),
    err: (text) => void stderr.write(`${text}\n`),
    progress: (text) => {
      if (stderr.isTTY) stderr.write(clear + (text ?? ""));
    },
    hasColours: stdout.isTTY && stdout.hasColors() && !env["NO_COLOR"],
    canAsk: stdin.isTTY && stdout.isTTY,
    confirm: async (message) => {
      const answer = await confirm({ message, initialValue: false });
      return !isCancel(answer) && answer;
    },
    env,
    project: join(import.meta.dirname, "../../.."),
    // npm changes into the project's folder and says where it was called.
    cwd: env["INIT_CWD"] ?? process.cwd(),
    now: () => Date.now(),
    stdin: async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of stdin) chunks.push(chunk as Buffer);
      return Buffer.concat(chunks);
    },
  };
}

/** `text` in a style, where colours are shown. */
export function paint(io: Pick<Io, "hasColours">, style: Style, text: string): string {
  return io.hasColours ? styleText(style, text, { validateStream: false }) : text;
}

/** One result: as JSON for programs, else as `human` words it. */
export function show(io: Io, isJson: boolean, result: unknown, human: () => string): void {
  io.out(isJson ? JSON.stringify(result, null, 2) : human());
}
