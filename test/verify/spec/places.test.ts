/** What has to be there to read places: contents to parse, and headers to keep. */
import { describe, expect, it } from "vitest";
import { headersOf, needsOf, parsePlace } from "../../../src/verify/spec/places.ts";

const placesOf = (...texts: string[]) =>
  texts.flatMap((text) => {
    const place = parsePlace(text);
    return place.ok ? [place.value] : [];
  });

describe("places", () => {
  it.each([
    [[], [], []],
    [["header:X-Id"], [], ["x-id"]],
    [["json:/a", "json:/b"], ["json"], []],
    [
      ["form:a", "query:b", "header:x-b", "form:c", "header:x-a"],
      ["form", "query"],
      ["x-b", "x-a"],
    ],
    [["header:x-id", "header:X-ID"], [], ["x-id"]],
  ])("%j need %j parsed, and the headers %j", (texts, needs, headers) => {
    const places = placesOf(...texts);
    expect(places).toHaveLength(texts.length);
    expect(needsOf(places)).toEqual(new Set(needs));
    expect(headersOf(places)).toEqual(headers);
  });
});
