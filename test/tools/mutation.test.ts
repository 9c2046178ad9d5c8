/** The parts of `npm run mutate`: nothing in them leads nowhere, and the score counts what a test could have noticed. */
import { globSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { likelyFirst, type TestFile } from "../../tools/lib/likely-first.ts";
import { MUTATION_PARTS, partOf, percentOf, remembered, scoreOf } from "../../tools/lib/mutation-parts.ts";

const root = join(import.meta.dirname, "../..");

describe.each(Object.entries(MUTATION_PARTS))("the part %s", (name, part) => {
  it.each([...part.mutate, ...part.tests, ...(part.slowTests ?? [])])("finds files by %s", (pattern) => {
    expect(globSync(pattern, { cwd: root })).not.toEqual([]);
  });

  it("is found by its name, with the tests of its turn", () => {
    expect(partOf({ MUTATION_PART: name, MUTATION_TURN: "1" })).toBe(part);
    const { tests } = partOf({ MUTATION_PART: name, MUTATION_TURN: "2" });
    expect(tests).toEqual([...part.tests, ...(part.slowTests ?? [])]);
  });
});

it("a part that is not there is a mistake, and is named", () => {
  expect(() => partOf({ MUTATION_PART: "nothing" })).toThrow("nothing");
  expect(() => partOf({})).toThrow("no part of npm run mutate");
});

describe("a report", () => {
  const report = {
    schemaVersion: "1",
    files: {
      "a.ts": {
        source: "",
        mutants: [
          { id: "1", status: "Killed" },
          { id: "2", status: "Survived", static: true },
        ],
      },
      "b.ts": {
        source: "",
        mutants: ["Timeout", "NoCoverage", "RuntimeError", "Ignored", "Killed"].map((status) => ({ status })),
      },
      "c.ts": {
        source: "",
        mutants: [{ status: "Survived", static: false }],
      },
    },
  };

  it("counts what a test noticed and what none did, and not what says nothing about the tests", () => {
    expect(scoreOf(report, ["a.ts", "b.ts"])).toEqual({ found: 3, survived: 2 });
    expect(scoreOf(report, ["a.ts", "d.ts"])).toEqual({ found: 1, survived: 1 });
    expect(percentOf({ found: 3, survived: 2 })).toBe("60.00");
    expect(percentOf({ found: 0, survived: 0 })).toBe("0.00");
  });

  it("is remembered without what a test written since may notice unseen, and otherwise as it is", () => {
    const statuses = Object.values(remembered(report).files).map(({ mutants }) =>
      mutants.map(({ status }) => status),
    );
    expect(statuses).toEqual([["Killed"], ["Timeout", "Ignored", "Killed"], ["Survived"]]);
    expect(remembered(report)).toMatchObject({ schemaVersion: "1", files: { "a.ts": { source: "" } } });
  });
});

describe("the tests that judge a change", () => {
  const order = (files: readonly TestFile[], ...changed: string[]) =>
    likelyFirst(files, changed).map(({ moduleId }) => moduleId);

  it("begin with those of the file, then what failed last, then the shortest", () => {
    const files = [
      { moduleId: "/test/parse/slow.test.ts", last: { failed: false, duration: 900 } },
      { moduleId: "/test/parse/failed.test.ts", last: { failed: true, duration: 1_000 } },
      { moduleId: "/test/parse/fast.test.ts", last: { failed: false, duration: 3 } },
      { moduleId: "/test/parse/currency.test.ts", last: { failed: false, duration: 2_000 } },
    ];
    expect(order(files, "/src/parse/currency.ts")).toEqual([
      "/test/parse/currency.test.ts",
      "/test/parse/failed.test.ts",
      "/test/parse/fast.test.ts",
      "/test/parse/slow.test.ts",
    ]);
  });

  it("end with those that play whole requests, unless they are the file's own", () => {
    const files = [
      { moduleId: "/test/contract/cases.test.ts", last: { failed: true, duration: 1 } },
      { moduleId: "/test/ingress/shield.test.ts" },
      { moduleId: "/test/inbox/inbox.test.ts" },
    ];
    expect(order(files, "/src/ingress/shield.ts")).toEqual([
      "/test/ingress/shield.test.ts",
      "/test/inbox/inbox.test.ts",
      "/test/contract/cases.test.ts",
    ]);
  });
});
