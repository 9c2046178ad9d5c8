/**
 * The workloads of `npm run bench`: what is sent, and what is counted. Each makes one round of one subject;
 * rounds.ts interleaves them.
 */
import { setTimeout as delay } from "node:timers/promises";
import { type Callback, cryptopay, type CryptopayCredentials } from "../../tools/lib/callbacks.ts";
import { type Answer, Client } from "./client.ts";
import type { BenchCrm } from "./crm.ts";
import { type Figures, quantile } from "./stats.ts";
import { type DestinationOverrides, order, type Subject, type SubjectName, ACCOUNT } from "./subjects.ts";
import type { Secrets } from "../../tools/lib/secrets.ts";

export interface Bench {
  readonly crm: BenchCrm;
  readonly who: CryptopayCredentials;
  readonly secrets: Secrets;
  /** A short run: an order of magnitude, no more. */
  readonly quick: boolean;
}

export interface Workload {
  readonly name: string;
  readonly title: string;
  readonly subjects: readonly SubjectName[];
  readonly rounds: (quick: boolean) => number;
  /** A subject of its own for each round: the round leaves too much behind. */
  readonly fresh?: boolean;
  readonly overrides?: DestinationOverrides;
  /** Before the first round. */
  readonly prepare?: (subject: Subject, bench: Bench) => Promise<void>;
  /** One round; rates per second, times in ms, CPU in µs per event. */
  readonly round: (subject: Subject, bench: Bench, round: number) => Promise<Figures>;
}

const CONNECTIONS = 32;
/** Compiling, opening databases and connections: not what is measured. */
const WARM_UP_EVENTS = 300;
/** What is still to be written after the last event has arrived: settlements, acknowledgements. */
const AFTERWARDS_MS = 500;
const ARRIVAL_DEADLINE_MS = 240_000;
/** The most the relay's configuration and its operator API take. */
const MAX_PER_SECOND = 1_000;

let made = 0;
/** A payment nobody has seen yet. */
const one = (who: CryptopayCredentials): Callback =>
  cryptopay(who, { payment: `bench-${(made += 1)}`, now: new Date() });
const fresh = (who: CryptopayCredentials, count: number): Callback[] =>
  Array.from({ length: count }, () => one(who));

const size = ({ quick }: Bench, full: number, short: number) => (quick ? short : full);
const onlyFigures = (answers: readonly Answer[]) => answers.map((a) => a.answeredAtMs - a.sentAtMs);

/** All at once, as fast as the connections allow; `wanted` is what every answer has to be. */
async function load(
  subject: Subject,
  callbacks: readonly Callback[],
  wanted: (status: number) => boolean,
): Promise<{ answers: Answer[]; seconds: number; cpuMicros: number }> {
  const client = new Client(subject.url, CONNECTIONS);
  try {
    const [before, from] = [subject.cpuMicros(), performance.now()];
    const answers = await client.closedLoop(callbacks, CONNECTIONS);
    const seconds = (performance.now() - from) / 1_000;
    const wrong = answers.filter(({ status }) => !wanted(status));
    if (wrong.length > 0) {
      throw new Error(
        `${subject.name}: ${wrong.length} of ${answers.length} answers were ${wrong[0]?.status}`,
      );
    }
    return { answers, seconds, cpuMicros: subject.cpuMicros() - before };
  } finally {
    client.close();
  }
}

const isSuccess = (status: number) => status >= 200 && status < 300;
/** 429: the relay's limit of refused requests, which is a refusal as well. */
const isRefusal = (status: number) => status >= 400 && status < 500;

async function loadFigures(
  subject: Subject,
  callbacks: readonly Callback[],
  wanted = isSuccess,
): Promise<Figures> {
  const { answers, seconds, cpuMicros } = await load(subject, callbacks, wanted);
  const times = onlyFigures(answers);
  return {
    perSecond: callbacks.length / seconds,
    cpuMicros: cpuMicros / callbacks.length,
    p50: quantile(times, 0.5),
    p99: quantile(times, 0.99),
  };
}

async function warmUpHeld(subject: Subject, { who }: Bench): Promise<void> {
  await subject.hold();
  await load(subject, fresh(who, WARM_UP_EVENTS), isSuccess);
}

async function warmUp(subject: Subject, { who, crm }: Bench): Promise<void> {
  crm.forget();
  await load(subject, fresh(who, WARM_UP_EVENTS), isSuccess);
  await arrived(subject, crm, WARM_UP_EVENTS);
}

async function arrived(subject: Subject, crm: BenchCrm, count: number): Promise<void> {
  if (!(await crm.until(count, ARRIVAL_DEADLINE_MS))) {
    throw new Error(`${subject.name}: ${crm.arrivedAtMs.size} of ${count} events arrived`);
  }
}

/** From the first of these to the last arrival, and the CPU of all of it. */
async function untilArrived(
  subject: Subject,
  { crm }: Bench,
  count: number,
  work: () => Promise<unknown>,
): Promise<Figures> {
  const [before, from] = [subject.cpuMicros(), performance.now()];
  await work();
  await arrived(subject, crm, count);
  const seconds = (Math.max(...crm.arrivedAtMs.values()) - from) / 1_000;
  await delay(AFTERWARDS_MS);
  const cpuMicros = (subject.cpuMicros() - before) / count;
  return { perSecond: count / seconds, cpuMicros, seconds };
}

const STORM_EVENTS = 200;
const stormOf = new Map<Subject, string[]>();

function endToEnd(rate: number): Workload {
  return {
    name: `e2e-${rate}`,
    title: `End to end at ${rate} callbacks a second`,
    subjects: ["relay", "pipeline floor", "BullMQ"],
    rounds: (quick) => (quick ? 1 : 3),
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
        await arrived(subject, crm, count);
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

function latencies(answers: readonly Answer[], crm: BenchCrm): Figures {
  const times = answers.flatMap(({ eventId, sentAtMs, answeredAtMs }) => {
    const at = crm.arrivedAtMs.get(eventId ?? "");
    // The CRM may have it before the provider has read the answer.
    return at === undefined ? [] : [{ whole: at - sentAtMs, after: Math.max(0, at - answeredAtMs) }];
  });
  const answered = onlyFigures(answers);
  const whole = times.map((time) => time.whole);
  const after = times.map((time) => time.after);
  return {
    p50: quantile(whole, 0.5),
    p99: quantile(whole, 0.99),
    after50: quantile(after, 0.5),
    after99: quantile(after, 0.99),
    answer50: quantile(answered, 0.5),
    answer99: quantile(answered, 0.99),
  };
}

export const WORKLOADS: readonly Workload[] = [
  {
    name: "accept",
    title: "Accept, nothing delivered",
    subjects: ["relay", "accept floor", "BullMQ"],
    rounds: (quick) => (quick ? 2 : 5),
    prepare: warmUpHeld,
    round: async (subject, bench) => await loadFigures(subject, fresh(bench.who, size(bench, 4_000, 800))),
  },
  {
    name: "deliver",
    title: "Accepted and delivered, full load",
    subjects: ["relay", "pipeline floor", "BullMQ"],
    rounds: (quick) => (quick ? 2 : 5),
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
    async prepare(subject, bench) {
      await warmUpHeld(subject, bench);
      const payments = Array.from({ length: STORM_EVENTS }, () => `bench-${(made += 1)}`);
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
    fresh: true,
    async round(subject, bench) {
      const { crm, who } = bench;
      const count = size(bench, 10_000, 1_000);
      crm.forget();
      await load(subject, fresh(who, count), isSuccess);
      await arrived(subject, crm, count);
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

/** The events of these payments in turn, signed anew as a provider's retry is. */
function repeats({ who }: Bench, payments: readonly string[], count: number): Callback[] {
  return Array.from({ length: count }, (_, index) =>
    cryptopay(who, { payment: payments[index % payments.length] ?? "", now: new Date() }),
  );
}
