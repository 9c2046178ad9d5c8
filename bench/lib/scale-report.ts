/** The measured section of docs/scale.md. Pure. */
import { type Machine, machineLine } from "./machine.ts";
import { markdownTable } from "./markdown.ts";
import type { OperationFigures } from "./scale-operations.ts";
import type { Size } from "./scale-subject.ts";

export interface Column {
  readonly size: Size;
  readonly bytes: number;
  readonly operations: readonly OperationFigures[];
}

export function scaleReport(on: Machine, columns: readonly Column[]): string {
  const names = [...new Set(columns.flatMap(({ operations }) => operations.map(({ name }) => name)))];
  const rows = names.map((name) => [
    name,
    ...columns.map(({ operations }) => {
      const found = operations.find((operation) => operation.name === name);
      return found ? `${whole(found.ms, 1)} ms, ${whole(found.rowsRead)} / ${whole(found.rowsWritten)}` : "";
    }),
  ]);
  const heading = columns.map(
    ({ size: { delivered, owed } }) => `${whole(delivered)} delivered, ${whole(owed)} owed`,
  );
  const largest = columns.at(-1);
  const stored = largest ? largest.size.delivered + largest.size.owed : 0;
  const each =
    largest && stored > 0
      ? `An event takes ${whole(largest.bytes / stored)} bytes on disk (${whole(stored)} events, ${whole(largest.bytes / 1e6)} MB).`
      : "";
  return [
    `${machineLine(on)}.`,
    "Milliseconds as seen over HTTP (about one of them is the way), rows read / written.",
    markdownTable(["one shard", ...heading], rows),
    each,
  ].join("\n\n");
}

function whole(value: number, decimals = 0): string {
  return value.toLocaleString("en", { maximumFractionDigits: decimals });
}
