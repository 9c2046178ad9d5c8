/**
 * What an event is found by: its words, the beginnings of the long ones, and what lists filter by. A term is text;
 * the index keeps a hash of it. Pure.
 */
import type { PaymentEvent } from "../../event.ts";
import {
  LONG_BEGINNING_CHARS,
  MAX_SEARCH_CHARS,
  MAX_SEARCH_WORDS_PER_EVENT,
  MIN_BEGINNING_CHARS,
  MIN_SEARCH_CHARS,
} from "../../limits.ts";
import { fromBase64 } from "../../parse/encoding.ts";
import { valuesIn, valuesInForm, wordsOf } from "../../parse/words.ts";

/** The columns of an event in which its words are. */
export type WordColumns = {
  event_id: string;
  payment_id: string;
  /** The event, as JSON. */
  body: string | null;
  /** The stored callback of one that was set aside, as JSON. */
  callback: string | null;
};

/** The columns by which lists filter, and that never change. */
export type FilterColumns = {
  source: string;
  type: string | null;
  direct: string | null;
  /** Names of destinations that have a row, as a JSON array. */
  destinations: string;
};

/** Words of an event, its ids and references before those of the callback: of more than there may be, the first. */
export function wordsOfEvent({ event_id, payment_id, body, callback }: WordColumns): Set<string> {
  const texts = [event_id, payment_id];
  if (body !== null) texts.push(...textsOfEvent(JSON.parse(body) as StoredBody));
  if (callback !== null) texts.push(...textsOfCallback(callback));
  const words = new Set<string>();
  for (const text of texts) {
    for (const word of wordsOf(text)) {
      if (word.length < MIN_SEARCH_CHARS || word.length > MAX_SEARCH_CHARS) continue;
      if (words.size === MAX_SEARCH_WORDS_PER_EVENT) return words;
      words.add(word);
    }
  }
  return words;
}

/** Of any release: whatever it lacks, the alarm must not fail over it. */
interface StoredBody {
  readonly data?: Partial<PaymentEvent["data"]>;
}

function textsOfEvent({ data = {} }: StoredBody): string[] {
  const { merchant_reference: reference, provider, blockchain, amount, raw } = data;
  return [
    reference,
    provider?.event_id,
    provider?.payment_id,
    blockchain?.txid,
    blockchain?.from,
    blockchain?.to,
    amount?.value,
    raw?.body === undefined ? null : valuesIn(raw.body, raw.content_type),
  ].flatMap((text) => text ?? []);
}

function textsOfCallback(callback: string): string[] {
  const { query, body, contentType } = JSON.parse(callback) as {
    query: string;
    body: string;
    contentType: string | null;
  };
  const text = new TextDecoder().decode(fromBase64(body) ?? new Uint8Array());
  return [valuesInForm(query), valuesIn(text, contentType)];
}

/** Under which term all words with this beginning are. Others are under it as well, which begin alike. */
export function termOfBeginning(beginning: string): string {
  const chars = beginning.length >= LONG_BEGINNING_CHARS ? LONG_BEGINNING_CHARS : MIN_BEGINNING_CHARS;
  return `${beginning.slice(0, chars)}*`;
}

/** No word has a `=`, so these are not taken for one. */
export const filterTerm = (by: "source" | "type" | "destination", value: string) => `${by}=${value}`;
/** Of an event that no destination wanted. */
export const NO_DESTINATION = filterTerm("destination", "");

/** Every term of an event. */
export function termsOf(row: WordColumns & FilterColumns): Set<string> {
  const terms = new Set<string>();
  for (const word of wordsOfEvent(row)) {
    terms.add(word);
    if (word.length >= MIN_BEGINNING_CHARS) terms.add(`${word.slice(0, MIN_BEGINNING_CHARS)}*`);
    if (word.length >= LONG_BEGINNING_CHARS) terms.add(`${word.slice(0, LONG_BEGINNING_CHARS)}*`);
  }
  terms.add(filterTerm("source", row.source));
  terms.add(filterTerm("source", `${row.source.split("/")[0]}/*`));
  if (row.type !== null) {
    terms.add(filterTerm("type", row.type));
    terms.add(filterTerm("type", `${row.type.split(".")[0]}.*`));
  }
  const direct = row.direct === null ? {} : (JSON.parse(row.direct) as Record<string, unknown>);
  const destinations = [...Object.keys(direct), ...(JSON.parse(row.destinations) as string[])];
  for (const name of destinations) terms.add(filterTerm("destination", name));
  if (destinations.length === 0) terms.add(NO_DESTINATION);
  return terms;
}
