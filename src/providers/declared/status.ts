/**
 * What a provider's words for a state mean, by the declaration's table. A word in no table is the provider's
 * own: forwarded as `provider.event`, never dropped and never money. Pure.
 */
import { STATUSES, type Status } from "../../event.ts";
import { statusWord } from "../../parse/access.ts";
import { err, ok, type Result } from "../../result.ts";
import type { Contents } from "../../verify/spec/places.ts";
import { read, type Value } from "./values.ts";

export interface Meaning {
  readonly direction: "in" | "out";
  /** null: the payment's state stays as it is. */
  readonly status: Status | null;
}

export interface StatusTable {
  /** Joined by `:` where there are several: `AUTHORISATION:true`. */
  readonly at: readonly Value[];
  readonly words: ReadonlyMap<string, Meaning>;
  /** What it means that there is no word at all. */
  readonly absent: Meaning | null;
  /** Warnings an event earns by its word: `paid_over` → `overpaid`. */
  readonly warnings: ReadonlyMap<string, string>;
}

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

/** The provider's word, as sent; null when none of its places has one. */
export function wordOf(table: StatusTable, contents: Contents): string | null {
  const words = table.at.map((value) => statusWord(read(value, contents)));
  return words.every((word) => word === null) ? null : words.map((word) => word ?? "").join(":");
}

/** What the word means; null for one that is in no table. */
export function meaningOf(table: StatusTable, word: string | null): Meaning | null {
  return word === null ? table.absent : (table.words.get(word) ?? null);
}
