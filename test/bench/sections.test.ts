/** Generated sections of documents. */
import { expect, it } from "vitest";
import { sectionOf, withSection } from "../../bench/lib/sections.ts";

const document = [
  "# Title",
  "<!-- bench: begin (written by npm run bench -- --write) -->",
  "old",
  "<!-- bench: end -->",
  "written by hand",
].join("\n");

it("replaces what is between the markers and nothing else, as often as one likes", () => {
  const once = withSection(document, "bench", "| a |");
  expect(sectionOf(once, "bench")).toBe("| a |");
  expect(withSection(once, "bench", "| a |")).toBe(once);
  expect(once.startsWith("# Title\n")).toBe(true);
  expect(once.endsWith("\nwritten by hand")).toBe(true);
});

it("refuses a document without its markers rather than writing somewhere", () => {
  expect(sectionOf(document, "cost")).toBeNull();
  expect(() => withSection(document, "cost", "x")).toThrow(/no markers/);
});
