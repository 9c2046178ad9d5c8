/** A provider's word for a state, where a declaration says that it stands, and what it means there. Pure. */
import { statusWord } from "../../parse/access.ts";
import type { Contents } from "../../verify/spec/places.ts";
import type { Meaning, StatusWords } from "../meaning.ts";
import { read, type Value } from "./values.ts";

export interface StatusTable {
  /** Joined by `:` where there are several: `AUTHORISATION:true`. */
  readonly at: readonly Value[];
  readonly words: StatusWords;
  /** What it means that there is no word at all. */
  readonly absent: Meaning | null;
  /** Warnings an event earns by its word: `paid_over` → `overpaid`. */
  readonly warnings: ReadonlyMap<string, string>;
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
