/** What a proof covers is what cannot be changed without it failing, and no more is claimed. */
import { describe, expect, it } from "vitest";
import { parsePlace, type Place } from "../../../src/verify/spec/places.ts";
import type { WrittenVerifySpec } from "../../../src/verify/spec/spec.ts";
import { specOf } from "./support.ts";

function place(text: string): Place {
  const parsed = parsePlace(text);
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.value;
}

const HMAC: WrittenVerifySpec = { alg: "hmac-sha256", sig: "header:x-signature" };
const PLACES = ["header:x-id", "query:a", "form:a", "json:/a", "json:/a/b"];

describe("a proof", () => {
  it.each<readonly [content: string, claims: readonly string[], covers: readonly string[]]>([
    ["{raw}", ["body"], ["form:a", "json:/a", "json:/a/b"]],
    ["{b64:raw}", ["body"], ["form:a", "json:/a", "json:/a/b"]],
    ["{json-sorted}", ["body"], ["form:a", "json:/a", "json:/a/b"]],
    // Its list of keys also leaves out members of inner objects.
    ["{json-sorted-toplevel}", ["top_level"], ["json:/a"]],
    ["{method} {json-sorted-toplevel}", ["top_level"], ["json:/a"]],
    ["{json-sorted-toplevel}{raw}", ["body"], ["form:a", "json:/a", "json:/a/b"]],
    ["{raw}.{header:x-id}", ["body", "field:header:x-id"], ["header:x-id", "form:a", "json:/a", "json:/a/b"]],
    ["{raw}.{query:a}", ["body", "field:query:a"], ["query:a", "form:a", "json:/a", "json:/a/b"]],
    ["{json:/a}.{raw}", ["body"], ["form:a", "json:/a", "json:/a/b"]],
    ["{json:/a}.{form:a}", ["field:/a", "field:form:a"], ["form:a", "json:/a"]],
    ["{json:/a/b}", ["field:/a/b"], ["json:/a/b"]],
    ["{header:X-Id}", ["field:header:x-id"], ["header:x-id"]],
    ["{url}", ["url"], ["query:a"]],
    ["{method} {url} {raw}", ["body", "url"], ["query:a", "form:a", "json:/a", "json:/a/b"]],
    ["{path}.{json:/a}", ["url", "field:/a"], ["json:/a"]],
    ["text", [], []],
  ])("over %s claims %j and covers %j", (content, claims, covered) => {
    const { coverage } = specOf({ ...HMAC, content });
    expect(coverage.claims).toEqual(claims);
    expect(PLACES.filter((text) => coverage.covers(place(text)))).toEqual(covered);
  });

  it.each<readonly [from: string, written: Partial<WrittenVerifySpec>, claims: readonly string[]]>([
    [
      "header:x-time",
      { content: "{header:x-time}.{header:x-id}.{raw}" },
      ["body", "timestamp", "field:header:x-id"],
    ],
    ["json:/at", { content: "{json:/at}.{json:/id}" }, ["timestamp", "field:/id"]],
    ["json:/at", {}, ["body", "timestamp"]],
    ["sig:t", { content: "{sig:t}.{raw}", format: "kv:comma:v1" }, ["body", "timestamp"]],
  ])("that bounds its time from %s claims it once", (from, written, claims) => {
    expect(specOf({ ...HMAC, ...written, time: { from } }).coverage.claims).toEqual(claims);
  });

  it("of a token covers who sends, and nothing of what is sent", () => {
    const { coverage } = specOf({ alg: "static", sig: "header:x-token" });
    expect(coverage.claims).toEqual(["sender"]);
    expect(coverage.isAmbiguous).toBe(false);
    expect(PLACES.map((text) => coverage.covers(place(text)))).toEqual(PLACES.map(() => false));
  });

  it.each([
    ["{json:/a}{json:/b}", true],
    ["{raw}.{json:/a}{json:/b}", true],
    ["{json:/a}.{json:/b}", false],
    ["{json:/a}{raw}", false],
    ["{raw}{json:/a}", false],
    ["{raw}", false],
    ["a.{method}", false],
  ])("over %s lets a character move from one value to the next: %s", (content, isAmbiguous) => {
    expect(specOf({ ...HMAC, content }).coverage.isAmbiguous).toBe(isAmbiguous);
  });
});
