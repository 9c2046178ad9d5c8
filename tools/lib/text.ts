/** The command line and the terminal: options, checked numbers, columns, one way to abort. */
import { parseArgs, type ParseArgsConfig, stripVTControlCharacters } from "node:util";

/** Ends the program with a message and no stack: for wrong usage, not for errors of the program. */
export function giveUp(message: string): never {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}

/** The options of the command line; `--help` prints the usage, a mistake prints it after the reason. */
export function readArgs<T extends ParseArgsConfig>(
  usage: string,
  config: T,
): ReturnType<typeof parseArgs<T>> {
  if (process.argv.slice(2).some((arg) => arg === "--help" || arg === "-h")) {
    console.log(usage);
    process.exit(0);
  }
  try {
    return parseArgs(config);
  } catch (error) {
    return giveUp(`${(error as Error).message}\n\n${usage}`);
  }
}

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** `500ms`, `10s`, `2m`, `1h`; a bare number is seconds. Null when it is none of these. */
export function parseDurationMs(text: string): number | null {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text);
  if (match === null) return null;
  return Number(match[1]) * (UNITS[match[2] ?? "s"] ?? 1);
}

/** A port of the command line, or a clear refusal. */
export function parsePort(option: string, text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port < 1 || port > 65_535) {
    giveUp(`--${option} must be a port from 1 to 65535, not "${text}"`);
  }
  return port;
}

/** A whole number from `least`, or a clear refusal. */
export function parseCount(option: string, text: string, least: number): number {
  const count = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(count) || count < least) {
    giveUp(`--${option} must be a whole number from ${least}, not "${text}"`);
  }
  return count;
}

/** Rows under a heading, each column as wide as its widest cell; colours take no room. */
export function table(heading: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [heading, ...rows];
  const widthOf = (cell: string) => stripVTControlCharacters(cell).length;
  const widths = heading.map((_, column) => Math.max(...all.map((row) => widthOf(row[column] ?? ""))));
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) => cell + " ".repeat((widths[column] ?? 0) - widthOf(cell)))
      .join("  ")
      .trimEnd();
  const rule = widths.map((width) => "-".repeat(width));
  return [line(heading), line(rule), ...rows.map(line)].join("\n");
}
