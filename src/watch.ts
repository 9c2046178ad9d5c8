/** The watch: every few minutes, asks all shards how they are and raises what a person should know. */
import { Shards } from "./api/shards.ts";
import type { RelayConfig } from "./config/schema.ts";
import type { Env } from "./env.ts";
import { addUp } from "./inbox/ledger.ts";
import { concernsOf } from "./inbox/pulse.ts";

export async function watch(env: Env, config: RelayConfig, nowMs: number): Promise<void> {
  const shards = new Shards(env, config);
  const [pulses, parts] = await Promise.all([
    shards.all((inbox) => inbox.pulse()),
    shards.all((inbox) => inbox.ledger()),
  ]);
  // One shard holds the alerts of the whole, so that it is the one to know what was said already.
  const [first = ""] = shards.names;
  for (const { about, fields } of concernsOf(pulses, addUp(parts), nowMs)) {
    await shards.one(first).raise(about, fields);
  }
}
