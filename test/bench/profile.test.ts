import { describe, expect, it } from "vitest";
import { sharesOf, sourcesOf } from "../../bench/lib/profile.ts";

const BUNDLE = [
  "var x = 1;",
  "// node_modules/hono/dist/hono.js",
  "function route() {}",
  "// src/parse/json.ts",
  "function parse() {}",
  "// a comment within",
  "function next() {}",
].join("\n");

describe("the source of a bundle's lines", () => {
  it("is what the bundler's comments say, a package by its name", () => {
    const [before, , route, , parse, , next] = sourcesOf(BUNDLE);
    expect([before, route, parse, next]).toEqual([
      "the bundle",
      "hono (package)",
      "src/parse/json.ts",
      "src/parse/json.ts",
    ]);
  });
});

describe("the shares of a profile", () => {
  it("are of the busy time, by source file or by function of the platform", () => {
    const frame = (id: number, functionName: string, lineNumber: number) => ({
      id,
      callFrame: { functionName, url: "index.js", lineNumber },
    });
    const profile = {
      nodes: [frame(1, "(idle)", -1), frame(2, "parse", 4), frame(3, "next", 6), frame(4, "digest", -1)],
      samples: [1, 2, 3, 4, 2],
      timeDeltas: [1_000, 10, 20, 50, 20],
    };
    expect(sharesOf(profile, sourcesOf(BUNDLE))).toEqual([
      { where: "src/parse/json.ts", share: 0.5 },
      { where: "platform: digest", share: 0.5 },
    ]);
  });

  it("have the runtime's own JavaScript as the platform's, not as what stands at its lines in the bundle", () => {
    const callFrame = { functionName: "setTimeout", url: "node-internal:internal_timers", lineNumber: 2 };
    const profile = { nodes: [{ id: 1, callFrame }], samples: [1], timeDeltas: [10] };
    expect(sharesOf(profile, sourcesOf(BUNDLE))).toEqual([{ where: "platform: setTimeout", share: 1 }]);
  });
});
