/** Charts: what came in and went out over the last hour, day, week or month. */
import { z } from "zod";
import { activityOf } from "../../activity/client.ts";
import { sumOf, type DestinationPoint, type SourcePoint } from "../../activity/points.ts";
import { recordedLately } from "../../activity/record.ts";
import { stepOf, type TimedPoint } from "../../activity/series.ts";
import { merged, NO_DURATIONS, quantileMs } from "../../histogram.ts";
import { DAY_MS, SERIES_LONG_STEP_MS, SERIES_STEP_MS } from "../../limits.ts";
import { instant } from "./fields.ts";
import { done, operation } from "./operation.ts";
import { instantOf } from "./views.ts";

const RANGES = {
  hour: { step: "short", ms: 3_600_000 },
  day: { step: "short", ms: DAY_MS },
  week: { step: "long", ms: 7 * DAY_MS },
  month: { step: "long", ms: 30 * DAY_MS },
} as const;

const values = z.array(z.number().nullable()).describe("one for each step; null: nothing was recorded in it");

const sourceSeries = z.object({
  accepted: values,
  duplicate: values,
  superseded: values,
  set_aside: values.describe("deferred or quarantined"),
  refused: values,
  refused_reasons: z.record(z.string(), z.int()).describe("in the whole range"),
});

const destinationSeries = z.object({
  delivered: values,
  failed: values.describe("attempts without a 2xx"),
  answers: z
    .record(z.string(), z.int())
    .describe("attempts in the whole range by result: 2xx … 5xx, or the class of failure without an answer"),
  owed: values.describe("at the end of the step"),
  p50_ms: values.describe("half of the attempts took no longer"),
  p95_ms: values,
  range_p95_ms: z.number().nullable().describe("in the whole range; null: no attempt was measured"),
});

const seriesView = z
  .object({
    range: z.enum(["hour", "day", "week", "month"]),
    step_seconds: z.int(),
    at: z.array(instant).describe("when each step begins; the last one is under way"),
    sources: z.record(z.string(), sourceSeries),
    destinations: z.record(z.string(), destinationSeries),
  })
  .meta({ id: "Series" });
export type SeriesJson = z.infer<typeof seriesView>;

export const getSeries = operation({
  id: "getSeries",
  method: "get",
  path: "/api/series",
  summary: "Charts: callbacks by source and deliveries by destination over time",
  tag: "watching",
  role: "read",
  query: z.strictObject({ range: z.enum(["hour", "day", "week", "month"]).default("hour") }),
  responses: { 200: seriesView },
  async run({ env, inbox }, { query }) {
    const { step, ms } = RANGES[query.range];
    const nowMs = Date.now();
    const activity = activityOf(env);
    if (activity) await recordedLately(activity, inbox, nowMs);
    const stepMs = step === "short" ? SERIES_STEP_MS : SERIES_LONG_STEP_MS;
    const from = stepOf(nowMs - 1, stepMs) - ms + stepMs;
    const points = (await activity?.points(step, from, nowMs)) ?? [];
    const times = Array.from({ length: ms / stepMs }, (_, index) => from + index * stepMs);
    return done(200, { range: query.range, step_seconds: stepMs / 1000, ...columns(times, points) });
  },
});

/** One column of values for each name: the form charts are drawn from. */
function columns(
  times: readonly number[],
  points: readonly TimedPoint[],
): Pick<z.infer<typeof seriesView>, "at" | "sources" | "destinations"> {
  const byTime = new Map(points.map(({ atMs, point }) => [atMs, point]));
  const steps = times.map((time) => byTime.get(time) ?? null);
  const names = (of: "sources" | "destinations") =>
    [...new Set(points.flatMap(({ point }) => Object.keys(point[of])))].sort();
  const sources = names("sources").map((name) => {
    // Recorded, and nothing of this one: zero.
    const column = (valueOf: (point: SourcePoint) => number) =>
      steps.map((step) => step && (step.sources[name] ? valueOf(step.sources[name]) : 0));
    const reasons = steps.reduce((sum, step) => sumOf(sum, step?.sources[name]?.refused ?? {}), {});
    return [
      name,
      {
        accepted: column(({ accepted }) => accepted),
        duplicate: column(({ duplicate }) => duplicate),
        superseded: column(({ superseded }) => superseded),
        set_aside: column(({ setAside }) => setAside),
        refused: column(({ refused }) => Object.values(refused).reduce((sum, count) => sum + count, 0)),
        refused_reasons: reasons,
      },
    ] as const;
  });
  const destinations = names("destinations").map((name) => {
    const column = (valueOf: (point: DestinationPoint) => number | null) =>
      steps.map((step) => step && (step.destinations[name] ? valueOf(step.destinations[name]) : 0));
    const measured: Record<string, number> = steps.reduce(
      (sum, step) => sumOf(sum, step?.destinations[name]?.results ?? {}),
      {},
    );
    // What was delivered was answered 2xx, also where the measures of it were lost with their object.
    const delivered = steps.reduce((sum, step) => sum + (step?.destinations[name]?.delivered ?? 0), 0);
    const taken = Math.max(measured["2xx"] ?? 0, delivered);
    const answers = taken > 0 ? { ...measured, "2xx": taken } : measured;
    const durations = steps.reduce(
      (sum, step) => merged(sum, step?.destinations[name]?.durations ?? NO_DURATIONS),
      NO_DURATIONS,
    );
    return [
      name,
      {
        delivered: column(({ delivered }) => delivered),
        failed: column(({ failed }) => failed),
        answers,
        owed: column(({ owed }) => owed),
        p50_ms: column(({ durations }) => quantileMs(durations, 0.5)),
        p95_ms: column((point) => quantileMs(point.durations, 0.95)),
        range_p95_ms: quantileMs(durations, 0.95),
      },
    ] as const;
  });
  return {
    at: times.map(instantOf),
    sources: Object.fromEntries(sources),
    destinations: Object.fromEntries(destinations),
  };
}
