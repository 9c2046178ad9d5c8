/**
 * What a proof over a template covers, as the event's `verification.covers` says it and as facts are judged
 * by it (docs/events.md#what-to-rely-on). Derived from the template and never from anybody's word. Pure.
 */
import type { Place } from "./places.ts";
import type { SignedTime } from "./signed-time.ts";
import { holdsBody, holdsDocument, holdsQuery, holdsUrl, holdsValue, type Template } from "./template.ts";

export interface Coverage {
  /** `body`, `timestamp`, `url`, `sender`, `top_level`, `field:<place>`: all that can be claimed. */
  readonly claims: readonly string[];
  /** Whether a value at this place cannot be changed without the proof failing. */
  covers(place: Place): boolean;
  /**
   * Two values stand side by side with nothing between: a character can be moved from one into the other
   * and the proof still holds.
   */
  readonly isAmbiguous: boolean;
}

/**
 * @param content null: nothing but the sender is proved
 * @param time what of the content is held to a tolerance, or null
 */
export function coverageOf(content: Template | null, time: SignedTime["from"] | null): Coverage {
  if (content === null) return { claims: ["sender"], covers: () => false, isAmbiguous: false };
  const whole = holdsBody(content);
  const topLevel = !whole && holdsDocument(content);
  const timePlace = time !== null && "place" in time ? time.place.text : null;
  const fields = content.places.filter(
    ({ kind, text }) => text !== timePlace && (!whole || kind === "header" || kind === "query"),
  );
  return {
    claims: [
      ...(whole ? ["body"] : []),
      ...(topLevel ? ["top_level"] : []),
      ...(time === null ? [] : ["timestamp"]),
      ...(holdsUrl(content) ? ["url"] : []),
      ...fields.map((place) => `field:${fieldOf(place)}`),
    ],
    covers: (place) => {
      if (holdsValue(content, place)) return true;
      if (place.kind === "header") return false;
      if (place.kind === "query") return holdsQuery(content);
      return whole || (topLevel && place.kind === "json" && place.pointer.length === 1);
    },
    isAmbiguous: content.parts.some((part, at) => {
      const next = content.parts[at + 1];
      return part.kind === "value" && next?.kind === "value";
    }),
  };
}

/** A pointer by itself, any other place with its kind. */
export function fieldOf(place: Place): string {
  return place.kind === "json" ? place.text.slice("json:".length) : place.text;
}
