/** What must be true of a flood once it is over. Pure: over what was answered, asked and delivered. */
import { USELESS_QUESTIONS_MS, USELESS_QUESTIONS_PER_CALLER } from "../../../src/limits.ts";

/** A callback as its sender saw it. */
export interface Sent {
  readonly status: number;
  readonly outcome: string | null;
  /** How long its answer took. */
  readonly answeredMs: number;
  /** From the first byte sent until the CRM had the event; null: it never had it. */
  readonly deliveredMs: number | null;
}

export interface Outcome {
  /** The provider's callbacks without the flood, beside as many requests that are refused at once, and during it. */
  readonly calm: readonly Sent[];
  readonly control: readonly Sent[];
  readonly flooded: readonly Sent[];
  /** The provider's from an address that had not sent anything before the flood. */
  readonly newcomer: readonly Sent[];
  readonly strangers: readonly Sent[];
  /** Invented tokens the verifier was asked about while the flood went on, and genuine ones. */
  readonly askedInvented: number;
  readonly askedGenuine: number;
  readonly addresses: number;
  readonly shards: number;
  readonly seconds: number;
  /** Deferred callbacks asked about again, a minute. */
  readonly againPerMinute: number;
}

/** The value below which this share (0 to 1) of them lies; 0 of none. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
}

export function deliveryTimes(sent: readonly Sent[]): number[] {
  return sent.flatMap(({ deliveredMs }) => (deliveredMs === null ? [] : [deliveredMs]));
}

/** Every shard has its part of each caller's budget, rounded up, and a flood may touch one minute more than it fills. */
export function mostUseless({ addresses, shards, seconds, againPerMinute }: Outcome): number {
  const minutes = Math.ceil((seconds * 1_000) / USELESS_QUESTIONS_MS) + 1;
  const perCaller = Math.ceil(USELESS_QUESTIONS_PER_CALLER / shards) * shards;
  return minutes * (addresses * perCaller + againPerMinute);
}

/** Every violation, in words; none if all is well. The deliveries' times are figures, not judged. */
export function violations(outcome: Outcome): string[] {
  const { flooded, newcomer, strangers, askedInvented } = outcome;
  const genuine = [...flooded, ...newcomer];
  const notDecided = genuine.filter((sent) => sent.outcome !== "accepted");
  const lost = genuine.filter(({ deliveredMs }) => deliveredMs === null);
  const accepted = strangers.filter((sent) => sent.outcome === "accepted");
  const broken = strangers.filter(({ status }) => status === 0 || status >= 500);
  return [
    ...notDecided.map(({ status, outcome: was }) => `genuine: answered ${status} ${was ?? ""}`),
    ...(lost.length > 0 ? [`genuine: ${lost.length} were not delivered`] : []),
    ...(accepted.length > 0 ? [`invented: ${accepted.length} were accepted`] : []),
    ...(broken.length > 0 ? [`invented: ${broken.length} were answered 5xx or not at all`] : []),
    ...(askedInvented > mostUseless(outcome)
      ? [`questions: ${askedInvented} about invented tokens, ${mostUseless(outcome)} are allowed`]
      : []),
  ];
}
