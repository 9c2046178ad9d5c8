/**
 * `RELAY.sources`: provider → account → its settings, each by the provider's own schema. A mistake in one
 * account hides no mistake in another: whoever configures sees them all at once.
 */
import { z } from "zod";
import { providers } from "../providers/registry.ts";
import type { Source } from "../providers/source.ts";
import type { SourceFields } from "../providers/settings-fields.ts";
import { segment } from "./segment.ts";

const tables = z.record(z.string(), z.record(z.string(), z.unknown()));

/** Every account as a finished source, by `provider/account`. */
export function sourcesSchema(fields: SourceFields) {
  return tables.transform((input, context): ReadonlyMap<string, Source> => {
    const sources = new Map<string, Source>();
    const problem = (path: readonly PropertyKey[], message: string) =>
      context.issues.push({ code: "custom", input: undefined, path: [...path], message });
    for (const [name, accounts] of Object.entries(input)) {
      const provider = providers.find((known) => known.name === name);
      if (!provider) {
        problem([name], `is not a provider: ${providers.map((known) => known.name).join(", ")}`);
        continue;
      }
      for (const [id, settings] of Object.entries(accounts)) {
        if (!segment.safeParse(id).success) problem([name, id], "is no plain name (A-Z a-z 0-9 . _ -)");
        const parsed = provider.account(fields, id).safeParse(settings);
        if (parsed.success) sources.set(parsed.data.name, parsed.data);
        else for (const issue of parsed.error.issues) problem([name, id, ...issue.path], issue.message);
      }
    }
    return sources;
  });
}
