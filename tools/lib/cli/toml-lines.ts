/** On which line of a TOML file a setting stands: a problem is named by its path, and people look for lines. Pure. */
import { type AST, getStaticTOMLValue, ParseError, parseTOML } from "toml-eslint-parser";

export type TomlPath = readonly (string | number)[];

export interface TomlFile {
  readonly value: Readonly<Record<string, unknown>>;
  /** The line (from 1) of the setting, or of the nearest table around it; null: nothing of it is in the file. */
  lineOf(path: TomlPath): number | null;
}

/** @throws TomlError for what is not TOML */
export function readToml(text: string): TomlFile {
  const program = parsed(text);
  const lines = new Map<string, number>();
  const note = (path: TomlPath, node: AST.TOMLNode) => {
    // The first mention wins: a table's own heading, not what adds to it further down.
    for (let length = 1; length <= path.length; length += 1) {
      const key = keyOf(path.slice(0, length));
      if (!lines.has(key)) lines.set(key, node.loc.start.line);
    }
  };
  const visitValue = (path: TomlPath, value: AST.TOMLContentNode): void => {
    if (value.type === "TOMLArray") {
      for (const [index, element] of value.elements.entries()) {
        note([...path, index], element);
        visitValue([...path, index], element);
      }
    }
    if (value.type === "TOMLInlineTable") for (const entry of value.body) visitEntry(path, entry);
  };
  const visitEntry = (under: TomlPath, { key, value }: AST.TOMLKeyValue): void => {
    const path = [...under, ...key.keys.map((part) => (part.type === "TOMLBare" ? part.name : part.value))];
    note(path, key);
    visitValue(path, value);
  };
  const [top] = program.body;
  for (const node of top.body) {
    if (node.type === "TOMLKeyValue") visitEntry([], node);
    else {
      note(node.resolvedKey, node);
      for (const entry of node.body) visitEntry(node.resolvedKey, entry);
    }
  }
  return {
    value: getStaticTOMLValue(program),
    lineOf: (path) => {
      for (let length = path.length; length > 0; length -= 1) {
        const line = lines.get(keyOf(path.slice(0, length)));
        if (line !== undefined) return line;
      }
      return null;
    },
  };
}

/** An index and a name of digits are the same: a problem's path has texts only. */
const keyOf = (path: TomlPath) => JSON.stringify(path.map(String));

/** A file that is not TOML, with where it stops being so. */
export class TomlError extends Error {
  readonly line: number;

  constructor(line: number, message: string) {
    super(message);
    this.line = line;
  }
}

function parsed(text: string): AST.TOMLProgram {
  try {
    return parseTOML(text);
  } catch (error) {
    if (error instanceof ParseError) throw new TomlError(error.lineNumber, error.message);
    throw error;
  }
}
