/**
 * `RELAY.sources`: provider → account → its settings, each by the provider's own schema. A mistake in one account
 * hides no mistake in another, and stops no other: it is known by its name, and its addresses answer 503.
 */
import type { SourceFields } from "../providers/settings-fields.ts";
import type { Source } from "../providers/source.ts";
import { problemsOf, type About, type Problem } from "./problems.ts";
import type { KnownProviders } from "./providers.ts";
import { segment } from "./segment.ts";
import { isTable } from "./table.ts";

export interface Sources {
  /** By `provider/account`. */
  readonly served: ReadonlyMap<string, Source>;
  /** `provider/account`, or `provider` for all that is below it. */
  readonly broken: ReadonlySet<string>;
  readonly problems: readonly Problem[];
}

/** @param given the table of `path` */
export function readSources(
  given: Readonly<Record<string, unknown>>,
  fields: SourceFields,
  path: readonly string[],
  known: KnownProviders,
): Sources {
  const served = new Map<string, Source>();
  const problems = Object.entries(given).flatMap(([name, accounts]): Problem[] => {
    const about: About = { kind: "source", name };
    const problem = (message: string): Problem[] => [{ path: [...path, name], message, about }];
    // Said where it is declared, once.
    if (known.broken.has(name)) return [];
    const provider = known.adapters.get(name);
    if (!provider) return problem(`is not a provider: ${[...known.adapters.keys()].join(", ")}`);
    if (!isTable(accounts)) return problem("must be a table of accounts");
    return Object.entries(accounts).flatMap(([account, settings]): Problem[] => {
      const here: About = { kind: "source", name: `${name}/${account}` };
      const named = segment.safeParse(account);
      const parsed = provider.account(fields, account).safeParse(settings);
      if (named.success && parsed.success) served.set(parsed.data.name, parsed.data);
      const issues = [...(named.error?.issues ?? []), ...(parsed.error?.issues ?? [])];
      return problemsOf(issues, [...path, name, account], here);
    });
  });
  const broken = problems.flatMap(({ about }) => (about.kind === "source" ? [about.name] : []));
  return { served, broken: new Set([...known.broken, ...broken]), problems };
}
