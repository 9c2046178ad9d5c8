/** From operations counted to dollars. Pure. */
import {
  OBJECT_BUSY_MS,
  OBJECT_GB,
  OBJECT_SEND_MS,
  type Operation,
  PRICES,
  WORKER_CPU_MS,
} from "./prices.ts";

/** What can be counted, of any number of events. */
export interface Counts {
  readonly callbacks: number;
  readonly consumerBatches: number;
  readonly objectCalls: number;
  readonly alarmRuns: number;
  /** Calls of an object to the queue, each with one or more messages. */
  readonly objectSends: number;
  /** As the cursors of all statements tell: index entries and deletes are rows. */
  readonly rowsRead: number;
  readonly rowsWritten: number;
  /** `setAlarm` is a row; `deleteAlarm` is taken for one. */
  readonly alarmsSet: number;
  readonly queueOperations: number;
  readonly kvReads: number;
  readonly kvWrites: number;
  readonly logLines: number;
  readonly analyticsPoints: number;
}

export const NOTHING: Counts = {
  callbacks: 0,
  consumerBatches: 0,
  objectCalls: 0,
  alarmRuns: 0,
  objectSends: 0,
  rowsRead: 0,
  rowsWritten: 0,
  alarmsSet: 0,
  queueOperations: 0,
  kvReads: 0,
  kvWrites: 0,
  logLines: 0,
  analyticsPoints: 0,
};

const names = Object.keys(NOTHING) as (keyof Counts)[];
const combine = (of: (name: keyof Counts) => number): Counts =>
  Object.fromEntries(names.map((name) => [name, of(name)])) as unknown as Counts;

export const plus = (a: Counts, b: Counts): Counts => combine((name) => a[name] + b[name]);
export const minus = (a: Counts, b: Counts): Counts => combine((name) => a[name] - b[name]);
/** The share of each of so many events. */
export const each = (counts: Counts, events: number): Counts => combine((name) => counts[name] / events);

export type Bill = Readonly<Record<Operation, number>>;

/** The billed operations behind the counts. */
export function operationsOf(counts: Counts): Bill {
  const workerRequests = counts.callbacks + counts.consumerBatches;
  const objectRequests = counts.objectCalls + counts.alarmRuns;
  const busyMs = objectRequests * OBJECT_BUSY_MS + counts.objectSends * OBJECT_SEND_MS;
  return {
    workerRequests,
    workerCpuMs: workerRequests * WORKER_CPU_MS,
    objectRequests,
    objectGbSeconds: (busyMs / 1_000) * OBJECT_GB,
    rowsWritten: counts.rowsWritten + counts.alarmsSet,
    rowsRead: counts.rowsRead,
    queueOperations: counts.queueOperations,
    kvReads: counts.kvReads,
    kvWrites: counts.kvWrites,
    logLines: counts.logLines,
    analyticsPoints: counts.analyticsPoints,
  };
}

/** Dollars for a million times these operations. */
export function dollarsPerMillion(counts: Counts): number {
  const operations = operationsOf(counts);
  return (Object.keys(PRICES) as Operation[]).reduce(
    (sum, name) => sum + operations[name] * PRICES[name].dollarsPerMillion,
    0,
  );
}
