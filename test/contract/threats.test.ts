/// <reference types="vite/types/importMeta.d.ts" />
/// <reference types="vite/client" />
/** docs/threats.md names its tests; a name that no test has any more is a defence without a test. */
import { describe, expect, it } from "vitest";
import threats from "../../docs/threats.md?raw";

const sources = import.meta.glob<string>(["../**/*.test.ts", "../support/*.ts", "../cases/*.json"], {
  eager: true,
  query: "?raw",
  import: "default",
});

/** `test/a.test.ts`: one name; another name; `test/b.test.ts`: … */
const named = [...threats.matchAll(/`test\/([^`]+\.(?:ts|json))`: (.*?)(?=; `test\/| \|)/g)].flatMap(
  ([, file = "", names = ""]) => names.split("; ").map((name) => [file, name] as const),
);

describe("docs/threats.md", () => {
  it("names tests", () => {
    expect(named.length).toBeGreaterThan(50);
  });

  it.each(named)("test/%s: %s", (file, name) => {
    const text = sources[`../${file}`] ?? "";
    const written = [name, JSON.stringify(name).slice(1, -1), name.replaceAll('"', '\\"')];
    expect(written.some((form) => text.includes(form))).toBe(true);
  });
});
