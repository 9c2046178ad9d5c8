/** The tables of docs/performance.md, as Markdown. Pure. */
import { type Machine, machineLine } from "./machine.ts";
import { markdownTable } from "./markdown.ts";
import type { Measured } from "./rounds.ts";
import { type Figures, medianRatio, medians } from "./stats.ts";
import type { SubjectName } from "./subjects.ts";

export interface BenchResults {
  readonly on: Machine;
  readonly quick: boolean;
  /** Why BullMQ was left out; null: it was not. */
  readonly skipped: string | null;
  /** Names of workloads that were not run. */
  readonly omitted: readonly string[];
  readonly measured: readonly Measured[];
}

/** Columns by figure: its heading, and how many decimals mean something. */
const COLUMNS: readonly (readonly [figure: string, heading: string, decimals: number])[] = [
  ["perSecond", "events/s", 0],
  ["cpuMicros", "CPU-µs/event", 0],
  ["answer50", "request to 2xx p50, ms", 1],
  ["answer99", "p99", 1],
  ["after50", "2xx to CRM p50, ms", 1],
  ["after99", "p99", 1],
  ["p50", "p50, ms", 1],
  ["p99", "p99, ms", 1],
  ["seconds", "seconds", 1],
];

/** With which peer the relay's CPU time is compared. */
const FLOORS: readonly SubjectName[] = ["accept floor", "pipeline floor", "BullMQ"];

export function benchReport({ on, quick, skipped, omitted, measured }: BenchResults): string {
  const head = [
    `${machineLine(on)}.`,
    ...(quick ? ["A short run (`--quick`): an order of magnitude, not figures to quote."] : []),
    ...(skipped === null ? [] : [`BullMQ was left out: ${skipped}.`]),
    ...(omitted.length === 0 ? [] : [`Not run: ${omitted.join(", ")}.`]),
  ];
  return [head.join(" "), ...measured.map(workloadTable), ratios(measured)].join("\n\n");
}

function workloadTable({ title, rounds, shortfalls }: Measured): string {
  const subjects = Object.entries(rounds).map(([name, all]) => ({ name, all, figures: medians(all) }));
  const columns = COLUMNS.filter(([figure]) => subjects.some(({ figures }) => figure in figures));
  const isEndToEnd = columns.some(([figure]) => figure === "after50");
  const headings = columns.map(([figure, heading]) =>
    isEndToEnd && figure === "p50"
      ? "request to CRM p50, ms"
      : isEndToEnd && figure === "p99"
        ? "p99"
        : heading,
  );
  const rows = subjects.map(({ name, figures }) => [
    name,
    ...columns.map(([figure, , decimals]) => cell(figures, figure, decimals)),
  ]);
  const count = Math.max(...subjects.map(({ all }) => all.length));
  const late = shortfalls.map(
    ({ subject, round, arrived, of }) =>
      ` In round ${round}, ${subject} did not keep up: ${number(arrived, 0)} of ${number(of, 0)} events arrived in time. The round is left out.`,
  );
  const head = `Medians of ${count} ${count === 1 ? "round" : "rounds"}.${late.join("")}`;
  return `### ${title}\n\n${head}\n\n${markdownTable(["", ...headings], rows)}`;
}

function cell(figures: Figures, figure: string, decimals: number): string {
  const value = figures[figure];
  return value === undefined ? "" : number(value, decimals);
}

function number(value: number, decimals: number): string {
  return value.toLocaleString("en", { maximumFractionDigits: decimals });
}

/** The relay's CPU time against each peer's, and of the two storms against its own accept. */
function ratios(measured: readonly Measured[]): string {
  const rows = measured.flatMap(({ title, rounds }) =>
    FLOORS.flatMap((peer) => {
      const [relay, other] = [rounds.relay, rounds[peer]];
      if (!relay || !other) return [];
      return [[title, `against ${peer}`, times(medianRatio(relay, other, "cpuMicros"))]];
    }),
  );
  const accept = measured.find(({ workload }) => workload === "accept")?.rounds.relay;
  for (const { workload, title, rounds } of measured) {
    if (!accept || !rounds.relay || (workload !== "duplicates" && workload !== "forged")) continue;
    rows.push([
      title,
      "against an accept of the relay",
      times(medianRatio(rounds.relay, accept, "cpuMicros")),
    ]);
  }
  if (rows.length === 0) return "";
  return `### CPU time of the relay, by ratio\n\n${markdownTable(["workload", "", "ratio"], rows)}`;
}

/** @param ratio NaN: the two have no round in common */
function times(ratio: number): string {
  if (Number.isNaN(ratio)) return "no figures";
  return `${ratio.toFixed(2)} ×`;
}
