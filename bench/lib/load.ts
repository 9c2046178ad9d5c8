/** What the workloads share: callbacks nobody has seen yet, full load, and waiting until the CRM has everything. */
import { setTimeout as delay } from "node:timers/promises";
import { type Callback, cryptopay, type CryptopayCredentials } from "../../tools/lib/callbacks.ts";
import type { Secrets } from "../../tools/lib/secrets.ts";
import { type Answer, Client } from "./client.ts";
import type { BenchCrm } from "./crm.ts";
import { type Figures, quantile } from "./stats.ts";
import type { Subject } from "./subjects.ts";

export interface Bench {
  readonly crm: BenchCrm;
  readonly who: CryptopayCredentials;
  readonly secrets: Secrets;
  /** A short run: an order of magnitude, no more. */
  readonly quick: boolean;
}

export const CONNECTIONS = 32;
/** Compiling, opening databases and connections: not what is measured. */
const WARM_UP_EVENTS = 300;
/** What is still to be written after the last event has arrived: settlements, acknowledgements. */
export const AFTERWARDS_MS = 500;
const ARRIVAL_DEADLINE_MS = 240_000;
let made = 0;
export const newName = (): string => `bench-${(made += 1)}`;
/** A payment nobody has seen yet. */
export const one = (who: CryptopayCredentials): Callback =>
  cryptopay(who, { payment: newName(), now: new Date() });
export const fresh = (who: CryptopayCredentials, count: number): Callback[] =>
  Array.from({ length: count }, () => one(who));

export const size = ({ quick }: Bench, full: number, short: number) => (quick ? short : full);
const onlyFigures = (answers: readonly Answer[]) => answers.map((a) => a.answeredAtMs - a.sentAtMs);

/** All at once, as fast as the connections allow; `wanted` is what every answer has to be. */
export async function load(
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

export const isSuccess = (status: number) => status >= 200 && status < 300;
/** 429: the relay's limit of refused requests, which is a refusal as well. */
export const isRefusal = (status: number) => status >= 400 && status < 500;

export async function loadFigures(
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

export async function warmUpHeld(subject: Subject, { who }: Bench): Promise<void> {
  await subject.hold();
  await load(subject, fresh(who, WARM_UP_EVENTS), isSuccess);
}

export async function warmUp(subject: Subject, { who, crm }: Bench): Promise<void> {
  crm.forget();
  await load(subject, fresh(who, WARM_UP_EVENTS), isSuccess);
  await arrived(crm, WARM_UP_EVENTS);
}

/** A subject did not deliver everything in time: the round has no figures, and what is left would disturb the next. */
export class Undelivered extends Error {
  override readonly name = "Undelivered";
  readonly arrived: number;
  readonly of: number;

  constructor(arrived: number, of: number) {
    super(`${arrived} of ${of} events arrived within ${ARRIVAL_DEADLINE_MS / 1_000} s`);
    this.arrived = arrived;
    this.of = of;
  }
}

/** @throws Undelivered */
export async function arrived(crm: Pick<BenchCrm, "until" | "arrivedAtMs">, count: number): Promise<void> {
  if (!(await crm.until(count, ARRIVAL_DEADLINE_MS))) throw new Undelivered(crm.arrivedAtMs.size, count);
}

/** From the first of these to the last arrival, and the CPU of all of it. */
export async function untilArrived(
  subject: Subject,
  { crm }: Bench,
  count: number,
  work: () => Promise<unknown>,
): Promise<Figures> {
  const [before, from] = [subject.cpuMicros(), performance.now()];
  await work();
  await arrived(crm, count);
  const seconds = (Math.max(...crm.arrivedAtMs.values()) - from) / 1_000;
  await delay(AFTERWARDS_MS);
  const cpuMicros = (subject.cpuMicros() - before) / count;
  return { perSecond: count / seconds, cpuMicros, seconds };
}

export function latencies(answers: readonly Answer[], crm: BenchCrm): Figures {
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

/** The events of these payments in turn, signed anew as a provider's retry is. */
export function repeats({ who }: Bench, payments: readonly string[], count: number): Callback[] {
  return Array.from({ length: count }, (_, index) =>
    cryptopay(who, { payment: payments[index % payments.length] ?? "", now: new Date() }),
  );
}
