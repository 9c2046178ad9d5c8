/** Rounds of one workload, interleaved: whatever slows this machine for a while slows every subject alike. */
import type { Figures } from "./stats.ts";
import type { Subject, SubjectName } from "./subjects.ts";
import { type Bench, Undelivered } from "./load.ts";
import type { Workload } from "./workloads.ts";

export interface Measured {
  readonly workload: string;
  readonly title: string;
  /** By subject, one entry a round; without a figure where it did not deliver everything. */
  readonly rounds: Readonly<Partial<Record<SubjectName, readonly Figures[]>>>;
  readonly shortfalls: readonly Shortfall[];
}

/** A round in which a subject did not deliver everything in time. */
export interface Shortfall {
  readonly subject: SubjectName;
  /** From 1. */
  readonly round: number;
  readonly arrived: number;
  readonly of: number;
}

/** What makes the command fail: a peer may be overrun, the relay has to deliver everything. */
export function shortfallsOfTheRelay(measured: readonly Measured[]): string[] {
  return measured.flatMap(({ workload, shortfalls }) =>
    shortfalls.flatMap(({ subject, round, arrived, of }) =>
      subject === "relay" ? [`${workload}, round ${round}: ${arrived} of ${of} events arrived`] : [],
    ),
  );
}

/**
 * A subject that does not deliver everything in time is stopped, and its next round has a new one.
 *
 * @param start a subject of this name, not yet warmed up
 */
export async function measure(
  workload: Workload,
  names: readonly SubjectName[],
  start: (name: SubjectName) => Promise<Subject>,
  bench: Bench,
  say: (line: string) => void,
  mostRounds: number = Number.POSITIVE_INFINITY,
): Promise<Measured> {
  const rounds: Partial<Record<SubjectName, Figures[]>> = {};
  const shortfalls: Shortfall[] = [];
  const running = new Map<SubjectName, Subject>();
  const ready = async (name: SubjectName): Promise<Subject> => {
    const found = running.get(name);
    if (found) return found;
    const subject = await start(name);
    running.set(name, subject);
    await workload.prepare?.(subject, bench);
    return subject;
  };
  const stop = async (name: SubjectName): Promise<void> => {
    const subject = running.get(name);
    running.delete(name);
    await subject?.stop();
  };
  const figuresOf = async (name: SubjectName, round: number): Promise<Figures> => {
    try {
      const figures = await workload.round(await ready(name), bench, round);
      say(`${workload.name}, round ${round + 1}, ${name}: ${shown(figures)}`);
      if (workload.fresh === true) await stop(name);
      return figures;
    } catch (error) {
      if (!(error instanceof Undelivered)) throw error;
      say(`${workload.name}, round ${round + 1}, ${name}: ${error.message}`);
      shortfalls.push({ subject: name, round: round + 1, arrived: error.arrived, of: error.of });
      await stop(name);
      return {};
    }
  };
  try {
    for (let round = 0; round < Math.min(workload.rounds(bench.quick), mostRounds); round += 1)
      for (const name of names) (rounds[name] ??= []).push(await figuresOf(name, round));
  } finally {
    await Promise.all([...running.keys()].map(stop));
  }
  return { workload: workload.name, title: workload.title, rounds, shortfalls };
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
