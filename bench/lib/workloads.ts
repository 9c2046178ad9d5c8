/**
 * The workloads of `npm run bench`: what is sent, and what is counted. Each makes one round of one subject;
 * rounds.ts interleaves them.
 */
import { setTimeout as delay } from "node:timers/promises";
import { Client } from "./client.ts";
import {
  AFTERWARDS_MS,
  arrived,
  type Bench,
  CONNECTIONS,
  fresh,
  isRefusal,
  isSuccess,
  latencies,
  load,
  loadFigures,
  newName,
  one,
  repeats,
  size,
  untilArrived,
  warmUp,
  warmUpHeld,
} from "./load.ts";
import type { Figures } from "./stats.ts";
import { ACCOUNT, type DestinationOverrides, order, type Subject, type SubjectName } from "./subjects.ts";

export interface Workload {
  readonly name: string;
  readonly title: string;
  readonly subjects: readonly SubjectName[];
  readonly rounds: (quick: boolean) => number;
  /** What a round of one subject takes on a quiet machine, roughly, with what has to be started for it. */
  readonly roundSeconds: number;
  /** A subject of its own for each round: the round leaves too much behind. */
  readonly fresh?: boolean;
  readonly overrides?: DestinationOverrides;
  /** Before the first round. */
  readonly prepare?: (subject: Subject, bench: Bench) => Promise<void>;
  /** One round; rates per second, times in ms, CPU in µs per event. */
  readonly round: (subject: Subject, bench: Bench, round: number) => Promise<Figures>;
}

/** The most the relay's configuration and its operator API take. */
const MAX_PER_SECOND = 1_000;

const STORM_EVENTS = 200;
const stormOf = new Map<Subject, string[]>();

function endToEnd(rate: number): Workload {
  return {
    name: `e2e-${rate}`,
    title: `End to end at ${rate} callbacks a second`,
    subjects: ["relay", "pipeline floor", "BullMQ"],
    rounds: (quick) => (quick ? 1 : 3),
    roundSeconds: 24,
    prepare: warmUp,
    async round(subject, bench) {
      const { crm, who } = bench;
      crm.forget();
      const count = rate * size(bench, 20, 4);
      const client = new Client(subject.url, CONNECTIONS * 8);
      try {
        const before = subject.cpuMicros();
        const from = performance.now();
        const answers = await client.fixedRate(count, rate, () => one(who));
        const seconds = (performance.now() - from) / 1_000;
        const wrong = answers.filter(({ status }) => !isSuccess(status)).length;
        if (wrong > 0) throw new Error(`${subject.name}: ${wrong} of ${count} callbacks were not taken`);
        await arrived(crm, count);
        await delay(AFTERWARDS_MS);
        return {
          ...latencies(answers, crm),
          perSecond: count / seconds,
          cpuMicros: (subject.cpuMicros() - before) / count,
        };
      } finally {
        client.close();
      }
    },
  };
}

export const WORKLOADS: readonly Workload[] = [
  {
    name: "accept",
    title: "Accept, nothing delivered",
    subjects: ["relay", "accept floor", "BullMQ"],
    rounds: (quick) => (quick ? 2 : 5),
    roundSeconds: 6,
    prepare: warmUpHeld,
    round: async (subject, bench) => await loadFigures(subject, fresh(bench.who, size(bench, 4_000, 800))),
  },
  {
    name: "deliver",
    title: "Accepted and delivered, full load",
    subjects: ["relay", "pipeline floor", "BullMQ"],
    rounds: (quick) => (quick ? 2 : 5),
    roundSeconds: 12,
    prepare: warmUp,
    async round(subject, bench) {
      bench.crm.forget();
      const callbacks = fresh(bench.who, size(bench, 4_000, 800));
      return await untilArrived(subject, bench, callbacks.length, async () => {
        await load(subject, callbacks, isSuccess);
      });
    },
  },
  {
    name: "duplicates",
    title: "Duplicate storm: 200 events, again and again",
    subjects: ["relay", "accept floor", "BullMQ"],
    rounds: (quick) => (quick ? 2 : 5),
    roundSeconds: 5,
    async prepare(subject, bench) {
      await warmUpHeld(subject, bench);
      const payments = Array.from({ length: STORM_EVENTS }, newName);
      stormOf.set(subject, payments);
      await load(subject, repeats(bench, payments, STORM_EVENTS), isSuccess);
    },
    round: async (subject, bench) =>
      await loadFigures(subject, repeats(bench, stormOf.get(subject) ?? [], size(bench, 4_000, 800))),
  },
  {
    name: "forged",
    title: "Forged storm: signatures that do not verify",
    subjects: ["relay", "accept floor", "BullMQ"],
    rounds: (quick) => (quick ? 2 : 5),
    roundSeconds: 5,
    prepare: warmUpHeld,
    async round(subject, bench) {
      const forger = { ...bench.who, secret: "whsec_guessed" };
      return await loadFigures(subject, fresh(forger, size(bench, 4_000, 800)), isRefusal);
    },
  },
  endToEnd(50),
  endToEnd(200),
  endToEnd(500),
  {
    name: "drain",
    title: "Drain of a backlog after an outage of the CRM",
    subjects: ["relay", "BullMQ"],
    rounds: (quick) => (quick ? 1 : 2),
    roundSeconds: 60,
    fresh: true,
    overrides: { max_per_second: MAX_PER_SECOND },
    prepare: warmUp,
    async round(subject, bench) {
      const { crm, who } = bench;
      const count = size(bench, 10_000, 1_000);
      // BullMQ has no circuit breaker: it would spend its attempts, so its operator pauses it.
      if (subject.name === "BullMQ") await subject.hold();
      crm.forget();
      crm.setUp(false);
      await load(subject, fresh(who, count), isSuccess);
      crm.setUp(true);
      return await untilArrived(subject, bench, count, async () => await subject.release());
    },
  },
  {
    name: "replay",
    title: "Replay of everything delivered",
    subjects: ["relay"],
    rounds: (quick) => (quick ? 1 : 2),
    roundSeconds: 60,
    fresh: true,
    async round(subject, bench) {
      const { crm, who } = bench;
      const count = size(bench, 10_000, 1_000);
      crm.forget();
      await load(subject, fresh(who, count), isSuccess);
      await arrived(crm, count);
      await delay(AFTERWARDS_MS);
      crm.forget();
      const wanted = {
        source: `cryptopay/${ACCOUNT}`,
        from: new Date(Date.now() - 3_600_000).toISOString(),
        per_second: MAX_PER_SECOND,
      };
      return await untilArrived(subject, bench, count, async () => {
        await order(subject.url, bench.secrets, "replays", wanted);
      });
    },
  },
];
