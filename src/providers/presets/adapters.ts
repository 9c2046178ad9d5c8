/** The presets as providers, each read when the first account of it is: most deployments have one or two. */
import { declaration } from "../declared/declaration.ts";
import { declaredProvider } from "../declared/provider.ts";
import { adapter, type Adapter } from "../source.ts";
import { presets } from "./index.ts";
import type { Preset } from "./preset.ts";

function presetAdapter({ name, written }: Preset): Adapter {
  let known: Adapter | undefined;
  return {
    name,
    account: (fields, account) => {
      known ??= adapter(declaredProvider(name, declaration.parse(written)));
      return known.account(fields, account);
    },
  };
}

export const presetAdapters: readonly Adapter[] = presets.map(presetAdapter);
