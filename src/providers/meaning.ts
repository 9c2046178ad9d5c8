/**
 * What a provider's words for a state mean, as every provider here has it: a table of words. A word in no table is the
 * provider's own: forwarded as `provider.event`, never dropped and never money. Pure.
 */
import { STATUSES, type Status } from "../event.ts";
import { err, ok, type Result } from "../result.ts";
import type { Facts } from "./provider.ts";

export interface Meaning {
  readonly direction: "in" | "out";
  /** null: the payment's state stays as it is. */
  readonly status: Status | null;
}

export type StatusWords = ReadonlyMap<string, Meaning>;

const STATUS_NAMES: ReadonlySet<string> = new Set(STATUSES);

/** `confirmed`, `payout.confirmed`, `updated` or `payout.updated`. */
export function parseMeaning(written: string): Result<Meaning, string> {
  const isPayout = written.startsWith("payout.");
  const name = isPayout ? written.slice("payout.".length) : written;
  const direction = isPayout ? "out" : "in";
  if (name === "updated") return ok({ direction, status: null });
  if (STATUS_NAMES.has(name)) return ok({ direction, status: name as Status });
  return err(
    `${written} is no state: write ${STATUSES.join(", ")} or updated, with payout. in front for money out`,
  );
}

/** The table of a provider in code; null: the payment's state stays as it is. */
export function statusWords(
  words: Readonly<Record<string, Status | null>>,
  direction: Meaning["direction"] = "in",
): StatusWords {
  return new Map(Object.entries(words).map(([word, status]) => [word, { direction, status }]));
}

/** What an event is by its meaning; null is that of a word in no table. */
export function kindOf(meaning: Meaning | null): Facts["kind"] {
  if (meaning === null) return "provider";
  return meaning.status === null ? "updated" : "status";
}
