/** Rounds of one workload, interleaved: whatever slows this machine for a while slows every subject alike. */
import type { Figures } from "./stats.ts";
import { startSubject, type Subject, type SubjectName, type Surroundings } from "./subjects.ts";
import type { Bench } from "./load.ts";
import type { Workload } from "./workloads.ts";

export interface Measured {
  readonly workload: string;
  readonly title: string;
  /** By subject, one entry a round. */
  readonly rounds: Readonly<Partial<Record<SubjectName, readonly Figures[]>>>;
}

export async function measure(
  workload: Workload,
  names: readonly SubjectName[],
  around: Surroundings,
  bench: Bench,
  say: (line: string) => void,
  mostRounds: number = Number.POSITIVE_INFINITY,
): Promise<Measured> {
  const rounds: Partial<Record<SubjectName, Figures[]>> = {};
  const running = new Map<SubjectName, Subject>();
  const ready = async (name: SubjectName): Promise<Subject> => {
    const found = running.get(name);
    if (found) return found;
    const subject = await startSubject(name, around, workload.overrides);
    running.set(name, subject);
    await workload.prepare?.(subject, bench);
    return subject;
  };
  try {
    for (const name of workload.fresh === true ? [] : names) await ready(name);
    for (let round = 0; round < Math.min(workload.rounds(bench.quick), mostRounds); round += 1) {
      for (const name of names) {
        const subject = await ready(name);
        const figures = await workload.round(subject, bench, round);
        (rounds[name] ??= []).push(figures);
        say(`${workload.name}, round ${round + 1}, ${name}: ${shown(figures)}`);
        if (workload.fresh === true) {
          running.delete(name);
          await subject.stop();
        }
      }
    }
  } finally {
    await Promise.all([...running.values()].map(async (subject) => await subject.stop()));
  }
  return { workload: workload.name, title: workload.title, rounds };
}

/** A short round has about a fifth of the work. */
const QUICK_SHARE = 0.2;

/** What so many rounds take on a quiet machine, in seconds; on a busy one several times as long. */
export function expectedSeconds(
  workloads: readonly Pick<Workload, "rounds" | "roundSeconds" | "subjects">[],
  quick: boolean,
  mostRounds: number,
): number {
  const share = quick ? QUICK_SHARE : 1;
  return workloads.reduce(
    (sum, { rounds, roundSeconds, subjects }) =>
      sum + Math.min(rounds(quick), mostRounds) * subjects.length * roundSeconds * share,
    0,
  );
}

function shown(figures: Figures): string {
  return Object.entries(figures)
    .map(([name, value]) => `${name} ${value.toFixed(value < 100 ? 1 : 0)}`)
    .join(", ");
}
