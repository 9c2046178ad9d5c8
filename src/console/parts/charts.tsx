/** Charts over time. The figures are in the page, in an attribute; `charts.client.js` draws them. */
import type { SeriesJson } from "../../api/operations/series.ts";

export const RANGES = ["hour", "day", "week", "month"] as const;
export type Range = (typeof RANGES)[number];

const NAMES: Readonly<Record<Range, string>> = { hour: "1 h", day: "24 h", week: "7 d", month: "30 d" };

/** One line of a chart; null where nothing was recorded. */
interface Line {
  readonly name: string;
  readonly values: readonly (number | null)[];
}

export function Charts({ series }: { series: SeriesJson }) {
  const sources = Object.entries(series.sources);
  const destinations = Object.entries(series.destinations);
  const seconds = series.at.map((at) => Date.parse(at) / 1000);
  const charts: readonly (readonly [string, string, readonly Line[]])[] = [
    ["In", "accepted callbacks", sources.map(([name, { accepted }]) => ({ name, values: accepted }))],
    ["Out", "deliveries", destinations.map(([name, { delivered }]) => ({ name, values: delivered }))],
    ["Refused", "refused callbacks", sources.map(([name, { refused }]) => ({ name, values: refused }))],
    [
      "Latency",
      "p95 of attempts, ms",
      destinations.map(([name, { p95_ms: p95 }]) => ({ name, values: p95 })),
    ],
  ];
  return (
    <section aria-labelledby="charts">
      <div class="head">
        <h2 id="charts">Over time</h2>
        <nav class="ranges" aria-label="Range of the charts">
          {RANGES.map((range) => (
            <a href={`/?range=${range}#charts`} aria-current={range === series.range ? "true" : undefined}>
              {NAMES[range]}
            </a>
          ))}
        </nav>
      </div>
      <div class="charts">
        {charts.map(([title, what, lines]) => (
          <figure class="chart" data-chart={JSON.stringify({ seconds, lines })}>
            <figcaption>
              {title} <span class="note">{what}</span> <span class="total">{totalOf(title, lines)}</span>
            </figcaption>
            <div class="plot" />
          </figure>
        ))}
      </div>
    </section>
  );
}

/** For whoever does not see the drawing; and at a glance for whoever does. */
function totalOf(title: string, lines: readonly Line[]): string {
  const values = lines.flatMap((line) => line.values.filter((value) => value !== null));
  if (title === "Latency") return values.length === 0 ? "none" : `at most ${Math.max(...values)}`;
  return `${values.reduce((sum, value) => sum + value, 0)} in all`;
}
