/**
 * Every provider an account can be of: those in code, the presets, and the ones that the configuration declares
 * (`RELAY.providers`, docs/adding-a-provider.md#by-configuration).
 */
import { declaration, type Declaration } from "../providers/declared/declaration.ts";
import { declaredProvider } from "../providers/declared/provider.ts";
import { presetAdapters } from "../providers/presets/adapters.ts";
import { presets } from "../providers/presets/index.ts";
import { providers } from "../providers/registry.ts";
import { adapter, type Adapter } from "../providers/source.ts";
import { problemsOf, type About, type Problem } from "./problems.ts";
import { isTable } from "./table.ts";

/** Those that need no declaration, by name. */
export const shippedProviders: ReadonlyMap<string, Adapter> = new Map(
  [...providers, ...presetAdapters].map((known) => [known.name, known]),
);

export interface KnownProviders {
  readonly adapters: ReadonlyMap<string, Adapter>;
  /** Names of those whose declaration has a problem. */
  readonly broken: ReadonlySet<string>;
  readonly problems: readonly Problem[];
}

/** It becomes part of an address and of every id. */
const NAME = /^[a-z][a-z0-9_-]{0,31}$/;

/** @param given the table of `path`, empty where nothing is declared */
export function readProviders(
  given: Readonly<Record<string, unknown>>,
  path: readonly string[],
): KnownProviders {
  const adapters = new Map(shippedProviders);
  const problems = Object.entries(given).flatMap(([name, written]): Problem[] => {
    const about: About = { kind: "source", name };
    const problem = (message: string, at: readonly string[] = []): Problem[] => [
      { path: [...path, name, ...at], message, about },
    ];
    if (!NAME.test(name)) return problem("must be a name of a-z 0-9 _ -, beginning with a letter");
    if (shippedProviders.has(name)) {
      return problem(
        `is a provider already: give yours another name (extends = "${name}" takes over a preset)`,
      );
    }
    const full = writtenInFull(written);
    if ("problem" in full) return problem(full.problem, full.at);
    const parsed = declaration.safeParse(full.written);
    if (!parsed.success) return problemsOf(parsed.error.issues, [...path, name], about);
    adapters.set(name, adapter(declaredProvider(name, parsed.data)));
    return [];
  });
  const broken = problems.flatMap(({ about }) => (about.kind === "source" ? [about.name] : []));
  return { adapters, broken: new Set(broken), problems };
}

/** The declaration of this provider, a preset or one of the table `RELAY.providers`; null for one in code, or wrong. */
export function declarationOf(name: string, given: Readonly<Record<string, unknown>>): Declaration | null {
  const full = writtenInFull(given[name] ?? presets.find((preset) => preset.name === name)?.written);
  return "written" in full ? (declaration.safeParse(full.written).data ?? null) : null;
}

/** With what it leaves out taken from the preset that it extends: whole settings, not parts of them. */
function writtenInFull(
  written: unknown,
): { readonly written: unknown } | { readonly problem: string; readonly at: readonly string[] } {
  if (!isTable(written)) return { problem: "must be a table", at: [] };
  const { extends: base, ...own } = written;
  if (base === undefined) return { written };
  const preset = presets.find(({ name }) => name === base);
  if (preset) return { written: { ...preset.written, ...own } };
  return { problem: `is not a preset: ${presets.map(({ name }) => name).join(", ")}`, at: ["extends"] };
}
