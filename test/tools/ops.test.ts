/** The files of docs/ops/: rules that a real Prometheus accepts and that fire, and no metric that the relay does not have. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { VERSION } from "../../src/version.ts";

const root = join(import.meta.dirname, "../..");
const read = (file: string) => readFileSync(join(root, file), "utf8");

/** Names of metrics in a text, without what follows from their type. */
function metricsIn(text: string): Set<string> {
  const found = [...text.matchAll(/\brelay_[a-z_]+/g)].map(([name]) => name);
  return new Set(found.map((name) => name.replace(/_(total|bucket|sum|count|info)$/, "")));
}

const known = new Set(
  [...read("src/api/operations/metrics.ts").matchAll(/name: "(relay_[a-z_]+)"/g)].map(([, name]) => name),
);

interface Dashboard {
  readonly panels: readonly { readonly id: number; readonly targets: readonly { readonly expr: string }[] }[];
}

it.each([
  "docs/ops/prometheus-rules.yml",
  "docs/ops/prometheus-rules.test.yml",
  "docs/ops/grafana-dashboard.json",
])("%s names metrics that there are", (file) => {
  const named = metricsIn(read(file));
  expect(named.size).toBeGreaterThan(3);
  expect([...named].filter((name) => !known.has(name))).toEqual([]);
});

it("every metric is on the dashboard and in the documentation", () => {
  const { panels } = JSON.parse(read("docs/ops/grafana-dashboard.json")) as Dashboard;
  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
  const drawn = metricsIn(panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)).join("\n"));
  expect(drawn).toEqual(known);
  expect([...known].filter((name) => !read("docs/operations.md").includes(name ?? ""))).toEqual([]);
});

it("the version is the package's", () => {
  expect((JSON.parse(read("package.json")) as { version: string }).version).toBe(VERSION);
});

const promtool = (...args: string[]) =>
  execFileSync("promtool", args, { cwd: join(root, "docs/ops"), encoding: "utf8" });
const hasPromtool = (() => {
  try {
    return promtool("--version") !== "";
  } catch {
    return false;
  }
})();

// Debian's package prometheus has promtool; where it is not installed there is nothing to ask.
it.skipIf(!hasPromtool)("a real Prometheus accepts the rules, and they fire when they should", () => {
  expect(promtool("check", "rules", "prometheus-rules.yml")).toContain("8 rules found");
  expect(promtool("test", "rules", "prometheus-rules.test.yml")).toContain("SUCCESS");
});
