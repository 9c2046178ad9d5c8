/**
 * Do two reports say the same? Their words have to be the same, their numbers nearly so: how many calls
 * travel together depends on the moment. Pure.
 */

/** An operation more or less of one event is far more than either. */
const TOLERANCE_RATIO = 0.03;
const TOLERANCE_ABSOLUTE = 0.05;

const NUMBER = /\d[\d,]*(?:\.\d+)?/g;

/** What the second says differently from the first; empty where they agree. */
export function disagreements(first: string, second: string): string[] {
  if (wordsOf(first) !== wordsOf(second)) return ["other words"];
  const [before, after] = [numbersOf(first), numbersOf(second)];
  return before.flatMap((value, index) => {
    const other = after[index] ?? Number.NaN;
    const allowed = Math.max(TOLERANCE_ABSOLUTE, Math.abs(value) * TOLERANCE_RATIO);
    return Math.abs(other - value) <= allowed ? [] : [`${value} is now ${other}`];
  });
}

const wordsOf = (text: string) => text.replace(NUMBER, "#");
const numbersOf = (text: string) =>
  (text.match(NUMBER) ?? []).map((digits) => Number(digits.replaceAll(",", "")));
