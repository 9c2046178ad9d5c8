/**
 * The lock is complete: npm leaves out optional packages of other platforms when the registry at hand
 * does not serve them, and `npm ci` then refuses the lock on those platforms, or everywhere.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";

interface Locked {
  readonly version?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const file = join(import.meta.dirname, "../../package-lock.json");
const text = readFileSync(file, "utf8");
const { packages } = JSON.parse(text) as { packages: Readonly<Record<string, Locked>> };

const INSIDE = "/node_modules/";

/** Where node would find it from `from`: in its own node_modules, or in one further up. */
function find(from: string, name: string): Locked | undefined {
  const found = packages[`${from === "" ? "" : `${from}/`}node_modules/${name}`];
  if (found !== undefined || from === "") return found;
  return find(from.includes(INSIDE) ? from.slice(0, from.lastIndexOf(INSIDE)) : "", name);
}

it("has an entry for everything a package depends on, other platforms' binaries included", () => {
  const missing = Object.entries(packages).flatMap(([path, locked]) =>
    Object.keys({ ...locked.dependencies, ...locked.devDependencies, ...locked.optionalDependencies })
      .filter((name) => find(path, name) === undefined)
      .map((name) => `${path || "package.json"} needs ${name}`),
  );
  expect(missing).toEqual([]);
});

it("has a version for every entry", () => {
  const without = Object.entries(packages).filter(([, locked]) => locked.version === undefined);
  expect(without.map(([path]) => path)).toEqual([]);
});

it("names no registry: each installation uses its own", () => {
  expect(text).not.toContain(`"resolved"`);
});

it("is pinned: package.json names exact versions only", () => {
  const { dependencies, devDependencies } = packages[""] ?? {};
  const loose = Object.entries({ ...dependencies, ...devDependencies }).filter(
    ([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version),
  );
  expect(loose).toEqual([]);
});
