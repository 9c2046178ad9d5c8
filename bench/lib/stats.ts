/** Medians, percentiles and ratios, as the reports use them. Pure. */

/** The value that `share` (0…1) of all values do not exceed, by the nearest rank; NaN of none. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const rank = Math.max(1, Math.ceil(sorted.length * share));
  return sorted[rank - 1] ?? Number.NaN;
}

/** The middle value; of an even number the mean of the two in the middle; NaN of none. */
export function median(values: readonly number[]): number {
  if (values.length === 0) return Number.NaN;
  const sorted = values.toSorted((a, b) => a - b);
  const upper = Math.floor(sorted.length / 2);
  const lower = sorted.length % 2 === 0 ? upper - 1 : upper;
  return ((sorted[lower] ?? Number.NaN) + (sorted[upper] ?? Number.NaN)) / 2;
}

/** Named figures of one round. A figure that does not apply is left out. */
export type Figures = Readonly<Record<string, number>>;

/** The median of each figure over the rounds. */
export function medians(rounds: readonly Figures[]): Figures {
  const names = [...new Set(rounds.flatMap((round) => Object.keys(round)))];
  return Object.fromEntries(
    names.map((name) => [name, median(rounds.flatMap((round) => round[name] ?? []))]),
  );
}

/**
 * The median of the ratios of rounds made side by side: what slows a whole round down, slows both. NaN
 * where one of the two has no such figure.
 */
export function medianRatio(of: readonly Figures[], to: readonly Figures[], name: string): number {
  const ratios = of.flatMap((figures, round) => {
    const [above, below] = [figures[name], to[round]?.[name]];
    return above === undefined || below === undefined || below === 0 ? [] : [above / below];
  });
  return median(ratios);
}
