/** Every alert that the code raises has its place in the documents, and none has that does not exist. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { ALERT_NAMES } from "../../src/alert.ts";

const root = join(import.meta.dirname, "../..");

/** The names in the first columns of the tables below `## Alerts`. */
function described(page: string): string[] {
  const [, section = ""] = readFileSync(join(root, page), "utf8").split("\n## Alerts\n");
  const [own = ""] = section.split(/\n## /);
  const cells = own.split("\n").flatMap((line) => /^\| ([^|]+) \|/.exec(line)?.[1] ?? []);
  return cells.flatMap((cell) => [...cell.matchAll(/`([\w:]+)`/g)].map(([, name = ""]) => name));
}

it("every alert is described, and every described one exists", () => {
  const names = described("docs/deploy.md");
  expect(names.toSorted()).toEqual([...ALERT_NAMES].toSorted());
});

it("every alert is raised somewhere", () => {
  const src = join(root, "src");
  const code = readdirSync(src, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts") && file !== "alert.ts")
    .map((file) => readFileSync(join(src, file), "utf8"))
    .join("\n");
  expect(ALERT_NAMES.filter((name) => !code.includes(`"${name}"`))).toEqual([]);
});
