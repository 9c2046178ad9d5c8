/**
 * Metrics as text: OpenMetrics 1.0, which Prometheus reads. Pure.
 *
 * https://github.com/prometheus/OpenMetrics/blob/main/specification/OpenMetrics.md
 */
import { countOf, type Histogram } from "../../histogram.ts";
import { HISTOGRAM_BOUNDS_MS } from "../../limits.ts";

export const OPEN_METRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8";

export type Labels = Readonly<Record<string, string>>;
/** Labels and a value of each sample. */
export type Samples<V> = readonly (readonly [labels: Labels, value: V])[];

interface Named {
  /** Without `_total` and the like, which follow from the type. */
  readonly name: string;
  readonly help: string;
}

export type Family = Named &
  (
    | { readonly type: "counter" | "gauge" | "info"; readonly samples: Samples<number> }
    /** Of durations: its name ends with `_seconds`. */
    | { readonly type: "histogram"; readonly samples: Samples<Histogram> }
  );

export function openMetrics(families: readonly Family[]): string {
  return `${families.flatMap(linesOf).join("\n")}\n# EOF\n`;
}

function linesOf(family: Family): string[] {
  const { name, type, help } = family;
  const unit = type === "histogram" ? [`# UNIT ${name} seconds`] : [];
  const head = [`# TYPE ${name} ${type}`, ...unit, `# HELP ${name} ${escaped(help)}`];
  if (family.type === "histogram")
    return [...head, ...family.samples.flatMap(([labels, value]) => bucketLines(name, labels, value))];
  const suffix = { counter: "_total", gauge: "", info: "_info" }[family.type];
  return [...head, ...family.samples.map(([labels, value]) => line(name + suffix, labels, value))];
}

/** Each bucket counts all that is up to its bound. */
function bucketLines(name: string, labels: Labels, histogram: Histogram): string[] {
  let sum = 0;
  const buckets = histogram.buckets.map((count, index) => {
    sum += count;
    const bound = HISTOGRAM_BOUNDS_MS[index];
    const le = bound === undefined ? "+Inf" : String(bound / 1000);
    return line(`${name}_bucket`, { ...labels, le }, sum);
  });
  return [
    ...buckets,
    line(`${name}_count`, labels, countOf(histogram)),
    line(`${name}_sum`, labels, histogram.sumMs / 1000),
  ];
}

function line(name: string, labels: Labels, value: number): string {
  const given = Object.entries(labels).map(([label, text]) => `${label}="${escaped(text)}"`);
  return `${name}${given.length === 0 ? "" : `{${given.join(",")}}`} ${value}`;
}

function escaped(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll('"', '\\"');
}
