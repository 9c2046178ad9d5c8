/** How `relay` ends, for scripts (docs/cli.md#exit-codes). */

export const EXIT = {
  /** Done, and everything is as it should be. */
  ok: 0,
  /** Done, and what was looked at is not as it should be, or a part of an order failed. */
  problems: 1,
  /** The command line is wrong: nothing was done. */
  usage: 2,
  /** The relay refused the request: a wrong token, an unknown id, nothing that could be ordered. */
  refused: 3,
  /** The relay, or a program that is needed, cannot be reached or failed. */
  unreachable: 4,
  /** A question was answered with no, or could not be asked: nothing was done. */
  declined: 5,
  /** Nobody reads the output any more (`… | head`); the number that shells show for it (128 and SIGPIPE). */
  unread: 141,
} as const;

/** Ends a command: said in words, without a stack. Anything else that is thrown is a mistake of this program. */
export class CliError extends Error {
  readonly exitCode: number;
  /** Particulars, one a line. */
  readonly problems: readonly string[];

  constructor(exitCode: number, message: string, problems: readonly string[] = []) {
    super(message);
    this.exitCode = exitCode;
    this.problems = problems;
  }
}
