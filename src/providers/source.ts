/**
 * A configured account of a provider, as the pipeline uses it: the provider's functions with their
 * settings already inside, so that nobody outside this file deals with five kinds of settings.
 */
import type { z } from "zod";
import type { SourceFields } from "./settings-fields.ts";
import type { Callback } from "./callback.ts";
import type { Provider, Reading, Route, SourceSettings, Reply, Verdict, World } from "./provider.ts";

export interface Source {
  readonly provider: string;
  readonly account: string;
  /** `provider/account`, the name in logs, the store and the ledger. */
  readonly name: string;
  readonly settings: SourceSettings;
  readonly routes: readonly Route[];
  /** The success answer at this instant. */
  reply(nowMs: number): Promise<Reply>;
  readonly headers: readonly string[];
  readonly redact: readonly string[];
  readonly keptInStore: readonly string[];
  readonly keptHeaders: readonly string[];
  /** What to do when a verification cannot be decided now. */
  readonly onOutage: "defer" | "503";
  verify(callback: Callback, world: World): Promise<Verdict>;
  normalise(callback: Callback): Promise<Reading>;
}

/** A provider with the type of its settings hidden, so that all of them fit in one list. */
export interface Adapter {
  readonly name: string;
  /** The schema of one account, giving the finished source. */
  account(fields: SourceFields, account: string): z.ZodType<Source>;
}

export function adapter<S extends SourceSettings & { readonly onOutage?: "defer" | "503" }>(
  provider: Provider<S>,
): Adapter {
  return {
    name: provider.name,
    account: (fields, account) =>
      provider.settings(fields).transform((settings) => ({
        provider: provider.name,
        account,
        name: `${provider.name}/${account}`,
        settings,
        routes: provider.routes(settings),
        reply: async (nowMs: number) => (await provider.reply?.(settings, nowMs)) ?? provider.success,
        headers: provider.headers,
        redact: provider.redact,
        keptInStore: provider.keptInStore,
        keptHeaders: provider.keptHeaders ?? [],
        onOutage: settings.onOutage ?? "defer",
        verify: (callback: Callback, world: World) => provider.verify(callback, settings, world),
        normalise: async (callback: Callback) => provider.normalise(callback, settings),
      })),
  };
}
