/** A row of bars as tall as a line of text: how something went, beside the figure that says how much it was. */
import type { SeriesJson } from "../../api/operations/series.ts";
import { countText } from "./text.ts";

const BAR = 5;
const GAP = 1;
const HEIGHT = 18;
/** What is more than nothing is seen. */
const LEAST = 2;

type Values = readonly (number | null)[];

/** The last hour: `412/h`, and how it went. */
export function Trend({ values, max }: { values: Values; max: number }) {
  return (
    <span class="trend">
      <Sparkline values={values} max={max} />
      <span class="figure">{countText(totalOf(values))}/h</span>
    </span>
  );
}

/** Not for whoever listens: the figure beside it says the same. */
function Sparkline({ values, max }: { values: Values; max: number }) {
  const width = values.length * (BAR + GAP) - GAP;
  return (
    <svg class="spark" viewBox={`0 0 ${width} ${HEIGHT}`} width={width} height={HEIGHT} aria-hidden="true">
      {values.map((value, at) => {
        const height = value === null || value === 0 ? 1 : Math.max(LEAST, (value / max) * HEIGHT);
        return (
          <rect
            x={at * (BAR + GAP)}
            y={HEIGHT - height}
            width={BAR}
            height={height}
            class={value === null ? "unknown" : value === 0 ? "zero" : undefined}
          />
        );
      })}
    </svg>
  );
}

/** All steps together; those in which nothing was recorded count for nothing. */
export function totalOf(values: Values): number {
  return values.reduce<number>((sum, value) => sum + (value ?? 0), 0);
}

/** The tallest bar of a column of them, so that they can be compared. */
export function tallest(of: readonly Values[]): number {
  return Math.max(1, ...of.flatMap((values) => values.map((value) => value ?? 0)));
}

/** Of the last hour, as many steps as a chart of it has. */
export function valuesOf(series: SeriesJson, values: Values | undefined): Values {
  return values ?? series.at.map(() => null);
}
