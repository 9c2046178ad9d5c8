/** What must be true of callbacks beside a CRM that hangs. Pure. */
import { quantile } from "../flood/judge.ts";
import type { Taken } from "./crm.ts";

/** A callback as its sender saw it. */
export interface Answered {
  readonly status: number;
  readonly eventId: string | null;
  readonly ms: number;
}

export interface Outcome {
  /** While the CRM answered at once, and while it hung with `wanted` attempts open. */
  readonly calm: readonly Answered[];
  readonly hung: readonly Answered[];
  /** All others that were accepted: to warm up, and to open attempts. */
  readonly others: readonly Answered[];
  /** Fewest attempts that were open while `hung` were sent, and the most ever. */
  readonly leastOpen: number;
  readonly mostOpen: number;
  /** The destination's `max_in_flight`, all of which should hang. */
  readonly wanted: number;
  /** How long an attempt may hang: a callback that waited for one would take as long (ms). */
  readonly attemptMs: number;
  readonly taken: readonly Taken[];
}

/** The share of an attempt's time-out that no callback may take to be answered. */
const WAITED_RATIO = 0.2;

/** Every violation, in words; none if all is well. */
export function violations(outcome: Outcome): string[] {
  const { calm, hung, others, leastOpen, mostOpen, wanted, attemptMs, taken } = outcome;
  const all = [...calm, ...hung, ...others];
  const refused = all.filter(({ status }) => status !== 200);
  const slow = hung.filter(({ ms }) => ms > WAITED_RATIO * attemptMs);
  const times = Map.groupBy(taken, ({ id }) => id);
  const missing = all.filter(({ eventId }) => eventId !== null && !times.has(eventId));
  const disordered = [...Map.groupBy(taken, ({ payment }) => payment)].filter(([, of]) =>
    of.some(({ sequence }, index) => sequence !== index + 1),
  );
  return [
    ...refused.map(({ status }) => `a callback was answered ${status}`),
    ...slow.map(({ ms }) => `a callback was answered after ${Math.round(ms)} ms beside a CRM that hangs`),
    ...(leastOpen < wanted ? [`only ${leastOpen} attempts hung, not ${wanted}`] : []),
    ...(mostOpen > wanted ? [`${mostOpen} attempts were open at once, ${wanted} are allowed`] : []),
    ...missing.map(({ eventId }) => `${eventId} was not delivered when the CRM answered again`),
    ...[...times].filter(([, of]) => of.length > 1).map(([id, of]) => `${id} was taken ${of.length} times`),
    ...disordered.map(([payment]) => `${payment} came out of order`),
  ];
}

export function figures(outcome: Outcome): Record<string, string> {
  const [calm, hung] = [outcome.calm, outcome.hung].map((sent) => sent.map(({ ms }) => ms)) as [
    number[],
    number[],
  ];
  const at = (share: number) => [quantile(calm, share), quantile(hung, share)] as const;
  const ratio = (share: number) => {
    const [without, beside] = at(share);
    return `${without.toFixed(1)} ms, ${beside.toFixed(1)} ms: ${(beside / without).toFixed(2)} ×`;
  };
  return {
    "attempts that hung": `${outcome.leastOpen} at least, ${outcome.mostOpen} at most`,
    "callbacks beside a CRM that answers": String(calm.length),
    "callbacks beside the CRM that hangs": String(hung.length),
    "answered within, half of them": ratio(0.5),
    "answered within, 95 of 100": ratio(0.95),
    "answered within, 99 of 100": ratio(0.99),
    delivered: `${new Set(outcome.taken.map(({ id }) => id)).size} events`,
  };
}
