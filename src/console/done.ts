/**
 * What has just been done, in a sentence. The address of the next page carries a code and a number, never the
 * sentence: a link must not be able to put words into the console's mouth.
 */
import { counted } from "./parts/text.ts";

const SENTENCES = {
  replayed: (count) =>
    count === 0
      ? "Done: it is back on the lists."
      : `${counted(count, "delivery", "deliveries")} will be made again.`,
  ran: () => "It has become an event.",
  released: () => "Released: this is the new payment.",
  dismissed: () => "Dismissed. A replay takes it back.",
  paused: () => "Paused. Nothing is dropped; what piles up leaves when it is resumed.",
  resumed: () => "Resumed. What it is owed is being sent.",
  breaker_closed: () => "The breaker is closed. What it is owed is being sent.",
  replays: (count) => `The replay of ${counted(count, "event")} has begun.`,
  canceled: () => "The replay is canceled.",
} as const satisfies Record<string, (count: number) => string>;
export type DoneCode = keyof typeof SENTENCES;

/** The sentence for `?done=<code>&count=<n>`; null: nothing was done, or nothing that is known here. */
export function doneSentence(code: string | undefined, count: string | undefined): string | null {
  if (code === undefined || !Object.hasOwn(SENTENCES, code)) return null;
  const given = Number(count ?? 0);
  return SENTENCES[code as DoneCode](Number.isSafeInteger(given) && given >= 0 ? given : 0);
}

export function withDone(path: string, code: DoneCode, count?: number): string {
  const [bare = "", hash] = path.split("#");
  const query = `done=${code}${count === undefined ? "" : `&count=${count}`}`;
  return `${bare}${bare.includes("?") ? "&" : "?"}${query}${hash === undefined ? "" : `#${hash}`}`;
}
