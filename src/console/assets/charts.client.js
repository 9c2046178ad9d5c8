/** Draws the charts of a page (`parts/charts.tsx`) with uPlot, in the colours of the style sheet. */

const HEIGHT_PX = 132;
const COLOURS = ["--accent", "--good", "--hold", "--odd", "--bad", "--wait"];

/** @type {Map<Element, import("uplot")>} */
const drawn = new Map();

/** @param {string} name */
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** Fewer values than this are seen as points: a line needs two. */
const FEW = 12;
const DAY_SECONDS = 86_400;

/** Times of day, or days where the chart is longer: in UTC or in local time, as all times of the console. */
function timesOf(/** @type {number[]} */ seconds) {
  const isLong = (seconds.at(-1) ?? 0) - (seconds[0] ?? 0) > 2 * DAY_SECONDS;
  const timeZone = localStorage.getItem("console-zone") === "local" ? undefined : "UTC";
  const format = new Intl.DateTimeFormat("en-GB", {
    timeZone,
    ...(isLong ? { day: "2-digit", month: "short" } : { hour: "2-digit", minute: "2-digit" }),
  });
  return (/** @type {number} */ second) => format.format(second * 1000);
}

/** @param {HTMLElement} figure */
function draw(figure) {
  const plot = figure.querySelector(".plot");
  if (!(plot instanceof HTMLElement)) return;
  /** @type {{ seconds: number[], lines: { name: string, values: (number | null)[] }[] }} */
  const { seconds, lines } = JSON.parse(figure.dataset.chart ?? "{}");
  const axis = {
    stroke: colour("--soft"),
    grid: { stroke: colour("--line"), width: 1 },
    ticks: { show: false },
  };
  const timeOf = timesOf(seconds);
  plot.replaceChildren();
  const chart = new uPlot(
    {
      width: plot.clientWidth,
      height: HEIGHT_PX,
      cursor: { y: false },
      legend: { show: lines.length > 0 },
      scales: { y: { range: (_chart, _least, most) => [0, Math.max(1, most)] } },
      axes: [
        { ...axis, size: 24, values: (_chart, splits) => splits.map(timeOf) },
        {
          ...axis,
          size: 38,
          incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000, 50000],
        },
      ],
      series: [
        { label: "at", value: (_chart, second) => (second === null ? "" : timeOf(second)) },
        ...lines.map(({ name, values }, at) => ({
          label: name,
          stroke: colour(COLOURS[at % COLOURS.length] ?? "--accent"),
          width: 1.5,
          points: {
            show: values.filter((value) => value !== null).length < FEW,
            fill: colour("--panel"),
          },
        })),
      ],
    },
    [seconds, ...lines.map(({ values }) => values)],
    plot,
  );
  drawn.get(figure)?.destroy();
  drawn.set(figure, chart);
}

function drawAll() {
  for (const [figure, chart] of drawn) {
    if (figure.isConnected) continue;
    chart.destroy();
    drawn.delete(figure);
  }
  for (const figure of document.querySelectorAll("[data-chart]")) {
    if (figure instanceof HTMLElement) draw(figure);
  }
}

// A frame later: the page is read while its charts are drawn. Their places are kept free for them by the style sheet.
requestAnimationFrame(() => setTimeout(drawAll));
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
// Parts were fetched anew, or the zone of times was switched (`console.client.js`).
document.addEventListener("shown", drawAll);
let resizing = 0;
window.addEventListener("resize", () => {
  clearTimeout(resizing);
  resizing = setTimeout(drawAll, 150);
});
