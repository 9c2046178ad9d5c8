/** What a search means, for the index and for an event (docs/api.md#search). */
import { MIN_BEGINNING_CHARS, MIN_SEARCH_CHARS } from "../limits.ts";
import { folded, lastPieceOf, wordsOf } from "../parse/words.ts";
import { allOf, type EventFilter, type Wanted } from "./filter.ts";
import { filterTerm, NO_DESTINATION, termOfBeginning, wordsOfEvent } from "./store/search-terms.ts";
import type { Transaction } from "./transaction.ts";

export interface Search {
  /** All of these are in the event … */
  readonly words: readonly string[];
  /** … and a word that begins with each of these. */
  readonly beginnings: readonly string[];
}

export function searchOf(q: string): Search {
  const words: string[] = [];
  const beginnings: string[] = [];
  for (const piece of folded(q).split(/\s+/)) {
    const text = piece.endsWith("*") ? piece.slice(0, -1) : piece;
    const beginning = piece.endsWith("*") ? lastPieceOf(text) : "";
    if (piece.endsWith("*")) beginnings.push(beginning);
    words.push(...wordsOf(text.slice(0, text.length - beginning.length)));
  }
  return { words: words.filter((word) => word.length >= MIN_SEARCH_CHARS), beginnings };
}

/** Why nothing can be searched for by this text; null: something can. */
export function mistakeInSearch(q: string): string | null {
  const { words, beginnings } = searchOf(q);
  if (beginnings.some((beginning) => beginning.length < MIN_BEGINNING_CHARS))
    return `needs ${MIN_BEGINNING_CHARS} characters of a word before *`;
  if (words.length + beginnings.length === 0) return `needs a word of ${MIN_SEARCH_CHARS} characters`;
  return null;
}

/**
 * What the index knows of a filter: an event that is meant has one term at least of each condition. The longest word
 * comes first: it is in the fewest events.
 */
export function conditionsOf({ q, source, type, destination, state }: EventFilter): string[][] {
  const { words, beginnings } = q === undefined ? { words: [], beginnings: [] } : searchOf(q);
  const terms = [...words, ...beginnings.map(termOfBeginning)].toSorted((a, b) => b.length - a.length);
  const states = allOf(state);
  return [
    ...terms.map((term) => [term]),
    ...anyOf("source", source, /^[^/*]+\/(?:\*|[^*]+)$/),
    ...anyOf("type", type, /^[^.*]+\.(?:\*|[^*]+)$/),
    ...anyOf("destination", destination, /^[^*]+$/),
    ...(states.length > 0 && states.every((one) => one === "unrouted") ? [[NO_DESTINATION]] : []),
  ];
}

/** A value of another form than the index has is none of its conditions: such an event is looked at. */
function anyOf(by: Parameters<typeof filterTerm>[0], values: Wanted | undefined, form: RegExp): string[][] {
  const all = allOf(values);
  return all.length > 0 && all.every((value) => form.test(value))
    ? [all.map((value) => filterTerm(by, value))]
    : [];
}

/** Has the event all that is searched for? */
export function isFoundBy(tx: Transaction, n: number, { words, beginnings }: Search): boolean {
  // Of a text in which there is nothing to search for.
  if (words.length + beginnings.length === 0) return false;
  const columns = tx.store.operators.wordColumnsOf(n);
  if (columns === null) return false;
  const has = wordsOfEvent(columns);
  return (
    words.every((word) => has.has(word)) &&
    beginnings.every((beginning) => [...has].some((word) => word.startsWith(beginning)))
  );
}
